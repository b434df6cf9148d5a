/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.mirror;

/**
 * Where a target stands, seen from the source.
 *
 * <pre>
 *                     connectLeg, clean
 *                +---------------------------------------+
 *                |                                       v
 *  DISCONNECTED -+-> CONNECTED -> RESYNCING ---------> IN_SYNC
 *        ^            beginResync    |   endResync       |
 *        +---------------------------+-------------------+   legLost: from every state
 *                     PAUSED: from and to every state by pauseLeg and resumeLeg
 * </pre>
 */
public enum LegState {
    /** No connection; every write is missed and its chunks become dirty. */
    DISCONNECTED("out of sync"),
    /**
     * Connected, but it may differ from the source: it gets no writes until it has been marked inconsistent durably (G4), which is
     * the resync's first step.
     */
    CONNECTED("waiting for resync"),
    /** Gets every new write, and the resync copies the dirty chunks (DRBD: SyncTarget). */
    RESYNCING("resyncing"),
    /** Has every completed write (DRBD: UpToDate). */
    IN_SYNC("in sync"),
    /** Replication is paused by an operator, connected or not. */
    PAUSED("paused");

    private final String words;

    LegState(String words) {
        this.words = words;
    }

    /** DataKeeper's word for it, for operators. */
    public String words() {
        return words;
    }

    /** True if the target gets every new write, and the application waits for it. */
    public boolean replicates() {
        return this == RESYNCING || this == IN_SYNC;
    }
}
