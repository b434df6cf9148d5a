/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.resync;

/**
 * How many bytes may be on their way to one target: what its link and disk hold without a queue, and a little more to find out whether they
 * hold more. A queue would gain nothing, and the application's writes would wait behind it.
 *
 * <p>After each interval the window becomes rate × (shortest answer + {@link #QUEUE_NS}): a link with room answers as fast as ever and the
 * window grows; one that is full answers later and it shrinks (the idea of TCP Vegas and FAST). Pure: time is passed in.
 */
final class TargetWindow {

    /** Time that an answer may spend in queues. */
    static final long QUEUE_NS = 25_000_000L;
    private static final long INTERVAL_NS = 50_000_000L;
    /** The shortest answer is forgotten after this time, since paths and disks change. */
    private static final long MEMORY_NS = 10_000_000_000L;

    private final long minBytes;
    private final long maxBytes;
    private long limitBytes;
    private long inFlightBytes;
    private int inFlight;
    private boolean wasFull;
    private long intervalStartNs;
    private long deliveredBytes;
    private long bestNs = Long.MAX_VALUE;
    private long bestEarlierNs = Long.MAX_VALUE;
    private long bestSinceNs;

    TargetWindow(long minBytes, long maxBytes, long nowNs) {
        this.minBytes = minBytes;
        this.maxBytes = Math.max(minBytes, maxBytes);
        this.limitBytes = Math.max(minBytes, Math.min(this.maxBytes, 4 << 20));
        this.intervalStartNs = nowNs;
        this.bestSinceNs = nowNs;
    }

    boolean hasRoom() {
        boolean room = inFlight == 0 || inFlightBytes < limitBytes;
        wasFull |= !room;
        return room;
    }

    /** Less than half full: the target would soon have nothing to do. */
    boolean isStarving() {
        return inFlightBytes * 2 < limitBytes;
    }

    void sent(long bytes) {
        inFlightBytes += bytes;
        inFlight++;
    }

    /** Ended without an answer. */
    void dropped(long bytes) {
        inFlightBytes -= bytes;
        inFlight--;
    }

    void answered(long bytes, long durationNs, long nowNs) {
        dropped(bytes);
        deliveredBytes += bytes;
        bestNs = Math.min(bestNs, durationNs);
        if (nowNs - intervalStartNs >= INTERVAL_NS) {
            adapt(nowNs);
        }
    }

    private void adapt(long nowNs) {
        double bytesPerNs = (double) deliveredBytes / (nowNs - intervalStartNs);
        long wanted = (long) (bytesPerNs * (Math.min(bestNs, bestEarlierNs) + QUEUE_NS));
        if (wanted > limitBytes) {
            limitBytes = Math.min(maxBytes, Math.min(wanted, limitBytes * 2));
        } else if (wasFull) {
            // Not when there was simply nothing to send.
            limitBytes = Math.max(minBytes, (limitBytes + wanted) / 2);
        }
        wasFull = false;
        deliveredBytes = 0;
        intervalStartNs = nowNs;
        if (nowNs - bestSinceNs >= MEMORY_NS) {
            bestEarlierNs = bestNs;
            bestNs = Long.MAX_VALUE;
            bestSinceNs = nowNs;
        }
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
