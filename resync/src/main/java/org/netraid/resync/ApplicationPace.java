/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.resync;

import org.netraid.mirror.WriteLatency;

/** Measures the application's writes, asks {@link PaceController} how fast the resyncs may go beside them, and keeps them to it. */
final class ApplicationPace {

    /** Until the next look while the resync is silent; its end comes with a tick. */
    private static final long SILENCE_NS = 50_000_000L;

    private final WriteLatency latency;
    private final boolean silence;
    private final long[] before = new long[WriteLatency.BUCKETS];
    private final PaceController controller;
    private final ResyncRate rate;
    private long intervalStartNs;
    private long copiedBytes;
    private long lastBytesPerSecond;

    ApplicationPace(WriteLatency latency, ResyncConfig config, double burstSeconds, long nowNs) {
        this.latency = latency;
        this.silence = config.silence();
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
            start(nowNs);
        }
    }

    void onTick(long nowNs) {
        long elapsedNs = nowNs - intervalStartNs;
        if (!controller.isIntervalOver(nowNs, elapsedNs, latency.countSince(before))) {
            return;
        }
        lastBytesPerSecond = (long) (copiedBytes * 1e9 / elapsedNs);
        controller.onInterval(nowNs, latency, before, lastBytesPerSecond);
        rate.set(controller.bytesPerSecond());
        start(nowNs);
    }

    void noteCopied(long bytes) {
        copiedBytes += bytes;
    }

    /** @return 0 if something may be copied now, else nanoseconds until that is to be asked again */
    long waitNs(long nowNs) {
        return silence && controller.isSilent() ? SILENCE_NS : rate.waitNs(nowNs);
    }

    void spend(long bytes) {
        rate.spend(bytes);
    }

    int requestBytes(int chunkBytes, int maxBytes) {
        return controller.requestBytes(chunkBytes, maxBytes);
    }

    /** It has written within the last second. */
    boolean isApplicationActive() {
        return controller.bytesPerSecond() > 0;
    }

    /** 0 for no limit. */
    long bytesPerSecond() {
        return controller.bytesPerSecond();
    }

    long baselineNs() {
        return controller.baselineNs();
    }
}
