/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.quorum;

import org.netraid.replicator.config.QuorumSettings.Fencing;

/** What {@code fence-peer} says with its exit status; the numbers are DRBD's. */
public enum FenceVerdict {
    /** 3: the peer's copy is inconsistent anyway. */
    INCONSISTENT("its copy is inconsistent"),
    /** 4: the peer knows now, or knew before, that its copy is outdated. */
    OUTDATED("it is outdated"),
    /** 5: the peer cannot be reached, and is believed to be down. */
    UNREACHABLE("it is down"),
    /** 6: the peer is in service: this node must not be. */
    IN_SERVICE("it is in service itself"),
    /** 7: the peer was powered off. */
    FENCED("it was powered off"),
    /** Anything else: nothing is known. */
    UNKNOWN("nothing is known of it");

    private final String words;

    FenceVerdict(String words) {
        this.words = words;
    }

    /** What is known of the peer now. */
    public String words() {
        return words;
    }

    public static FenceVerdict ofStatus(int exitStatus) {
        return switch (exitStatus) {
            case 3 -> INCONSISTENT;
            case 4 -> OUTDATED;
            case 5 -> UNREACHABLE;
            case 6 -> IN_SERVICE;
            case 7 -> FENCED;
            default -> UNKNOWN;
        };
    }

    /** True if this node may acknowledge what the peer misses. */
    public boolean mayGoOn(Fencing policy) {
        return switch (this) {
            case INCONSISTENT, OUTDATED, UNREACHABLE, FENCED -> true;
            case IN_SERVICE -> false;
            case UNKNOWN -> policy != Fencing.RESOURCE_AND_STONITH;
        };
    }
}
