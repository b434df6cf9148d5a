/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.control;

/**
 * What a command would send to one target; of {@code --dry-run}.
 *
 * @param source the node that would send
 * @param target the one that would get it
 * @param amount how much
 * @param bytes at most so many as far as is known now; -1 if that is not known before the target is connected
 * @param rule row of the decision table, such as {@code D13}; "" if none decides
 * @param text all of it and why, for people
 */
public record TargetPreview(String source, String target, Amount amount, long bytes, String rule, String text) {

    /** How much a resync sends. */
    public enum Amount {
        /** The target has everything. */
        NONE,
        /** What is known to differ. */
        PARTIAL,
        /** Everything, or everything that differs after everything has been compared. */
        FULL,
        /** That is decided when the target answers, or another node does. */
        UNKNOWN,
        /** Nothing: the target is not connected as things are. */
        REFUSED
    }
}
