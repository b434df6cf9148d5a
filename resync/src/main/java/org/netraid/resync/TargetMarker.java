/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.resync;

/**
 * Changes what a target durably knows of itself. Carried out by the replicator over the peer channel, by tests in memory.
 */
public interface TargetMarker {

    /** The target must durably know that it is inconsistent, and refuse promotion, before {@code done} reports success (G4). */
    void markInconsistent(int slot, Done done);

    /** The target has every block, flushed: it may be promoted again once {@code done} has reported success. */
    void markInSync(int slot, Done done);

    /** Told once, on the mirror's loop, perhaps inside the call that took it. */
    @FunctionalInterface
    interface Done {
        /** @param refusal empty on success; else why the target could not be marked, for people */
        void onMarked(String refusal);
    }
}
