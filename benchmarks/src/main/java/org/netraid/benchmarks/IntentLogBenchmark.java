/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.benchmarks;

import java.util.SplittableRandom;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.netraid.block.BlockError;
import org.netraid.fault.FaultPoints;
import org.netraid.intentlog.DiskIntentLog;
import org.netraid.intentlog.IntentLogConfig;
import org.netraid.intentlog.IntentLogLayout;
import org.netraid.intentlog.IntentWaiter;
import org.netraid.intentlog.SlotState;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/** What the intent log adds to a write when the extent is hot, and when it is not but the disk costs nothing. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class IntentLogBenchmark {

    private static final int OFFSETS = 1 << 16;
    private static final IntentWaiter NOBODY = error -> { };

    /** Extents the writes are spread over, all hot. */
    @Param({"1", "1000", "6000", "60000"})
    public int hotExtents;

    private final BenchLoop loop = new BenchLoop();
    private final long[] offsets = new long[OFFSETS];
    private DiskIntentLog log;
    private int next;
    private int writesInEpoch;
    private int coldExtent;
    private boolean granted;

    @Setup
    public void setUp() {
        IntentLogConfig config = IntentLogConfig.of(new UUID(1, 2), "bench", 1L << 40).withAlSlots(IntentLogLayout.roomFor(1L << 40));
        DiskIntentLog.create(new NullDisk(loop, config.layout().sizeBytes()), config, loop, FaultPoints.NONE,
                (opened, error) -> log = opened);
        loop.turn();
        log.setSlot(0, "target", SlotState.TRACKING, NOBODY);
        log.targetConnected(0);
        for (int e = 0; e < hotExtents; e++) {
            begin((long) e * IntentLogLayout.EXTENT_BYTES);
            log.endWrite((long) e * IntentLogLayout.EXTENT_BYTES, 4096, 0);
        }
        SplittableRandom random = new SplittableRandom(1);
        for (int i = 0; i < OFFSETS; i++) {
            offsets[i] = random.nextLong((long) hotExtents * IntentLogLayout.EXTENT_BYTES / 4096) * 4096;
        }
        coldExtent = hotExtents;
    }

    /** One 4 KiB write in a hot extent. Goal: at most 150 ns, nothing allocated. */
    @Benchmark
    public void hotPair() {
        long offset = offsets[next++ & OFFSETS - 1];
        if (!log.beginWrite(offset, 4096, NOBODY)) {
            throw new IllegalStateException("the extent at " + offset + " is not hot");
        }
        log.endWrite(offset, 4096, 0);
        if (++writesInEpoch == 1000) {
            writesInEpoch = 0;
            flushed();
        }
    }

    private void flushed() {
        long epoch = log.closeEpoch();
        log.epochFlushed(DiskIntentLog.LOCAL, epoch);
        log.epochFlushed(0, epoch);
    }

    /** One write in a cold extent on a disk that takes no time: the log's own work for one commit. */
    @Benchmark
    public void coldWrite() {
        coldExtent = (coldExtent + 1) % 262_000;
        long offset = (long) coldExtent * IntentLogLayout.EXTENT_BYTES;
        begin(offset);
        log.endWrite(offset, 4096, 0);
        flushed();
    }

    private void begin(long offset) {
        granted = false;
        if (!log.beginWrite(offset, 4096, this::grant)) {
            while (!granted) {
                loop.turn();
            }
        }
    }

    private void grant(BlockError error) {
        granted = true;
    }
}
