/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.quorum;

import org.netraid.replicator.state.Generations;

/**
 * What a node has agreed to last: that a mirror's data go on in a generation. It agrees to another one only if that descends from this
 * one. Any two majorities share a node, so of two generations with one parent at most one finds a majority, and nobody acknowledges a
 * write in the other.
 *
 * @param generations the generation agreed to, with its ancestors; {@link Generations#NONE} if it was never asked
 * @param owner the node that asked
 */
public record Vote(Generations generations, String owner) {

    public static final Vote NONE = new Vote(Generations.NONE, "");

    /** True if whoever holds this may agree to the generation too. */
    public boolean allows(Generations proposed) {
        return generations.current() == 0 || generations.current() == proposed.current() || proposed.hasAncestor(generations.current());
    }

    /** True if this is a later generation of the same line. */
    public boolean isLaterThan(Generations other) {
        return generations.hasAncestor(other.current());
    }

    /** What is left when the generation will never be written: the one before it. */
    public Vote takenBack() {
        if (generations.history().isEmpty()) {
            return NONE;
        }
        return new Vote(new Generations(generations.history().get(0), generations.history().subList(1, generations.history().size())), "");
    }
}
