/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.state;

/**
 * What a node knows durably of one other member of a mirror.
 *
 * @param node the other member
 * @param member false after {@code remove}: not replicated to, not waited for
 * @param bitmapGeneration generation at which this node began to track what the other lacks; 0: it has everything of the current one
 * @param stale it is known to lack acknowledged writes: it may not take over
 * @param inconsistent a resync over it has begun and not ended
 * @param paused an operator has paused replication to it
 * @param needsMerge what it lacks is known only together with the dirty chunks of the previous source
 * @param mayHold it was asked to take this node's generation and has not said that it did: its copy is of {@code bitmapGeneration} or of
 *     any generation since, and may pass for whole
 * @param noWayBack its copy was never whole, or is being overwritten and nothing of it is kept: nobody but who says the second word can
 *     have put it in service. Never true of a copy that is not inconsistent or {@code mayHold}; false also where it is not known
 * @param protocol "A", "B" or "C" as an operator has set it while the mirror ran; "" as the configuration says
 */
public record PeerRecord(String node, boolean member, long bitmapGeneration, boolean stale, boolean inconsistent, boolean paused,
        boolean needsMerge, boolean mayHold, boolean noWayBack, String protocol) {

    public PeerRecord {
        noWayBack = noWayBack && inconsistent && !mayHold;
    }

    /** A member of which nothing is known yet. */
    public static PeerRecord unknown(String node) {
        return new PeerRecord(node, true, 0, false, false, false, false, false, false, "");
    }

    /** A member that was never part of the mirror, as far as is known: it holds nothing. */
    public static PeerRecord empty(String node) {
        return new PeerRecord(node, true, 0, false, true, false, false, false, true, "");
    }

    public PeerRecord withMember(boolean value) {
        return new PeerRecord(node, value, bitmapGeneration, stale, inconsistent, paused, needsMerge, mayHold, noWayBack, protocol);
    }

    public PeerRecord withBitmapGeneration(long value) {
        return new PeerRecord(node, member, value, stale, inconsistent, paused, needsMerge, mayHold, noWayBack, protocol);
    }

    public PeerRecord withStale(boolean value) {
        return new PeerRecord(node, member, bitmapGeneration, value, inconsistent, paused, needsMerge, mayHold, noWayBack, protocol);
    }

    public PeerRecord withInconsistent(boolean value) {
        return new PeerRecord(node, member, bitmapGeneration, stale, value, paused, needsMerge, mayHold, noWayBack, protocol);
    }

    public PeerRecord withPaused(boolean value) {
        return new PeerRecord(node, member, bitmapGeneration, stale, inconsistent, value, needsMerge, mayHold, noWayBack, protocol);
    }

    public PeerRecord withNeedsMerge(boolean value) {
        return new PeerRecord(node, member, bitmapGeneration, stale, inconsistent, paused, value, mayHold, noWayBack, protocol);
    }

    public PeerRecord withMayHold(boolean value) {
        return new PeerRecord(node, member, bitmapGeneration, stale, inconsistent, paused, needsMerge, value, noWayBack, protocol);
    }

    public PeerRecord withNoWayBack(boolean value) {
        return new PeerRecord(node, member, bitmapGeneration, stale, inconsistent, paused, needsMerge, mayHold, value, protocol);
    }

    public PeerRecord withProtocol(String value) {
        return new PeerRecord(node, member, bitmapGeneration, stale, inconsistent, paused, needsMerge, mayHold, noWayBack, value);
    }
}
