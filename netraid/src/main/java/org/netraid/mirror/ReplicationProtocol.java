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

    /**
     * What it comes to with a target, for operators.
     *
     * @param extension the target helps: it keeps order by barriers, and says when it has received a write
     */
    public String meaning(boolean extension) {
        return switch (this) {
            case A -> extension ? "done when queued here; the target keeps the order (x-netraid:order)"
                    : "done when queued here; order kept by waiting for answers (plain NBD)";
            case B -> extension ? "done when in the target's memory; the target keeps the order (x-netraid:receipt)"
                    : "done when the target has answered (plain NBD cannot say received)";
            case C -> "done when written by the target";
        };
    }
}
