/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.resync;

/**
 * How fast a resync may go beside the application: as fast as leaves the application's writes nearly as quick as they are without it.
 *
 * <pre>
 *  IDLE     nobody writes: no limit
 *  LISTEN   for a moment at the lowest rate: how quick are the writes when left in peace?
 *  CONTROL  faster while the 99th percentile stays below {@link #GROW_RATIO} times that, slower above {@link #SHRINK_RATIO} times
 * </pre>
 *
 * The lowest rate is kept whatever happens, so that every resync ends. Pure: the caller brings times and measurements.
 */
final class PaceController {

    static final double SHRINK_RATIO = 1.3;
    static final double GROW_RATIO = 1.15;
    /** No resync is slower than this. */
    static final long LEAST_BYTES_PER_SECOND = 1 << 20;
    private static final long LISTEN_NS = 250_000_000L;
    private static final long LISTEN_EVERY_NS = 5_000_000_000L;
    private static final long IDLE_AFTER_NS = 1_000_000_000L;
    private static final double KEEP_OF_BASELINE = 0.5;

    private enum Mode { IDLE, LISTEN, CONTROL }

    private long floor;
    private long ceiling;
    private Mode mode = Mode.IDLE;
    private long controlled;
    private long lastWriteNs;
    private long listenUntilNs;
    private long listenAgainNs;
    private double baselineNs;

    PaceController(long minBytesPerSecond, long maxBytesPerSecond) {
        limits(minBytesPerSecond, maxBytesPerSecond);
    }

    /** @param maxBytesPerSecond 0 for none */
    void limits(long minBytesPerSecond, long maxBytesPerSecond) {
        floor = Math.max(LEAST_BYTES_PER_SECOND, minBytesPerSecond);
        ceiling = maxBytesPerSecond == 0 ? Long.MAX_VALUE : Math.max(floor, maxBytesPerSecond);
        controlled = clamp(controlled);
    }

    /** The application has begun to write after a rest: step aside at once, measure later. @return true if the rate has changed */
    boolean onApplicationSeen(long nowNs, long resyncBytesPerSecond) {
        if (mode != Mode.IDLE) {
            return false;
        }
        if (controlled <= floor) {
            controlled = clamp(resyncBytesPerSecond / 4);
        }
        lastWriteNs = nowNs;
        listen(nowNs);
        return true;
    }

    /**
     * Some time has passed.
     *
     * @param writes modifications of the application that have ended in it
     * @param p99Ns their 99th percentile
     * @param resyncBytesPerSecond what the resync has managed
     */
    void onInterval(long nowNs, long writes, long p99Ns, long resyncBytesPerSecond) {
        if (writes == 0) {
            if (mode != Mode.IDLE && nowNs - lastWriteNs >= IDLE_AFTER_NS) {
                mode = Mode.IDLE;
            }
            return;
        }
        switch (mode) {
            case IDLE -> onApplicationSeen(nowNs, resyncBytesPerSecond);
            case LISTEN -> {
                if (nowNs >= listenUntilNs) {
                    baselineNs = baselineNs == 0 ? p99Ns : KEEP_OF_BASELINE * baselineNs + (1 - KEEP_OF_BASELINE) * p99Ns;
                    mode = Mode.CONTROL;
                    listenAgainNs = nowNs + LISTEN_EVERY_NS;
                }
            }
            default -> control(nowNs, p99Ns, resyncBytesPerSecond);
        }
        lastWriteNs = nowNs;
    }

    private void control(long nowNs, long p99Ns, long resyncBytesPerSecond) {
        double ratio = p99Ns / Math.max(1, baselineNs);
        if (ratio > SHRINK_RATIO) {
            controlled = clamp((long) (controlled * Math.max(0.5, Math.min(0.9, SHRINK_RATIO / ratio))));
        } else if (ratio < GROW_RATIO && resyncBytesPerSecond * 2 >= controlled) {
            // Only a rate that is used says anything about a higher one.
            controlled = clamp(controlled + controlled / 12 + LEAST_BYTES_PER_SECOND);
        }
        if (nowNs >= listenAgainNs) {
            listen(nowNs);
        }
    }

    private void listen(long nowNs) {
        mode = Mode.LISTEN;
        listenUntilNs = nowNs + LISTEN_NS;
    }

    private long clamp(long bytesPerSecond) {
        return Math.max(floor, Math.min(ceiling, bytesPerSecond));
    }

    /** Bytes per second that may be copied now; 0 for no limit. */
    long bytesPerSecond() {
        return switch (mode) {
            case IDLE -> 0;
            case LISTEN -> floor;
            case CONTROL -> controlled;
        };
    }

    /** The 99th percentile of the application's writes when left in peace; 0 while unknown. */
    long baselineNs() {
        return (long) baselineNs;
    }

    /** Longest request at the rate now: short ones hold the application's writes up less. */
    int requestBytes(int chunkBytes, int maxBytes) {
        long rate = bytesPerSecond();
        if (rate == 0) {
            return maxBytes;
        }
        long wanted = rate / 500;
        return (int) Math.max(chunkBytes, Math.min(maxBytes, wanted - wanted % chunkBytes));
    }
}
