/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.node;

import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.function.Consumer;
import org.netraid.replicator.config.QuorumSettings.Fencing;
import org.netraid.replicator.quorum.FenceVerdict;
import org.netraid.replicator.quorum.QuorumQuestion.Moment;

/**
 * Sees to it, by the hook {@code fence-peer}, that a peer that will miss writes cannot take over. What the hook has said of a peer counts
 * until the peer is heard of again.
 */
final class PeerFencing {

    private final VolumeAgent agent;
    private final Fencing policy;
    private final TreeSet<String> fenced = new TreeSet<>();

    PeerFencing(VolumeAgent agent) {
        this.agent = agent;
        this.policy = agent.config().failover().quorum().fencing();
    }

    /** The peer is back. */
    void peerUp(String peer) {
        fenced.remove(peer);
    }

    /**
     * Calls the hook for each peer for which it has not answered yet, one after the other.
     *
     * @param done gets "" when the node may go on, else why not
     */
    void fence(List<String> peers, Moment moment, Consumer<String> done) {
        String next = peers.stream().filter(peer -> !fenced.contains(peer) && isOurs(peer)).findFirst().orElse(null);
        if (policy == Fencing.DONT_CARE || next == null) {
            done.accept("");
            return;
        }
        Map<String, String> environment = TargetHooks.environment(agent, next);
        environment.put("NETRAID_MOMENT", moment.word());
        agent.context().env.hooks().run(HookRunner.FENCE_PEER, environment, result -> {
            FenceVerdict verdict = FenceVerdict.ofStatus(result.status());
            agent.event("fence-peer of " + next + ": " + verdict.words() + (verdict == FenceVerdict.UNKNOWN ? " ("
                    + (result.isFailure() ? result.failure() : "it ended with status " + result.status() + ", which means nothing") + ")"
                            : ""));
            if (!verdict.mayGoOn(policy)) {
                done.accept("fence-peer of " + next + " says: " + verdict.words());
                return;
            }
            fenced.add(next);
            fence(peers, moment, done);
        });
    }

    private boolean isOurs(String peer) {
        return agent.config().member(peer).map(member -> !member.isForeign()).orElse(false);
    }
}
