/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.state;

import java.util.ArrayList;
import java.util.List;

/**
 * Which data a copy holds, as random identifiers that are never compared by size or time.
 *
 * @param current generation of the copy; 0: the mirror was never created here
 * @param history generations it descends from, newest first, at most {@value #MAX_HISTORY}
 */
public record Generations(long current, List<Long> history) {

    /** Ancestors kept. With fewer, an old copy would look unrelated instead of old; either way nothing is overwritten by mistake. */
    public static final int MAX_HISTORY = 32;

    public static final Generations NONE = new Generations(0, List.of());

    public Generations {
        if (history.size() > MAX_HISTORY) {
            throw new IllegalArgumentException("history of " + history.size() + " generations");
        }
        history = List.copyOf(history);
    }

    /** A new generation that descends from this one. */
    public Generations successor(long generation) {
        if (generation == 0 || generation == current) {
            throw new IllegalArgumentException("generation " + text(generation) + " cannot succeed " + text(current));
        }
        List<Long> ancestors = new ArrayList<>();
        if (current != 0) {
            ancestors.add(current);
        }
        for (long ancestor : history) {
            if (ancestors.size() < MAX_HISTORY && !ancestors.contains(ancestor)) {
                ancestors.add(ancestor);
            }
        }
        return new Generations(generation, ancestors);
    }

    public boolean hasAncestor(long generation) {
        return generation != 0 && history.contains(generation);
    }

    /** True if the ancestor is one of those that came after the other one; false if that other one is no ancestor. */
    public boolean hasAncestorSince(long ancestor, long first) {
        int at = history.indexOf(ancestor);
        int end = history.indexOf(first);
        return ancestor != 0 && at >= 0 && at < end;
    }

    /**
     * What a mixture of this generation's data and older ones becomes when it is put in service: it does not have this generation's data,
     * so it descends only from those before.
     */
    public Generations fork(long generation) {
        return new Generations(generation, history);
    }

    /** How people see an identifier. */
    public static String text(long generation) {
        return String.format("%016x", generation);
    }
}
