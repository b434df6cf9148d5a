/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.integration.model;

import java.util.Set;
import java.util.TreeMap;

/** Counts how targets were brought back: by rule, and for full resyncs whether the source's bits would have been enough. */
final class Tally {

    private static final class Count {
        long all;
        long bitsWereEnough;
    }

    private final TreeMap<String, Count> full = new TreeMap<>();
    private final TreeMap<String, Count> partial = new TreeMap<>();

    void plan(boolean isFull, String rule, String sentence, boolean bitsWereEnough) {
        // names of nodes and numbers of chunks make no difference
        String kind = rule + ": " + sentence.replaceAll("\\b[a-h]\\b", "N").replaceAll("[0-9]+ chunks", "n chunks");
        Count count = (isFull ? full : partial).computeIfAbsent(kind, key -> new Count());
        count.all++;
        count.bitsWereEnough += bitsWereEnough ? 1 : 0;
    }

    /** Full resyncs by other rules than those named. */
    long fullWithout(Set<String> rules) {
        return full.entrySet().stream().filter(entry -> !rules.contains(entry.getKey().split(":")[0]))
                .mapToLong(entry -> entry.getValue().all).sum();
    }

    String text() {
        StringBuilder text = new StringBuilder();
        partial.forEach((rule, count) -> text.append(String.format("  %,12d not full  %s%n", count.all, rule)));
        full.forEach((rule, count) -> text.append(String.format("  %,12d FULL      %s (in hindsight the bits were enough: %,d)%n",
                count.all, rule, count.bitsWereEnough)));
        return text.toString();
    }
}
