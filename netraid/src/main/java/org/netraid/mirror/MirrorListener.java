/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.mirror;

/**
 * Told of everything that changes in a mirror, on its loop, after the change. A listener may call the mirror. Methods
 * do nothing unless overridden.
 */
public interface MirrorListener {

    /**
     * A target is connected.
     *
     * @param needsResync true: it gets no writes until {@link Mirror#beginResync}; false: it is in sync already
     */
    default void legConnected(int slot, boolean needsResync) {
    }

    /** The target gets every new write from now on, and its dirty chunks are being copied. */
    default void resyncStarted(int slot) {
    }

    /**
     * Every write that was under way when the target was connected has ended, so that it can miss none any more; sent
     * once per resync, perhaps right at its start.
     */
    default void legSettled(int slot) {
    }

    /** How far a resync has come; sent now and then by the resync. */
    default void resyncProgress(int slot, long chunksDone, long chunksTotal) {
    }

    /** The target has everything. */
    default void legInSync(int slot) {
    }

    /** The target is gone and misses every write from now on. */
    default void legLost(int slot, String reason) {
    }

    /**
     * The target does not get new writes any more, lost, paused or declared unknown; comes before the event that says which.
     */
    default void replicationStopped(int slot) {
    }

    /** An operator has stopped replication to the target. */
    default void legPaused(int slot) {
    }

    /** The target lagged too far behind: it gets no writes for a while, keeps its last state, and is resynced then. */
    default void legPulledAhead(int slot, String why) {
    }

    /** Something about the journal of the asynchronous targets that an operator may want to know. */
    default void journalNews(String text) {
    }

    /** The local disk has failed a command; the mirror goes on. */
    default void localError(String text) {
    }

    /**
     * A flush of the local disk has failed: what was written may not be there, and its cache may yet show it. The copy must not be believed
     * again, by the next life of this process neither. {@link #mirrorFailed} follows.
     */
    default void localDiskLost(String text) {
    }

    /** The local disk is given up: targets serve reads and writes; that is being recorded. */
    default void localDetached(String why) {
    }

    /** A local disk has everything again and serves. */
    default void localAttached() {
    }

    /** The mirror serves no modifications any more; the text says why and what to do. */
    default void mirrorFailed(String text) {
    }

    /** The mirror is being closed: it ends what is in work, then closes its devices. */
    default void mirrorClosing() {
    }
}
