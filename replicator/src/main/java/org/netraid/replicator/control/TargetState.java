/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.control;

/** State of one target as its source sees it, in DataKeeper's words. */
public enum TargetState {
    /** Has every acknowledged write; may take over. */
    IN_SYNC("In Sync"),
    RESYNCING("Resyncing"),
    PAUSED("Paused"),
    OUT_OF_SYNC("Out of Sync"),
    /** Connected, but its resync must wait until the previous source has handed over its dirty chunks. */
    WAIT_PREVIOUS_SOURCE("Out of Sync (Wait for Previous Source)"),
    /** It was the source before this one; its dirty chunks are being merged. */
    PREVIOUS_SOURCE("Out of Sync (Previous Source)"),
    /** Both sides were in service independently; nothing is replicated until the operator chooses. */
    SPLIT_BRAIN("Split Brain"),
    /** Not connected. */
    UNKNOWN("Unknown");

    private final String words;

    TargetState(String words) {
        this.words = words;
    }

    /** What {@code mirror_status} shows. */
    public String words() {
        return words;
    }
}
