/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.mirror;

/**
 * How long the application's modifications take in the mirror: a histogram that only grows, so that any number of readers can look at the
 * time since their last look. 32 steps per power of two: a quantile is at most a 32nd too high.
 */
public final class WriteLatency {

    private static final int SUB_SHIFT = 5;
    private static final int SUBS = 1 << SUB_SHIFT;
    /** Length of the arrays that {@link #copyTo} fills. */
    public static final int BUCKETS = (Long.SIZE - SUB_SHIFT) * SUBS;

    private final long[] counts = new long[BUCKETS];
    private long total;

    /** One modification has ended after that time. */
    public void record(long durationNs) {
        counts[bucketOf(Math.max(0, durationNs))]++;
        total++;
    }

    /** Modifications ended so far. */
    public long total() {
        return total;
    }

    /** Copies the histogram as it is now. */
    public void copyTo(long[] into) {
        System.arraycopy(counts, 0, into, 0, BUCKETS);
    }

    /** Modifications recorded since the copy. */
    public long countSince(long[] before) {
        long count = 0;
        for (int i = 0; i < BUCKETS; i++) {
            count += counts[i] - before[i];
        }
        return count;
    }

    /**
     * The time within which this share of the modifications since the copy have ended.
     *
     * @param share 0 to 1
     * @return 0 if there were none
     */
    public long quantileSince(long[] before, double share) {
        long count = countSince(before);
        long wanted = Math.max(1, (long) Math.ceil(count * share));
        long seen = 0;
        for (int i = 0; i < BUCKETS && count > 0; i++) {
            seen += counts[i] - before[i];
            if (seen >= wanted) {
                return upperEdgeNs(i);
            }
        }
        return 0;
    }

    /** How many of the modifications since the copy have taken longer than that, to a 32nd of it. */
    public long slowerSince(long[] before, long durationNs) {
        long count = 0;
        for (int i = bucketOf(Math.max(0, durationNs)) + 1; i < BUCKETS; i++) {
            count += counts[i] - before[i];
        }
        return count;
    }

    /** Adds the modifications since the copy to a histogram of somebody else. */
    public void addSince(long[] before, double[] into) {
        for (int i = 0; i < BUCKETS; i++) {
            into[i] += counts[i] - before[i];
        }
    }

    /** The longest time that a bucket of such a histogram stands for. */
    public static long bucketNs(int bucket) {
        return upperEdgeNs(bucket);
    }

    static int bucketOf(long durationNs) {
        if (durationNs < SUBS) {
            return (int) durationNs;
        }
        int exponent = Long.SIZE - 1 - Long.numberOfLeadingZeros(durationNs);
        int sub = (int) (durationNs >>> exponent - SUB_SHIFT) & SUBS - 1;
        return (exponent - SUB_SHIFT + 1) * SUBS + sub;
    }

    static long upperEdgeNs(int bucket) {
        if (bucket < SUBS) {
            return bucket;
        }
        int exponent = bucket / SUBS + SUB_SHIFT - 1;
        long low = (1L << exponent) + ((long) (bucket % SUBS) << exponent - SUB_SHIFT);
        return low + (1L << exponent - SUB_SHIFT) - 1;
    }
}
