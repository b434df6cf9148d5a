/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.resync;

import org.netraid.mirror.WriteLatency;

/**
 * How fast a resync may go beside the application: as fast as leaves the application's writes nearly as quick as they are without it.
 *
 * <pre>
 *  IDLE     nobody writes: no limit
 *  HUSH     nothing new is copied; what is on its way arrives
 *  LISTEN   still nothing is copied: how quick are the writes when left in peace?
 *  CONTROL  faster while fewer than six writes of a thousand take longer than {@link #SLOW_RATIO} times what ninety-nine of a hundred
 *           took in peace, slower while more do
 * </pre>
 *
 * <p>Writes that are too slow are counted, instead of percentiles compared: the rate comes to rest where {@link #SLOW_SHARE} of them are
 * slow; at one of a hundred the 99th percentile would be that many times the quiet one. A percentile of the hundred writes of a moment
 * says little, and the one slow write among them that is to be expected would count as much as twenty.
 *
 * <p>The lowest rate is kept whatever happens, but for the moments of silence, so that every resync ends. Pure: the caller brings times and
 * measurements.
 */
final class PaceController {

    static final double SLOW_RATIO = 1.25;
    /** No resync is slower than this. */
    static final long LEAST_BYTES_PER_SECOND = 1 << 20;
    /** Less than the hundredth that decides the 99th percentile: told from few writes, the share swings about what it is held to. */
    private static final double SLOW_SHARE = 0.006;
    private static final long HUSH_NS = 40_000_000L;
    private static final long LISTEN_NS = 250_000_000L;
    private static final long LISTEN_LONGEST_NS = 500_000_000L;
    private static final long LISTEN_WRITES = 250;
    private static final long LISTEN_EVERY_NS = 5_000_000_000L;
    private static final long SHORTEST_NS = 100_000_000L;
    private static final long LONGEST_NS = 500_000_000L;
    private static final long ENOUGH_WRITES = 100;
    private static final long IDLE_AFTER_NS = 1_000_000_000L;
    /** What one slow write too many of a hundred changes. */
    private static final double GAIN = 0.06;
    private static final double MOST_UP = 1.08;
    private static final double LEAST_UP = 1.02;
    private static final double MOST_DOWN = 0.7;
    private static final double BEGIN_SHARE = 0.25;

    /** What a write of the application may have in front of it in a loop's turn here, and in one at the target. */
    private static final int SHORT_REQUEST_BYTES = 64 << 10;
    /** More than this many are not worth their cost. */
    private static final int REQUESTS_PER_SECOND = 4000;

    private enum Mode { IDLE, HUSH, LISTEN, CONTROL }

    private final QuietLatency quiet = new QuietLatency();
    private long floor;
    private long ceiling;
    private Mode mode = Mode.IDLE;
    private long controlled;
    private long lastWriteNs;
    /** Of the interval under way. */
    private long writesSeen;
    private long listenAgainNs;

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
            controlled = clamp((long) (resyncBytesPerSecond * BEGIN_SHARE));
        }
        lastWriteNs = nowNs;
        mode = Mode.HUSH;
        return true;
    }

    /**
     * Some time has passed.
     *
     * @param latency the application's writes
     * @param before what it was when that time began
     * @param resyncBytesPerSecond what the resync has managed
     */
    void onInterval(long nowNs, WriteLatency latency, long[] before, long resyncBytesPerSecond) {
        long writes = latency.countSince(before);
        writesSeen = 0;
        if (writes == 0 && nowNs - lastWriteNs >= IDLE_AFTER_NS) {
            mode = Mode.IDLE;
            return;
        }
        switch (mode) {
            case HUSH -> mode = Mode.LISTEN;
            case LISTEN -> {
                quiet.learn(latency, before);
                listenAgainNs = nowNs + LISTEN_EVERY_NS;
                mode = Mode.CONTROL;
            }
            case CONTROL -> {
                if (writes > 0) {
                    control(nowNs, writes, latency.slowerSince(before, slowNs()), resyncBytesPerSecond);
                }
            }
            default -> {
                if (writes > 0) {
                    onApplicationSeen(nowNs, resyncBytesPerSecond);
                }
            }
        }
    }

    /**
     * To be asked often.
     *
     * @return true if the time since the last interval is long enough, with so many writes in it, to decide something
     */
    boolean isIntervalOver(long nowNs, long elapsedNs, long writes) {
        if (writes > writesSeen) {
            lastWriteNs = nowNs;
        }
        writesSeen = writes;
        return switch (mode) {
            case HUSH -> elapsedNs >= HUSH_NS;
            case LISTEN -> elapsedNs >= LISTEN_NS && (writes == 0 || writes >= LISTEN_WRITES || elapsedNs >= LISTEN_LONGEST_NS);
            default -> elapsedNs >= SHORTEST_NS && (writes == 0 || writes >= ENOUGH_WRITES || elapsedNs >= LONGEST_NS);
        };
    }

    private void control(long nowNs, long writes, long slow, long resyncBytesPerSecond) {
        if (nowNs >= listenAgainNs || quiet.p99Ns() == 0) {
            mode = Mode.HUSH;
        }
        if (quiet.p99Ns() == 0) {
            return;
        }
        // Of a hundred writes, whatever their number was: but a few writes say no more than they are.
        double tooMany = (slow - writes * SLOW_SHARE) * Math.min(1, 1 / (writes * SLOW_SHARE));
        if (tooMany > 0) {
            controlled = clamp((long) (controlled * Math.max(MOST_DOWN, Math.exp(-GAIN * tooMany))));
        } else if (resyncBytesPerSecond * 2 >= controlled) {
            // Only a rate that is used says anything about a higher one.
            double up = Math.max(slow == 0 ? LEAST_UP : 1, Math.min(MOST_UP, Math.exp(-GAIN * tooMany)));
            controlled = clamp((long) (controlled * up));
        }
    }

    private long clamp(long bytesPerSecond) {
        return Math.max(floor, Math.min(ceiling, bytesPerSecond));
    }

    /** A write that takes longer than this is slow. */
    private long slowNs() {
        return (long) (quiet.p99Ns() * SLOW_RATIO);
    }

    /** Bytes per second that may be copied now; 0 for no limit. */
    long bytesPerSecond() {
        return switch (mode) {
            case IDLE -> 0;
            case HUSH, LISTEN -> floor;
            case CONTROL -> controlled;
        };
    }

    /** Nothing is copied for the moment, whatever the rate. */
    boolean isSilent() {
        return mode == Mode.HUSH || mode == Mode.LISTEN;
    }

    /** The 99th percentile of the application's writes when left in peace; 0 while unknown. */
    long baselineNs() {
        return quiet.p99Ns();
    }

    /** Longest request at the rate now: short ones hold the application's writes up less. */
    int requestBytes(int chunkBytes, int maxBytes) {
        long rate = bytesPerSecond();
        if (rate == 0) {
            return maxBytes;
        }
        long wanted = Math.max(SHORT_REQUEST_BYTES, rate / REQUESTS_PER_SECOND);
        return (int) Math.max(chunkBytes, Math.min(maxBytes, wanted - wanted % chunkBytes));
    }
}
