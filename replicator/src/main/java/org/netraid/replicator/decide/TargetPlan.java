/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.decide;

/**
 * What a source is to do with one target, and why.
 *
 * @param kind what
 * @param rule row of the table in {@code docs/failover.md}
 * @param sentence why, for people
 * @param cure what would change it; "" if nothing needs to
 */
public record TargetPlan(Kind kind, String rule, String sentence, String cure) {

    /** Row S1: what both this node and the target remember of recent writes comes first. */
    static final String SURVIVORS = "S1";

    /** True if nobody but the source and the target is needed, although another node was source before. */
    public boolean isAmongSurvivors() {
        return rule.equals(SURVIVORS);
    }

    /** What can be done with a target. */
    public enum Kind {
        /** Connect: it has everything, and both sides' bits prove it. */
        NO_RESYNC(true),
        /** Connect and send the dirty chunks. */
        PARTIAL(true),
        /** Connect and send everything. */
        FULL(true),
        /** Take over its dirty chunks first (it was the source before), then decide again. */
        MERGE_FIRST(false),
        /** Connect only after the previous source's dirty chunks have been merged. */
        WAIT_PREVIOUS_SOURCE(false),
        /** Both sides were written independently. */
        SPLIT_BRAIN(false),
        /** Do not connect; an operator must choose. */
        REFUSE(false);

        private final boolean connects;

        Kind(boolean connects) {
            this.connects = connects;
        }

        public boolean connects() {
            return connects;
        }
    }
}
