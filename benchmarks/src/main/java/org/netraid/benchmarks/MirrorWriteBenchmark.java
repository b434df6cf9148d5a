/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.benchmarks;

import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.netraid.block.BlockCompletion;
import org.netraid.block.BlockRequest;
import org.netraid.fault.FaultPoints;
import org.netraid.intentlog.DiskIntentLog;
import org.netraid.intentlog.IntentLogConfig;
import org.netraid.intentlog.SlotState;
import org.netraid.mirror.LegConfig;
import org.netraid.mirror.LegState;
import org.netraid.mirror.Mirror;
import org.netraid.mirror.MirrorConfig;
import org.netraid.mirror.ReplicationProtocol;
import org.netraid.mirror.TargetCopy;
import org.openjdk.jmh.annotations.AuxCounters;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * One 4 KiB write through the whole mirror, hot in the intent log, to devices that keep nothing: what the engine itself
 * costs. {@code threadBytes} is what the thread that writes has allocated in an iteration, by the JVM's own count; what {@code -prof gc}
 * shows per write has JMH's own threads and the compilers in it, some KiB per second.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 3, time = 1)
@Fork(1)
public class MirrorWriteBenchmark {

    private static final long SIZE_BYTES = 64 << 20;
    private static final int WRITE_BYTES = 4096;
    private static final int DEPTH = 32;

    /** Targets of the mirror. */
    @Param({"1", "7"})
    public int targets;

    /** Protocol of every target. */
    @Param({"C", "A"})
    public String protocol;

    /** Counted by the JVM, exactly. */
    @State(Scope.Thread)
    @AuxCounters(AuxCounters.Type.EVENTS)
    public static class Allocated {
        private static final com.sun.management.ThreadMXBean THREADS =
                (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();

        public long threadBytes;
        private long before;

        @Setup(Level.Iteration)
        public void begin() {
            before = THREADS.getThreadAllocatedBytes(Thread.currentThread().getId());
        }

        @TearDown(Level.Iteration)
        public void end() {
            threadBytes = THREADS.getThreadAllocatedBytes(Thread.currentThread().getId()) - before;
        }
    }

    private BenchLoop loop;
    private DiskIntentLog log;
    private Mirror mirror;
    private final BlockRequest[] requests = new BlockRequest[DEPTH];
    private final ByteBuffer[] buffers = new ByteBuffer[DEPTH];
    private final BlockCompletion ended = this::ended;
    private int open;
    private long offset;

    @Setup
    public void open() {
        loop = new BenchLoop();
        DiskIntentLog.create(new NullDisk(loop, 64 << 20), IntentLogConfig.of(new UUID(1, 1), "bench", SIZE_BYTES), loop,
                FaultPoints.NONE, (opened, error) -> log = opened);
        while (log == null) {
            loop.turn();
        }
        for (int slot = 0; slot < targets; slot++) {
            log.setSlot(slot, "node" + slot, SlotState.TRACKING, error -> { });
        }
        mirror = new Mirror(MirrorConfig.of("bench", "source"), new NullDisk(loop, SIZE_BYTES), log, loop, FaultPoints.NONE);
        for (int slot = 0; slot < targets; slot++) {
            mirror.addLeg(new LegConfig(slot, "node" + slot, "system" + slot, ReplicationProtocol.valueOf(protocol),
                    LegConfig.DEFAULT_TIMEOUT_NS));
            mirror.connectLeg(slot, new NullDisk(loop, SIZE_BYTES), TargetCopy.foreign(true));
            if (mirror.legState(slot) != LegState.IN_SYNC) {
                throw new IllegalStateException("leg " + slot + " is " + mirror.legState(slot));
            }
        }
        for (int i = 0; i < DEPTH; i++) {
            requests[i] = new BlockRequest();
            buffers[i] = ByteBuffer.allocateDirect(WRITE_BYTES);
        }
    }

    private void write(int i) {
        offset = offset + 37 * WRITE_BYTES & SIZE_BYTES - 1;
        buffers[i].clear();
        open++;
        mirror.submit(requests[i].write(offset, buffers[i], 0, ended));
    }

    private void ended(BlockRequest request) {
        if (request.error().isError()) {
            throw new IllegalStateException(request.toString());
        }
        open--;
    }

    private void finish() {
        while (open > 0) {
            loop.turn();
        }
    }

    /** One write at a time. */
    @Benchmark
    public void depth1(Allocated allocated) {
        write(0);
        finish();
    }

    /** 32 writes at a time; cost per write. */
    @Benchmark
    @OperationsPerInvocation(DEPTH)
    public void depth32(Allocated allocated) {
        for (int i = 0; i < DEPTH; i++) {
            write(i);
        }
        finish();
    }
}
