/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.resync;

import java.util.Arrays;

/** Bytes per second over the last seconds; time is passed in. */
final class RateMeter {

    private static final long SLOT_NS = 250_000_000L;
    private static final int SLOTS = 12;

    private final long[] bytes = new long[SLOTS];
    private final long startNs;
    /** Number of the newest slot since the start. */
    private long newest;

    RateMeter(long startNs) {
        this.startNs = startNs;
    }

    void add(long moreBytes, long nowNs) {
        advance(nowNs);
        bytes[(int) (newest % SLOTS)] += moreBytes;
    }

    /** Over the last three seconds, or since the start if that is later. */
    long bytesPerSecond(long nowNs) {
        advance(nowNs);
        long sum = 0;
        for (long one : bytes) {
            sum += one;
        }
        long oldestNs = startNs + Math.max(0, newest - SLOTS + 1) * SLOT_NS;
        long spanNs = nowNs - oldestNs;
        return spanNs <= 0 ? 0 : (long) (sum * 1e9 / spanNs);
    }

    private void advance(long nowNs) {
        long slot = Math.max(newest, (nowNs - startNs) / SLOT_NS);
        if (slot - newest >= SLOTS) {
            Arrays.fill(bytes, 0);
            newest = slot;
        }
        while (newest < slot) {
            newest++;
            bytes[(int) (newest % SLOTS)] = 0;
        }
    }
}
