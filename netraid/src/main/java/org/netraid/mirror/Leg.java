/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.mirror;

/** One slot of the mirror: a target, connected or not, or a slot that only the log knows. {@link LegTable} says who changes it. */
final class Leg {

    final int slot;
    /** Null for a slot without a member. */
    LegConfig config;
    /** The current connection; null without one. */
    CopyChannel channel;
    /** The connection before, which may still hold commands that it has not ended. */
    CopyChannel previousChannel;
    /** Never PAUSED: that is the flag, since a pause outlives connections. */
    LegState state = LegState.DISCONNECTED;
    boolean paused;
    /** The log knows, or is being told, that the target has missed writes. */
    boolean stale;
    /** Orders to the log about this slot that are not durable yet. */
    int logOrders;
    /** What was asked for; C is in force instead while the local disk is given up. */
    ReplicationProtocol askedProtocol = ReplicationProtocol.C;
    /** In force now; a change outlives connections. */
    ReplicationProtocol protocol = ReplicationProtocol.C;
    /** Connected, but without writes because it lagged too far behind. */
    boolean ahead;
    /** How often in a row that has happened. */
    int timesAhead;
    /** When the last resync ended. */
    long inSyncNs;
    /** What it has, as it said when it was connected, or as its last resync has left it. */
    TargetCopy copy = TargetCopy.foreign(true);
    /** Connected, but the device has to end commands from before a pause first. */
    boolean offerWhenDrained;
    /** Connected, but the log has not yet recorded that it is out of sync, and how. */
    boolean offerWhenDurable;
    /** Writes that began before the resync may still be on their way without this target. */
    boolean settling;

    /** Its device has failed a flush: what it shows may never have reached the medium. Until the next resync has ended. */
    boolean flushFailed;

    long bytesWritten;
    /** Of the bytes written, those a flush that is under way covers, and those that are flushed. */
    long flushingBytes;
    long flushedBytes;
    long resyncBytes;
    long resyncZeroBytes;
    long losses;
    String lastError = "";

    Leg(int slot) {
        this.slot = slot;
    }

    int bit() {
        return 1 << slot;
    }

    boolean replicates() {
        return state.replicates();
    }

    LegState shownState() {
        return paused && !replicates() ? LegState.PAUSED : state;
    }

    String nodeName() {
        return config == null ? "" : config.nodeName();
    }
}
