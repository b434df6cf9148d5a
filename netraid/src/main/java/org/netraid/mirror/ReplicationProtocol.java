/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.mirror;

/** When a write counts as done for one target. The letters are DRBD's. */
public enum ReplicationProtocol {
    /** Queued in the source's journal. */
    A("asynchronous"),
    /** Received in the target's memory. */
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

    /** True if this release carries it out; the others are refused when a leg is added. */
    public boolean isImplemented() {
        return this == C;
    }
}
