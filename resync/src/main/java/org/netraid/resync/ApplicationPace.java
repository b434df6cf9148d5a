/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.resync;

import org.netraid.mirror.WriteLatency;

/** Measures the application's writes, asks {@link PaceController} how fast the resyncs may go beside them, and keeps them to it. */
final class ApplicationPace {

    private static final long ENOUGH_WRITES = 100;
    private static final long SHORTEST_NS = 100_000_000L;
    private static final long LONGEST_NS = 500_000_000L;

    private final WriteLatency latency;
    private final long[] before = new long[WriteLatency.BUCKETS];
    private final PaceController controller;
    private final ResyncRate rate;
    private long intervalStartNs;
    private long copiedBytes;
    private long lastBytesPerSecond;

    ApplicationPace(WriteLatency latency, ResyncConfig config, double burstSeconds, long nowNs) {
        this.latency = latency;
        this.controller = new PaceController(config.minBytesPerSecond(), config.maxBytesPerSecond());
        this.rate = new ResyncRate(0, burstSeconds, nowNs);
    }

    void limits(ResyncConfig config) {
        controller.limits(config.minBytesPerSecond(), config.maxBytesPerSecond());
        rate.set(controller.bytesPerSecond());
    }

    void start(long nowNs) {
        latency.copyTo(before);
        intervalStartNs = nowNs;
        copiedBytes = 0;
    }

    /** No resync copies any more. */
    void stop() {
        lastBytesPerSecond = 0;
        rate.set(0);
    }

    void onApplicationSeen(long nowNs) {
        if (controller.onApplicationSeen(nowNs, lastBytesPerSecond)) {
            rate.set(controller.bytesPerSecond());
        }
    }

    void onTick(long nowNs) {
        long elapsedNs = nowNs - intervalStartNs;
        long writes = latency.countSince(before);
        if (elapsedNs < SHORTEST_NS || writes > 0 && writes < ENOUGH_WRITES && elapsedNs < LONGEST_NS) {
            return;
        }
        lastBytesPerSecond = (long) (copiedBytes * 1e9 / elapsedNs);
        controller.onInterval(nowNs, writes, latency.quantileSince(before, 0.99), lastBytesPerSecond);
        rate.set(controller.bytesPerSecond());
        start(nowNs);
    }

    void noteCopied(long bytes) {
        copiedBytes += bytes;
    }

    long waitNs(long nowNs) {
        return rate.waitNs(nowNs);
    }

    void spend(long bytes) {
        rate.spend(bytes);
    }

    int requestBytes(int chunkBytes, int maxBytes) {
        return controller.requestBytes(chunkBytes, maxBytes);
    }

    /** 0 for no limit. */
    long bytesPerSecond() {
        return controller.bytesPerSecond();
    }

    long baselineNs() {
        return controller.baselineNs();
    }
}
