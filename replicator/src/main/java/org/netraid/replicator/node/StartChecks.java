/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.node;

import java.util.List;
import java.util.function.Consumer;
import org.netraid.replicator.decide.NodeFacts;
import org.netraid.replicator.quorum.QuorumQuestion.Moment;

/** What is asked outside the mirror before a node claims to go in service: the engine that knows the cluster, and {@code fence-peer}. */
final class StartChecks {

    private StartChecks() {
    }

    /** @param granted runs if nothing objects; else {@code refused} gets who does */
    static void ask(VolumeAgent agent, ServiceClaims.Terms terms, Runnable granted, Consumer<ServiceClaims.Refusal> refused) {
        if (terms.forced()) {
            granted.run();
            return;
        }
        agent.quorum().askOutside(Moment.START, agent.unreachableMembers(), no -> {
            if (!no.isEmpty()) {
                refused.accept(ServiceClaims.Refusal.noQuorum(no, agent.node()));
                return;
            }
            agent.fencing().fence(mayTakeOver(agent), Moment.START, notFenced -> {
                if (notFenced.isEmpty()) {
                    granted.run();
                } else {
                    refused.accept(new ServiceClaims.Refusal("F2", notFenced, "see to it that it cannot be in service, then: "
                            + "mirror_action TAG force " + agent.node()));
                }
            });
        });
    }

    /** Peers that do not answer, and might be in service or go there. */
    private static List<String> mayTakeOver(VolumeAgent agent) {
        return agent.allFacts().stream().filter(peer -> !peer.reachable() && !agent.record().peer(peer.node()).inconsistent()
                && !agent.record().peer(peer.node()).stale()).map(NodeFacts::node).toList();
    }
}
