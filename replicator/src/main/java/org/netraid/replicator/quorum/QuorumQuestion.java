/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.quorum;

import java.util.List;

/**
 * What a {@link QuorumGuard} is asked.
 *
 * @param tag the mirror
 * @param node the node that asks
 * @param moment why it asks
 * @param unreachable members that it does not reach, or that will miss writes
 */
public record QuorumQuestion(String tag, String node, Moment moment, List<String> unreachable) {

    /** Why a node asks. */
    public enum Moment {
        /** It is about to go in service. */
        START("start"),
        /** A target misses a write that has not been acknowledged yet. */
        GO_ON("go-on"),
        /** It is in service, and looks whether it may still be. */
        WATCH("watch");

        private final String word;

        Moment(String word) {
            this.word = word;
        }

        /** As programs get it. */
        public String word() {
            return word;
        }
    }

    public QuorumQuestion {
        unreachable = List.copyOf(unreachable);
    }
}
