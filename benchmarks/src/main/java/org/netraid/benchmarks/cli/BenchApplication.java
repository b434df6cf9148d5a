/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.benchmarks.cli;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.locks.LockSupport;
import org.netraid.block.BlockDevice;
import org.netraid.block.BlockRequest;
import org.netraid.time.EventLoop;

/**
 * Writes 4 KiB at random places of a device: so many per second whatever becomes of them (open loop), or at a depth as fast as they end.
 * Times count from the moment a write was due.
 */
final class BenchApplication {

    private static final int WRITE_BYTES = 4096;
    private static final int MAX_SAMPLES = 10_000_000;

    private final EventLoop loop;
    private final BlockDevice device;
    private final SplittableRandom random = new SplittableRandom(3);
    private final long[] samplesNs = new long[MAX_SAMPLES];
    private int samples;
    private volatile boolean stopped;

    BenchApplication(EventLoop loop, BlockDevice device) {
        this.loop = loop;
        this.device = device;
    }

    /** Writes until the time is over, or {@link #stop} is called. Blocks. @return 99th percentile in ns */
    long runAtRate(int writesPerSecond, double seconds) {
        long startNs = System.nanoTime();
        long endNs = startNs + (long) (seconds * 1e9);
        long gapNs = 1_000_000_000L / writesPerSecond;
        int from = samples;
        for (long dueNs = startNs; dueNs < endNs && !stopped; dueNs += gapNs) {
            while (System.nanoTime() < dueNs) {
                LockSupport.parkNanos(dueNs - System.nanoTime());
            }
            long due = dueNs;
            BlockRequest request = new BlockRequest();
            ByteBuffer data = ByteBuffer.allocateDirect(WRITE_BYTES);
            long offset = random.nextLong(device.geometry().sizeBytes() / WRITE_BYTES) * WRITE_BYTES;
            loop.execute(() -> device.submit(request.write(offset, data, 0, ended -> record(due))));
        }
        LockSupport.parkNanos(50_000_000);
        return quantile(from, 0.99);
    }

    /** Keeps so many writes under way until {@link #stop}; returns when all have ended. @return writes per second */
    double runAtDepth(int depth) throws InterruptedException {
        long startNs = System.nanoTime();
        int from = samples;
        CountDownLatch ended = new CountDownLatch(depth);
        loop.execute(() -> {
            for (int i = 0; i < depth; i++) {
                next(new BlockRequest(), ByteBuffer.allocateDirect(WRITE_BYTES), ended);
            }
        });
        ended.await();
        return (samples - from) / ((System.nanoTime() - startNs) / 1e9);
    }

    private void next(BlockRequest request, ByteBuffer data, CountDownLatch ended) {
        if (stopped) {
            ended.countDown();
            return;
        }
        long startNs = System.nanoTime();
        long offset = random.nextLong(device.geometry().sizeBytes() / WRITE_BYTES) * WRITE_BYTES;
        device.submit(request.write(offset, data.clear(), 0, done -> {
            record(startNs);
            next(request, data, ended);
        }));
    }

    private synchronized void record(long sinceNs) {
        if (samples < MAX_SAMPLES) {
            samplesNs[samples++] = System.nanoTime() - sinceNs;
        }
    }

    synchronized long quantile(int from, double share) {
        long[] sorted = Arrays.copyOfRange(samplesNs, from, samples);
        Arrays.sort(sorted);
        return sorted.length == 0 ? 0 : sorted[(int) Math.min(sorted.length - 1, sorted.length * share)];
    }

    synchronized int samples() {
        return samples;
    }

    void stop() {
        stopped = true;
    }
}
