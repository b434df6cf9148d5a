/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.resync;

/** A ceiling on bytes per second, with room for a short burst. Time is passed in. */
final class ResyncRate {

    private static final long SECOND_NS = 1_000_000_000L;

    private final double burstSeconds;
    private long bytesPerSecond;
    private long burstBytes;
    private long tokensBytes;
    private long lastNs;

    ResyncRate(long bytesPerSecond, double burstSeconds, long nowNs) {
        this.burstSeconds = burstSeconds;
        lastNs = nowNs;
        set(bytesPerSecond);
        tokensBytes = burstBytes;
    }

    /** @param newBytesPerSecond 0 for no ceiling */
    void set(long newBytesPerSecond) {
        bytesPerSecond = newBytesPerSecond;
        burstBytes = Math.max(1, (long) (newBytesPerSecond * burstSeconds));
        tokensBytes = Math.min(tokensBytes, burstBytes);
    }

    /** 0 for no ceiling. */
    long bytesPerSecond() {
        return bytesPerSecond;
    }

    /** @return 0 if something may be sent now, else nanoseconds until it may */
    long waitNs(long nowNs) {
        if (bytesPerSecond == 0) {
            return 0;
        }
        // Whole microseconds, so that the product stays in range; the rest counts next time.
        long elapsedUs = Math.min((nowNs - lastNs) / 1000, 1_000_000);
        long earned = (long) (elapsedUs * (bytesPerSecond / 1e6));
        if (earned > 0) {
            tokensBytes = Math.min(burstBytes, tokensBytes + earned);
            lastNs = nowNs;
        }
        return tokensBytes > 0 ? 0 : Math.min(SECOND_NS, (long) ((1 - tokensBytes) * 1e9 / bytesPerSecond) + 1000);
    }

    /** May bring the account below zero by one request; the next waits longer for it. */
    void spend(long bytes) {
        if (bytesPerSecond > 0) {
            tokensBytes -= bytes;
        }
    }
}
