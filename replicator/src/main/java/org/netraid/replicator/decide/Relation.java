/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.decide;

import org.netraid.replicator.state.Generations;
import org.netraid.replicator.state.MirrorRecord;
import org.netraid.replicator.state.PeerRecord;

/** How the data of two copies relate, by their generations alone. "Self" is the copy that asks. */
public enum Relation {
    /** Neither was ever part of the mirror. */
    BOTH_NEW,
    /** Only the peer is part of the mirror. */
    SELF_NEW,
    /** Only this copy is part of the mirror. */
    PEER_NEW,
    /** Same generation: they differ at most in what bits and hot extents say. */
    EQUAL,
    /** This copy descends from the peer's, and has tracked since then what the peer lacks. */
    SELF_NEWER,
    /** This copy descends from the peer's, but what the peer lacks was not tracked all the time. */
    SELF_NEWER_UNTRACKED,
    /** The peer descends from this copy and has tracked what is lacking here. */
    PEER_NEWER,
    PEER_NEWER_UNTRACKED,
    /** Both descend from a common ancestor and neither from the other: both were written independently. */
    SPLIT_BRAIN,
    /** Same mirror, but no common ancestor is remembered. */
    UNRELATED,
    /** Two mirrors that happen to have the same tag. */
    OTHER_MIRROR;

    /**
     * Compares two copies. The rules are DRBD's {@code drbd_uuid_compare}, with its rules 6 and 8 (a bitmap of a third node) taken as
     * "not tracked".
     *
     * @param selfNode name under which the peer knows this copy
     * @param peerNode name under which this copy knows the peer
     */
    public static Relation between(String selfNode, MirrorRecord self, String peerNode, MirrorRecord peer) {
        if (!self.created() || !peer.created()) {
            return !self.created() && !peer.created() ? BOTH_NEW : self.created() ? PEER_NEW : SELF_NEW;
        }
        if (self.mirrorId() != peer.mirrorId()) {
            return OTHER_MIRROR;
        }
        Generations mine = self.generations();
        Generations theirs = peer.generations();
        if (mine.current() == theirs.current()) {
            return EQUAL;
        }
        if (tracks(peer, selfNode, mine.current())) {
            return PEER_NEWER;
        }
        if (tracks(self, peerNode, theirs.current())) {
            return SELF_NEWER;
        }
        if (descends(peer, mine.current())) {
            return PEER_NEWER_UNTRACKED;
        }
        if (descends(self, theirs.current())) {
            return SELF_NEWER_UNTRACKED;
        }
        return haveCommonAncestor(self, peer) ? SPLIT_BRAIN : UNRELATED;
    }

    /**
     * A copy of a generation that came after the one at which tracking began is tracked too: it took that generation from the source that
     * made it, lacking nothing then, and its bits are those since the beginning.
     */
    private static boolean tracks(MirrorRecord newer, String node, long generation) {
        long since = newer.peer(node).bitmapGeneration();
        return generation != 0 && (since == generation || since != 0 && newer.generations().hasAncestorSince(generation, since));
    }

    private static boolean descends(MirrorRecord copy, long generation) {
        return copy.generations().hasAncestor(generation)
                || generation != 0 && copy.peers().stream().anyMatch(peer -> peer.bitmapGeneration() == generation);
    }

    private static boolean haveCommonAncestor(MirrorRecord self, MirrorRecord peer) {
        for (long ancestor : self.generations().history()) {
            if (descends(peer, ancestor)) {
                return true;
            }
        }
        for (PeerRecord known : self.peers()) {
            if (known.bitmapGeneration() != 0 && descends(peer, known.bitmapGeneration())) {
                return true;
            }
        }
        return false;
    }

    public boolean selfIsNewer() {
        return this == SELF_NEWER || this == SELF_NEWER_UNTRACKED || this == PEER_NEW;
    }

    public boolean peerIsNewer() {
        return this == PEER_NEWER || this == PEER_NEWER_UNTRACKED || this == SELF_NEW;
    }
}
