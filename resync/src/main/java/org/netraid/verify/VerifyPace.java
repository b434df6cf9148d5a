/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.verify;

/**
 * When the next piece may be compared: never above the ceiling, and while the application writes one piece at a time with a rest
 * twice as long as the piece took, so that two thirds of the disk's and the link's time stay free. Time is passed in.
 */
final class VerifyPace {

    private static final long SECOND_NS = 1_000_000_000L;
    /** The application counts as busy for so long after it was last seen writing. */
    private static final long BUSY_MEMORY_NS = 100_000_000L;
    private static final long BURST_NS = 50_000_000L;
    private static final long MAX_REST_NS = 500_000_000L;

    private final int windowPieces;
    private long bytesPerSecond;
    private long nextNs;
    private long restUntilNs;
    private long busyUntilNs;

    VerifyPace(int windowPieces, long bytesPerSecond, long nowNs) {
        this.windowPieces = windowPieces;
        this.bytesPerSecond = bytesPerSecond;
        this.nextNs = nowNs;
        this.restUntilNs = nowNs;
        this.busyUntilNs = nowNs;
    }

    void maxBytesPerSecond(long value) {
        bytesPerSecond = value;
    }

    void noteBusy(boolean busy, long nowNs) {
        if (busy) {
            busyUntilNs = nowNs + BUSY_MEMORY_NS;
        }
    }

    int window(long nowNs) {
        return nowNs - busyUntilNs < 0 ? 1 : windowPieces;
    }

    /** @return 0 if a piece may start now, else nanoseconds until one may */
    long waitNs(long nowNs) {
        long ceilingNs = bytesPerSecond == 0 ? 0 : nextNs - nowNs - BURST_NS;
        return Math.max(0, Math.max(ceilingNs, restUntilNs - nowNs));
    }

    void started(int lengthBytes, long nowNs) {
        if (bytesPerSecond > 0) {
            nextNs = Math.max(nextNs, nowNs - BURST_NS) + (long) ((double) lengthBytes / bytesPerSecond * SECOND_NS);
        }
    }

    void ended(long tookNs, long nowNs) {
        if (window(nowNs) == 1) {
            restUntilNs = nowNs + Math.min(MAX_REST_NS, 2 * tookNs);
        }
    }
}
