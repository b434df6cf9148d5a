/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.intentlog;

import org.netraid.intentlog.format.ActivityBlockCodec;

/**
 * When the next group commit waits a little for company. Those that a commit has released are back soon; a commit that starts the moment
 * they leave takes only those that came while it ran, and so the depth of the application splits into two halves that wait for each other.
 * Where a commit is slow, a quarter of its time spent waiting for the other half pays. Single-threaded.
 */
final class GroupDelay {

    /** Below this a commit is so fast that waiting costs more than it saves. */
    static final long SLOW_COMMIT_NS = 500_000;
    private static final int SMOOTHING = 8;
    private static final int MOST = ActivityBlockCodec.MAX_CHANGES;

    private long meanNs;
    private long startedNs;
    private long untilNs = Long.MIN_VALUE;
    private int expected;

    void commitStarted(long nowNs) {
        startedNs = nowNs;
        untilNs = Long.MIN_VALUE;
    }

    /**
     * @param released writes the commit has served
     * @param waiting writes that have come meanwhile
     */
    void commitEnded(long nowNs, int released, int waiting) {
        meanNs += (nowNs - startedNs - meanNs) / SMOOTHING;
        expected = Math.min(MOST, released + waiting);
    }

    /** @return how long a commit for those waiting should still be held back; 0 if not */
    long holdNs(long nowNs, int waiting) {
        if (waiting == 0 || meanNs < SLOW_COMMIT_NS || waiting * 5 >= expected * 4) {
            return 0;
        }
        if (untilNs == Long.MIN_VALUE) {
            untilNs = nowNs + meanNs / 4;
        }
        return Math.max(0, untilNs - nowNs);
    }
}
