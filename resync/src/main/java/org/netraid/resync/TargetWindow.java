/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.resync;

/**
 * How many bytes may be on their way to one target: what its link and disk hold without a queue, and a little more to find out whether they
 * hold more. A queue would gain nothing, and the application's writes would wait behind it.
 *
 * <p>The window is rate × (shortest answer + {@link #QUEUE_NS}), where the rate is the best that the target has shown in the last second,
 * seen over the flights of single requests (the idea of BBR). The best, and not what it manages just now: answers also come late because
 * a machine at either end is busy, and a window that shrinks for that makes the resync slower still without making them any earlier.
 * A flight in which nothing waited shows the link's rate at most, so that answers which come in a bunch do not count for more than they
 * are. Pure: time is passed in.
 */
final class TargetWindow {

    /** Time that an answer may spend in queues. */
    static final long QUEUE_NS = 25_000_000L;
    /** The same while the application writes, whose writes spend it there as well, and beside it a part of the shortest answer. */
    static final long CALM_QUEUE_NS = 200_000L;
    private static final int CALM_QUEUE_PART = 4;
    private static final long INTERVAL_NS = 50_000_000L;
    /** The shortest answer is forgotten after this time, since paths and disks change. */
    private static final long MEMORY_NS = 10_000_000_000L;
    /** The best rate is remembered for as long as this to twice as long. */
    private static final long RATE_MEMORY_NS = 500_000_000L;
    /** No answer for so long: nothing is known of the rate any more. */
    private static final long STALLED_NS = 1_000_000_000L;

    /** On its way before anything is known of the link: what waits behind it, a flush and the application's writes, waits for all of it. */
    static final long FIRST_BYTES = 256 << 10;
    /** Beyond this the limit follows what has been measured. */
    private static final long START_END_BYTES = 4 << 20;

    /** Requests of which a window should have room for, so that the answer to one does not leave the link empty. */
    private static final int REQUESTS = 4;

    private static final double MUCH = 2;

    private final long minBytes;
    private final long maxBytes;
    private long limitBytes;
    private long inFlightBytes;
    private int inFlight;
    private boolean wasFull;
    /** The application writes. */
    private boolean calm;
    /** What went before was for nothing: it stays as small as it is until something is flushed. */
    private boolean wary;
    /** No answer has waited in a queue yet. */
    private boolean starting = true;
    private long intervalStartNs;
    private long deliveredBytes;
    private long bestNs = Long.MAX_VALUE;
    private long bestEarlierNs = Long.MAX_VALUE;
    private long bestSinceNs;
    private double rate;
    private double rateEarlier;
    private long rateSinceNs;
    /** The best rate of the time for which the shortest answer is remembered: who is slower than who. */
    private double peak;
    private double peakEarlier;
    private long answeredNs;

    TargetWindow(long minBytes, long maxBytes, long nowNs) {
        this(minBytes, maxBytes, FIRST_BYTES, nowNs);
    }

    /** @param firstBytes less than usual where more has come to nothing before */
    TargetWindow(long minBytes, long maxBytes, long firstBytes, long nowNs) {
        this.minBytes = minBytes;
        this.maxBytes = Math.max(minBytes, maxBytes);
        this.limitBytes = Math.max(minBytes, Math.min(this.maxBytes, firstBytes));
        this.intervalStartNs = nowNs;
        this.bestSinceNs = nowNs;
        this.rateSinceNs = nowNs;
        this.answeredNs = nowNs;
    }

    /** @param whether the application writes: then there is to be hardly any queue, even if the link is not always full */
    void calm(boolean whether) {
        calm = whether;
    }

    /** @param whether nothing that was sent has been flushed yet, this time and the last: a flush is not to wait for more than it does */
    void wary(boolean whether) {
        wary = whether;
    }

    boolean hasRoom() {
        boolean room = inFlight == 0 || inFlightBytes < limitBytes;
        wasFull |= !room;
        return room && (!calm || inFlight == 0 || inFlightBytes < calmBytes());
    }

