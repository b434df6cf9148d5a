/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.state;

/** What the local copy is worth, durably; a later value is worth more than an earlier one, FAILED nothing. */
public enum DiskState {
    /** The disk cannot be used. */
    FAILED,
    /** Never written by this mirror, or a resync over it has begun and not ended: a mixture of old and new. */
    INCONSISTENT,
    /** Whole, but known to lack acknowledged writes. */
    OUTDATED,
    /** Whole; whether another node has newer data is not known. */
    CONSISTENT,
    /** Whole, and has every acknowledged write as far as this node was ever told. */
    UP_TO_DATE;

    /** True if a node with this disk may be source without force, if the decision table agrees. */
    public boolean maySource() {
        return this == CONSISTENT || this == UP_TO_DATE;
    }
}
