/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.benchmarks;

import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.netraid.block.BlockError;
import org.netraid.fault.FaultPoints;
import org.netraid.intentlog.DiskIntentLog;
import org.netraid.intentlog.IntentLogConfig;
import org.netraid.intentlog.IntentLogLayout;
import org.netraid.intentlog.SlotState;
import org.netraid.intentlog.format.DirtyMapCodec;
import org.openjdk.jmh.annotations.AuxCounters;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** Heap of the log of a 16 TiB mirror with 7 targets, one per cent of random chunks dirty for each. Goal: at most 128 MiB. */
@State(Scope.Thread)
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 1)
@Measurement(iterations = 2)
public class IntentLogMemoryBenchmark {

    /** The result that matters, beside the time it takes to merge the seven maps. */
    @State(Scope.Thread)
    @AuxCounters(AuxCounters.Type.EVENTS)
    public static class Heap {
        public double mebibytes;
    }

    private final BenchLoop loop = new BenchLoop();
    private DiskIntentLog log;

    @Benchmark
    public long sevenTargets(Heap heap) {
        log = null;
        long before = usedBytes();
        IntentLogConfig config = IntentLogConfig.of(new UUID(1, 2), "bench", 16L << 40).withAlSlots(IntentLogLayout.roomFor(16L << 40));
        DiskIntentLog.create(new NullDisk(loop, config.layout().sizeBytes()), config, loop, FaultPoints.NONE,
                (opened, error) -> log = opened);
        loop.turn();
        for (int k = 0; k < DiskIntentLog.MAX_SLOTS; k++) {
            log.setSlot(k, "target-" + k, SlotState.STALE, error -> { });
            byte[] map = DirtyMapCodec.encode(DirtyMapBenchmark.onePerCent(k, 1), config.chunkBytes(), config.deviceSizeBytes());
            if (log.mergeDirty(1 << k, map, error -> { }) != BlockError.NONE) {
                throw new IllegalStateException("the map was refused");
            }
            loop.turn();
        }
        heap.mebibytes = (usedBytes() - before) / 1048576.0;
        return log.dirtyChunks(6);
    }

    private static long usedBytes() {
        for (int i = 0; i < 3; i++) {
            System.gc();
        }
        return Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
    }
}