    /** What the link and the disk hold without a queue worth the name. */
    private long calmBytes() {
        long best = Math.min(bestNs, bestEarlierNs);
        return best == Long.MAX_VALUE ? 0 : (long) (bestRate() * (best + best / CALM_QUEUE_PART + CALM_QUEUE_NS));
    }

    /** Less than half full: the target would soon have nothing to do. */
    boolean isStarving() {
        return inFlightBytes * 2 < (calm ? Math.min(limitBytes, Math.max(1, calmBytes())) : limitBytes);
    }

    void sent(long bytes, long nowNs) {
        answeredNs = inFlight == 0 ? nowNs : answeredNs;
        inFlightBytes += bytes;
        inFlight++;
    }

    /** Ended without an answer. */
    void dropped(long bytes) {
        inFlightBytes -= bytes;
        inFlight--;
    }

    /** The target has shown that it has these already: they cost the link next to nothing. */
    void equal(long bytes) {
        dropped(bytes);
        grow(bytes);
    }

    private void grow(long bytes) {
        if (wary) {
            return;
        }
        starting &= limitBytes < START_END_BYTES;
        limitBytes = starting ? Math.min(maxBytes, limitBytes + bytes) : limitBytes;
    }

    /** Bytes that have arrived so far; to be remembered when a request leaves. */
    long deliveredBytes() {
        return deliveredBytes;
    }

    /**
     * An answer has come.
     *
     * @param bytes what the request counted against the window
     * @param sentBytes what really went over the link
     * @param deliveredBefore {@link #deliveredBytes} when it left
     */
    void answered(long bytes, long sentBytes, long deliveredBefore, long durationNs, long nowNs) {
        dropped(bytes);
        deliveredBytes += sentBytes;
        answeredNs = nowNs;
        bestNs = Math.min(bestNs, durationNs);
        starting &= durationNs <= bestNs + QUEUE_NS;
        grow(bytes);
        rate = Math.max(rate, (double) (deliveredBytes - deliveredBefore) / Math.max(1, durationNs));
        peak = Math.max(peak, rate);
        if (nowNs - intervalStartNs >= INTERVAL_NS) {
            adapt(nowNs);
        }
    }

    private void adapt(long nowNs) {
        long wanted = (long) (bestRate() * (Math.min(bestNs, bestEarlierNs) + QUEUE_NS));
        if (wary) {
            limitBytes = Math.max(minBytes, Math.min(limitBytes, wanted));
        } else if (wanted > limitBytes) {
            limitBytes = Math.min(maxBytes, Math.min(wanted, limitBytes * 2));
        } else if (wasFull) {
            // Not when there was simply nothing to send.
            limitBytes = Math.max(minBytes, (limitBytes + wanted) / 2);
        }
        wasFull = false;
        intervalStartNs = nowNs;
        if (nowNs - bestSinceNs >= MEMORY_NS) {
            bestEarlierNs = bestNs;
            bestNs = Long.MAX_VALUE;
            peakEarlier = peak;
            peak = 0;
            bestSinceNs = nowNs;
        }
        if (nowNs - rateSinceNs >= RATE_MEMORY_NS) {
            rateEarlier = rate;
            rate = 0;
            rateSinceNs = nowNs;
        }
    }

    /** Bytes per nanosecond. */
    private double bestRate() {
        return Math.max(rate, rateEarlier);
    }

    /** The other target takes so much more than this one that it should not wait for it. */
    boolean isMuchSlowerThan(TargetWindow other, long nowNs) {
        double mine = Math.max(peak, peakEarlier);
        return inFlight > 0 && nowNs - answeredNs >= STALLED_NS || mine > 0 && mine * MUCH < Math.max(other.peak, other.peakEarlier);
    }

    /** Longest request that leaves the link to others soon enough. */
    long requestBytes() {
        long quickly = starting ? Math.min(FIRST_BYTES, (long) (bestRate() * QUEUE_NS)) : 0;
        return Math.max(quickly, limitBytes / REQUESTS);
    }

    long limitBytes() {
        return limitBytes;
    }

    int inFlight() {
        return inFlight;
    }

    long inFlightBytes() {
        return inFlightBytes;
    }
}
