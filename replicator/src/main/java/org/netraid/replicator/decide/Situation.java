/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.decide;

import java.util.List;
import org.netraid.replicator.state.DiskState;
import org.netraid.replicator.state.PeerRecord;

/**
 * Everything a decision may depend on.
 *
 * @param self the node that decides
 * @param peers the other members with a daemon, those removed left out
 * @param request why it is asked
 * @param waited the time that unreachable peers are waited for is over
 * @param contradiction why this node's own files cannot be believed; "" if they can
 * @param otherDisk why this node's disk is not that of this copy; "" if it is
 * @param quorate nodes vote, and a majority of them can be reached: whoever was source after this node has the vote of one of them
 */
public record Situation(NodeFacts self, List<NodeFacts> peers, Request request, boolean waited, String contradiction, String otherDisk,
        boolean quorate) {

    public Situation {
        peers = List.copyOf(peers);
    }

    /** Without quorum. */
    public Situation(NodeFacts self, List<NodeFacts> peers, Request request, boolean waited, String contradiction) {
        this(self, peers, request, waited, contradiction, "", false);
    }

    /** On the disk of its copy. */
    public Situation(NodeFacts self, List<NodeFacts> peers, Request request, boolean waited, String contradiction, boolean quorate) {
        this(self, peers, request, waited, contradiction, "", quorate);
    }

    Relation relation(NodeFacts peer) {
        return Relation.between(self.node(), self.record(), peer.node(), peer.record());
    }

    List<NodeFacts> reachable() {
        return peers.stream().filter(NodeFacts::reachable).toList();
    }

    List<NodeFacts> inService() {
        return peers.stream().filter(NodeFacts::isInService).toList();
    }

    /**
     * Peers that do not answer and may have been source after this node. One whose copy was never in sync cannot have been, nor one that
     * was being overwritten and kept nothing of what it was; but for an operator's second word, which makes a split brain of it knowingly.
     * If a majority answers, its votes decide.
     */
    List<NodeFacts> missing() {
        return quorate ? List.of() : peers.stream()
                .filter(peer -> !peer.reachable() && !self.record().peer(peer.node()).noWayBack()).toList();
    }

    /** Those of the missing that were being overwritten: they had to be taken back first. */
    List<NodeFacts> missingInResync() {
        return missing().stream().filter(peer -> {
            PeerRecord known = self.record().peer(peer.node());
            return known.inconsistent() && !known.mayHold();
        }).toList();
    }

    /** Peers that do not answer, and need not. */
    List<NodeFacts> worthless() {
        return quorate ? List.of() : peers.stream()
                .filter(peer -> !peer.reachable() && self.record().peer(peer.node()).noWayBack()).toList();
    }

    /** A reachable peer that knows this copy to lack acknowledged writes; null if none does. */
    NodeFacts witnessOfStaleness() {
        for (NodeFacts peer : reachable()) {
            if (peer.record().peer(self.node()).stale() && !relation(peer).selfIsNewer()
                    && peer.record().mirrorId() == self.record().mirrorId()) {
                return peer;
            }
        }
        return null;
    }

    /**
     * A reachable peer that was told of newer data by somebody else than this node, so that another node has been source after it; null if
     * there is none. This node would know of a target that it made outdated itself.
     */
    NodeFacts witnessOfSuccessor() {
        for (NodeFacts peer : reachable()) {
            PeerRecord known = self.record().peer(peer.node());
            if (peer.record().diskState() == DiskState.OUTDATED && peer.record().mirrorId() == self.record().mirrorId()
                    && !known.stale() && !known.paused() && known.bitmapGeneration() == 0) {
                return peer;
            }
        }
        return null;
    }
}
