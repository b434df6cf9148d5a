/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.block.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.netraid.block.io.Until.until;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.netraid.block.BlockError;
import org.netraid.block.BlockGeometry;
import org.netraid.block.BlockRequest;
import org.netraid.block.ExtentList;
import org.netraid.time.EventLoop;

/** A write that nobody waits for yet does not wake the loop, and is never forgotten once somebody does. */
class PatientWriteTest {

    private final SleepyLoop loop = new SleepyLoop();
    private final HeldDisk disk = new HeldDisk();
    private final DiskWorkers workers = new DiskWorkers("patient", 2);
    private FileBlockDevice device;

    @BeforeEach
    void open() throws Exception {
        device = new FileBlockDevice("held", new BlockGeometry(1 << 20, 1, 4096, 1 << 20),
                FileDeviceOptions.DEFAULT.withMode(FileDeviceOptions.Mode.WORKERS), disk, loop, workers);
    }

    @AfterEach
    void close() {
        disk.mayEnd.release(1000);
        boolean[] closed = new boolean[1];
        device.close(() -> closed[0] = true);
        until(() -> {
            loop.turn();
            return closed[0];
        });
        workers.close();
    }

    @Test
    void shouldNotWakeTheLoop() {
        BlockRequest write = submit(BlockRequest.PATIENT);
        loop.turn();
        int wakes = loop.wakes.get();
        disk.mayEnd.release();
        until(() -> !loop.tasks.isEmpty());
        assertThat(loop.wakes.get()).isEqualTo(wakes);
        loop.turn();
        assertThat(write.isSubmitted()).isFalse();
    }

    @Test
    void shouldWakeTheLoopOnceHurried() {
        BlockRequest write = submit(BlockRequest.PATIENT);
        loop.turn();
        device.hurry();
        endsWithAWake(write);
    }

    @Test
    void shouldTellAtOnceWhatHasEndedBeforeTheHaste() {
        BlockRequest write = submit(BlockRequest.PATIENT);
        loop.turn();
        disk.mayEnd.release();
        until(() -> disk.ended.get() == 1 && !loop.tasks.isEmpty());
        device.hurry();
        assertThat(write.isSubmitted()).as("never inside the call").isTrue();
        loop.turn();
        assertThat(write.isSubmitted()).isFalse();
    }

    @Test
    void shouldBePatientAgainOnceTheWorkersAreIdle() {
        BlockRequest first = submit(BlockRequest.PATIENT);
        loop.turn();
        device.hurry();
        endsWithAWake(first);
        submit(BlockRequest.PATIENT);
        loop.turn();
        int wakes = loop.wakes.get();
        disk.mayEnd.release();
        until(() -> !loop.tasks.isEmpty());
        assertThat(loop.wakes.get()).isEqualTo(wakes);
    }

    @Test
    void shouldWakeTheLoopForAnErrorAndForWhatAnotherWaitsFor() {
        disk.fails = true;
        BlockRequest failing = submit(BlockRequest.PATIENT);
        loop.turn();
        endsWithAWake(failing);
        assertThat(failing.error()).isEqualTo(BlockError.EIO);
        disk.fails = false;
        endsWithAWake(submit(BlockRequest.PATIENT | BlockRequest.FUA));
        submit(BlockRequest.PATIENT);
        BlockRequest impatient = submit(0);
        loop.turn();
        disk.mayEnd.release();
        endsWithAWake(impatient);
    }

    @Test
    void shouldLoseNoneWhenHasteAndTheEndsRace() {
        disk.mayEnd.release(1 << 20);
        for (int round = 0; round < 5_000; round++) {
            BlockRequest first = submit(BlockRequest.PATIENT);
            BlockRequest second = submit(BlockRequest.PATIENT);
            loop.turn();
            for (int spin = 0; spin < round % 200; spin++) {
                Thread.onSpinWait();
            }
            device.hurry();
            loop.turn();
            until(() -> {
                loop.turnIfAwake();
                return !first.isSubmitted() && !second.isSubmitted();
            });
        }
    }

    private void endsWithAWake(BlockRequest request) {
        disk.mayEnd.release();
        until(() -> {
            loop.turnIfAwake();
            return !request.isSubmitted();
        });
    }

    private BlockRequest submit(int flags) {
        BlockRequest request = new BlockRequest().write(0, ByteBuffer.allocateDirect(512), flags, done -> { });
        device.submit(request);
        return request;
    }

    /** Driven by the test; knows whether somebody has woken it. */
    private static final class SleepyLoop implements EventLoop {
        final ConcurrentLinkedQueue<Runnable> tasks = new ConcurrentLinkedQueue<>();
        final AtomicInteger wakes = new AtomicInteger();
        private int seen;

        @Override
        public void execute(Runnable task) {
            tasks.add(task);
            wakes.incrementAndGet();
        }

        @Override
        public void executeLazily(Runnable task) {
            tasks.add(task);
        }

        void turnIfAwake() {
            if (wakes.get() != seen) {
                turn();
            }
        }

        /** Sleeps only when nothing is there. */
        void turn() {
            do {
                seen = wakes.get();
                for (Runnable task = tasks.poll(); task != null; task = tasks.poll()) {
                    task.run();
                }
            } while (wakes.get() != seen || !tasks.isEmpty());
        }

        @Override
        public Timer schedule(long delayNs, Runnable task) {
            return () -> { }; // the lane of writes looks after those that hang; none does here
        }

        @Override
        public long nanoTime() {
            return 0;
        }
    }

    /** Its writes end when the test says so. */
    private static final class HeldDisk implements RawDisk {
        final Semaphore mayEnd = new Semaphore(0);
        final AtomicInteger ended = new AtomicInteger();
        volatile boolean fails;

        @Override
        public void write(ByteBuffer from, long offsetBytes) throws IOException {
            mayEnd.acquireUninterruptibly();
            ended.incrementAndGet();
            if (fails) {
                throw new IOException("held disk fails");
            }
        }

        @Override
        public void read(ByteBuffer into, long offsetBytes) {
        }

        @Override
        public void sync() {
        }

        @Override
        public void trim(long offsetBytes, long lengthBytes) {
        }

        @Override
        public void zero(long offsetBytes, long lengthBytes, int flags) {
        }

        @Override
        public void extents(long offsetBytes, long lengthBytes, boolean one, ExtentList into) {
        }

        @Override
        public void close() {
        }
    }
}
