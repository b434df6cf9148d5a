/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.integration.soak;

/** Counts durations in classes that are 1/32 wide: percentiles to 3 %. Not thread-safe. */
public final class LatencyHistogram {

    private static final int STEPS = 32;

    private final long[] counts = new long[64 * STEPS];
    private long total;

    /** One more. */
    public void add(long ns) {
        counts[index(Math.max(1, ns))]++;
        total++;
    }

    private static int index(long ns) {
        int exponent = 63 - Long.numberOfLeadingZeros(ns);
        long step = exponent >= 5 ? ns >> exponent - 5 : ns << 5 - exponent;
        return exponent * STEPS + (int) (step - STEPS);
    }

    /** How many. */
    public long total() {
        return total;
    }

    /** The duration that so many of a thousand do not exceed; 0 if there are none. */
    public long perMilleNs(int perMille) {
        long seen = 0;
        for (int i = 0; i < counts.length && total > 0; i++) {
            seen += counts[i];
            if (seen * 1000 >= total * perMille) {
                int exponent = i / STEPS;
                long step = STEPS + i % STEPS;
                return exponent >= 5 ? step << exponent - 5 : step >> 5 - exponent;
            }
        }
        return 0;
    }

    /** What is in it, which it forgets. */
    public LatencyHistogram takeAll() {
        LatencyHistogram taken = new LatencyHistogram();
        System.arraycopy(counts, 0, taken.counts, 0, counts.length);
        taken.total = total;
        java.util.Arrays.fill(counts, 0);
        total = 0;
        return taken;
    }
}
