/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.resync;

import java.util.Arrays;
import org.netraid.mirror.WriteLatency;

/**
 * How long the application's writes take when no resync is beside them: what was heard each time a resync was silent for a moment, the
 * older the less it counts.
 *
 * <p>One silence holds a few hundred writes, of which the slowest few decide over a 99th percentile; several together tell it better than
 * the mean of what each says, which one hiccup would spoil. Only a silence that says something else altogether replaces all before it.
 */
final class QuietLatency {

    private static final double QUANTILE = 0.99;
    private static final double KEPT = 0.6;
    /** So many times quicker or slower than remembered: the application, or what is below it, has changed. */
    private static final double CHANGED = 2;

    private final double[] counts = new double[WriteLatency.BUCKETS];
    private final double[] heard = new double[WriteLatency.BUCKETS];
    private long p99Ns;

    /** What has been recorded since the copy was heard in silence; nothing is learned from no writes. */
    void learn(WriteLatency latency, long[] before) {
        Arrays.fill(heard, 0);
        latency.addSince(before, heard);
        long now = quantile(heard);
        if (now == 0) {
            return;
        }
        boolean changed = now > p99Ns * CHANGED || now * CHANGED < p99Ns;
        for (int i = 0; i < counts.length; i++) {
            counts[i] = (changed ? 0 : counts[i] * KEPT) + heard[i];
        }
        p99Ns = quantile(counts);
    }

    private static long quantile(double[] counts) {
        double total = 0;
        for (double count : counts) {
            total += count;
        }
        double seen = 0;
        for (int i = 0; i < counts.length && total > 0; i++) {
            seen += counts[i];
            if (seen >= total * QUANTILE) {
                return WriteLatency.bucketNs(i);
            }
        }
        return 0;
    }

    /** The 99th percentile; 0 while unknown. */
    long p99Ns() {
        return p99Ns;
    }
}
