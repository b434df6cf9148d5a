/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.mirror;

/** When a write counts as done for one target. The letters are DRBD's. */
public enum ReplicationProtocol {
    /** Queued at the source. */
    A("asynchronous"),
    /** Received in the target's memory; where the target cannot say so, written by it. */
    B("memory synchronous"),
    /** Written by the target. */
    C("synchronous");

    private final String words;

    ReplicationProtocol(String words) {
        this.words = words;
    }

    /** The name people use. */
    public String words() {
        return words;
    }

    /**
     * True if an acknowledged FLUSH or FUA write is on the target's stable storage too. For the others a flush is a point in the order of
     * writes, which the target reaches in its own time.
     */
    public boolean awaitsFlush() {
        return this == C;
    }

    /** What it comes to with a target that offers nothing beyond plain NBD, for operators. */
    public String meaning() {
        return switch (this) {
            case A -> "done when queued here; order kept by waiting for answers (plain NBD)";
            case B -> "done when the target has answered (plain NBD cannot say received)";
            case C -> "done when written by the target";
        };
    }
}
