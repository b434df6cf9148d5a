/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.node;

import java.util.Map;
import org.netraid.replicator.decide.Decision;
import org.netraid.replicator.decide.NodeFacts;
import org.netraid.replicator.decide.Relation;

/** Calls of hooks that are told something and cannot change anything. */
final class Hooks {

    private Hooks() {
    }

    /** @param why in one sentence */
    static void tell(VolumeAgent agent, String hook, String why) {
        Map<String, String> environment = TargetHooks.environment(agent, "");
        environment.put("NETRAID_REASON", why);
        run(agent, hook, environment);
    }

    /** Tells of each node that was written apart from this one, when a decision says that there is one. */
    static void splitBrain(VolumeAgent agent, Decision decision) {
        if (!decision.rule().equals("D19")) {
            return;
        }
        for (NodeFacts peer : agent.allFacts()) {
            if (peer.reachable() && Relation.between(agent.node(), agent.record(), peer.node(), peer.record()) == Relation.SPLIT_BRAIN) {
                Map<String, String> environment = TargetHooks.environment(agent, peer.node());
                environment.put("NETRAID_REASON", decision.sentence());
                run(agent, HookRunner.SPLIT_BRAIN, environment);
            }
        }
    }

    /** Calls it; a failure becomes an event. */
    static void run(VolumeAgent agent, String hook, Map<String, String> environment) {
        agent.context().env.hooks().run(hook, environment, result -> {
            if (result.isFailure()) {
                agent.event(result.failure());
            }
        });
    }
}
