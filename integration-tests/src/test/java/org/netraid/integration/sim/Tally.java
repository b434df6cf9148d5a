/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.integration.sim;

import java.util.Map;
import java.util.TreeMap;

/** How often each thing has happened, in one run or in many: a fault that never strikes finds nothing. */
final class Tally {

    private final TreeMap<String, Long> counts = new TreeMap<>();

    void count(String what) {
        counts.merge(what, 1L, Long::sum);
    }

    void count(String what, long times) {
        if (times > 0) {
            counts.merge(what, times, Long::sum);
        }
    }

    void add(Tally other) {
        other.counts.forEach((what, count) -> counts.merge(what, count, Long::sum));
    }

    long of(String what) {
        return counts.getOrDefault(what, 0L);
    }

    /** A line for each, by name. */
    String text() {
        StringBuilder text = new StringBuilder();
        for (Map.Entry<String, Long> entry : counts.entrySet()) {
            text.append(String.format("  %,12d %s%n", entry.getValue(), entry.getKey()));
        }
        return text.toString();
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Tally tally && tally.counts.equals(counts);
    }

    @Override
    public int hashCode() {
        return counts.hashCode();
    }
}
