/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.sim.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.netraid.block.BlockCapability;
import org.netraid.block.BlockCommand;
import org.netraid.block.BlockDevice;
import org.netraid.block.BlockError;
import org.netraid.block.BlockRequest;
import org.netraid.block.ChunkHash;
import org.netraid.block.ExtentList;

/**
 * What every {@link BlockDevice} owes its submitter. A test class of an implementation extends this and says how to open a fresh
 * device and how to run things on its loop, simulated or real.
 */
public abstract class BlockDeviceContract {

    /** A unit that every device takes. */
    private static final int UNIT = 4096;

    private BlockDevice device;

    /** A fresh writable device of at least 256 KiB that reads as zeros and takes aligned requests of 4 to 64 KiB. */
    protected abstract BlockDevice open() throws Exception;

    /** Runs the task on the device's loop; returns when it has run. */
    protected abstract void onLoop(Runnable task) throws Exception;

    /** Lets the loop work until the condition, which is evaluated on the loop or safely from here, holds; fails after a bound. */
    protected abstract void until(BooleanSupplier condition) throws Exception;

    /** Releases what {@link #open} made beyond the device; the device itself is closed by then. */
    protected void tearDown() throws Exception {
    }

    @BeforeEach
    void openDevice() throws Exception {
        device = open();
    }

    @AfterEach
    void closeDevice() throws Exception {
        if (device != null) {
            close();
        }
        tearDown();
    }

    private void close() throws Exception {
        BlockDevice closing = device;
        device = null;
        AtomicInteger closed = new AtomicInteger();
        onLoop(() -> closing.close(closed::incrementAndGet));
        until(() -> closed.get() > 0);
        assertThat(closed.get()).isEqualTo(1);
    }

    @Test
    void shouldReadBackWhatWasWrittenAndZerosElsewhere() throws Exception {
        byte[] data = pattern(3 * UNIT, 1);
        assertThat(run(write(UNIT, data, 0))).isEqualTo(BlockError.NONE);
        assertThat(read(0, UNIT)).containsOnly(0);
        assertThat(read(UNIT, 3 * UNIT)).isEqualTo(data);
        assertThat(read(4L * UNIT, UNIT)).containsOnly(0);
    }

    @Test
    void shouldReadAndWriteTheLastUnit() throws Exception {
        long offset = device.geometry().sizeBytes() / UNIT * UNIT - UNIT;
        byte[] data = pattern(UNIT, 2);
        assertThat(run(write(offset, data, 0))).isEqualTo(BlockError.NONE);
        assertThat(read(offset, UNIT)).isEqualTo(data);
    }

    @Test
    void shouldUseTheBufferBetweenPositionAndLimitOnly() throws Exception {
        ByteBuffer buffer = ByteBuffer.allocate(3 * UNIT);
        buffer.put(pattern(3 * UNIT, 3)).position(UNIT).limit(2 * UNIT);
        assertThat(run(new Tracked().write(0, buffer, 0))).isEqualTo(BlockError.NONE);
        ByteBuffer into = ByteBuffer.allocate(3 * UNIT).position(UNIT).limit(2 * UNIT);
        assertThat(run(new Tracked().read(0, into))).isEqualTo(BlockError.NONE);
        byte[] all = into.array();
        byte[] expected = pattern(3 * UNIT, 3);
        for (int i = 0; i < all.length; i++) {
            assertThat(all[i]).isEqualTo(i >= UNIT && i < 2 * UNIT ? expected[i] : 0);
        }
    }

    @Test
    void shouldTakeDirectBuffers() throws Exception {
        byte[] data = pattern(UNIT, 4);
        ByteBuffer from = ByteBuffer.allocateDirect(UNIT).put(data).flip();
        assertThat(run(new Tracked().write(UNIT, from, 0))).isEqualTo(BlockError.NONE);
        ByteBuffer into = ByteBuffer.allocateDirect(UNIT);
        assertThat(run(new Tracked().read(UNIT, into))).isEqualTo(BlockError.NONE);
        byte[] got = new byte[UNIT];
        into.get(0, got);
        assertThat(got).isEqualTo(data);
    }

    @Test
    void shouldCompleteEachRequestExactlyOnceAndNeverInsideSubmit() throws Exception {
        List<Tracked> all = new ArrayList<>();
        for (int i = 0; i < 16; i++) {
            all.add(write((long) i * UNIT, pattern(UNIT, i), 0));
            all.add(new Tracked().read((long) (i + 16) * UNIT, ByteBuffer.allocate(UNIT)));
        }
        all.add(new Tracked().read(device.geometry().sizeBytes(), ByteBuffer.allocate(UNIT)));
        onLoop(() -> all.forEach(tracked -> tracked.submitTo(device)));
        until(() -> all.stream().allMatch(Tracked::isDone));
        Tracked last = new Tracked().read(0, ByteBuffer.allocate(UNIT));
        run(last);
        for (Tracked tracked : all) {
            assertThat(tracked.completions.get()).isEqualTo(1);
            assertThat(tracked.completedInsideSubmit).isFalse();
        }
    }

    @Test
    void shouldLetTheSubmitterReuseTheRequestInsideItsCompletion() throws Exception {
        AtomicInteger rounds = new AtomicInteger();
        ByteBuffer buffer = ByteBuffer.allocate(UNIT);
        BlockDevice target = device;
        onLoop(() -> resubmit(target, new BlockRequest(), buffer, rounds));
        until(() -> rounds.get() == 10);
    }

    private static void resubmit(BlockDevice target, BlockRequest request, ByteBuffer buffer, AtomicInteger rounds) {
        buffer.clear();
        request.read(0, buffer, done -> {
            if (rounds.incrementAndGet() < 10) {
                resubmit(target, done, buffer, rounds);
            }
        });
        target.submit(request);
    }

    @Test
    void shouldReadZerosAfterWriteZeroes() throws Exception {
        assumeTrue(device.can(BlockCapability.WRITE_ZEROES));
        assertThat(run(write(0, pattern(4 * UNIT, 5), 0))).isEqualTo(BlockError.NONE);
        assertThat(run(new Tracked().other(BlockCommand.WRITE_ZEROES, UNIT, 2L * UNIT, 0))).isEqualTo(BlockError.NONE);
        assertThat(run(new Tracked().other(BlockCommand.WRITE_ZEROES, 3L * UNIT, UNIT, BlockRequest.NO_HOLE)))
                .isEqualTo(BlockError.NONE);
        assertThat(read(UNIT, 3 * UNIT)).containsOnly(0);
        assertThat(read(0, UNIT)).isNotEqualTo(new byte[UNIT]);
    }

    @Test
    void shouldKeepTheNeighboursOfATrim() throws Exception {
        assumeTrue(device.can(BlockCapability.TRIM));
        byte[] data = pattern(3 * UNIT, 6);
        assertThat(run(write(0, data, 0))).isEqualTo(BlockError.NONE);
        assertThat(run(new Tracked().other(BlockCommand.TRIM, UNIT, UNIT, 0))).isEqualTo(BlockError.NONE);
        assertThat(read(0, UNIT)).isEqualTo(pattern(UNIT, 6));
        assertThat(read(2L * UNIT, UNIT)).isEqualTo(Arrays.copyOfRange(data, 2 * UNIT, 3 * UNIT));
    }

    @Test
    void shouldFlushAndTakeFua() throws Exception {
        assumeTrue(device.can(BlockCapability.FLUSH));
        byte[] data = pattern(UNIT, 7);
        assertThat(run(write(0, data, device.can(BlockCapability.FUA) ? BlockRequest.FUA : 0))).isEqualTo(BlockError.NONE);
        assertThat(run(new Tracked().other(BlockCommand.FLUSH, 0, 0, 0))).isEqualTo(BlockError.NONE);
        assertThat(read(0, UNIT)).isEqualTo(data);
    }

    @Test
    void shouldAnswerRequestsBeyondTheEndWithErrorsAndLiveOn() throws Exception {
        long size = device.geometry().sizeBytes();
        assertThat(run(new Tracked().read(size, ByteBuffer.allocate(UNIT)))).isEqualTo(BlockError.EINVAL);
        assertThat(run(new Tracked().read(Long.MAX_VALUE - UNIT + 1, ByteBuffer.allocate(UNIT)))).isEqualTo(BlockError.EINVAL);
        assertThat(run(write(size, pattern(UNIT, 8), 0))).isEqualTo(BlockError.ENOSPC);
        assertThat(run(write(size / UNIT * UNIT - UNIT, pattern(2 * UNIT, 8), 0))).isEqualTo(BlockError.ENOSPC);
        if (device.can(BlockCapability.WRITE_ZEROES)) {
            assertThat(run(new Tracked().other(BlockCommand.WRITE_ZEROES, 0, Long.MAX_VALUE / UNIT * UNIT, 0)))
                    .isEqualTo(BlockError.ENOSPC);
        }
        if (device.can(BlockCapability.TRIM)) {
            assertThat(run(new Tracked().other(BlockCommand.TRIM, size, UNIT, 0))).isEqualTo(BlockError.EINVAL);
        }
        assertThat(read(0, UNIT)).containsOnly(0);
    }

    @Test
    void shouldRefuseUnalignedRequestsWhenTheGeometryIsCoarse() throws Exception {
        int block = device.geometry().minBlockBytes();
        assumeTrue(block > 1);
        assertThat(run(new Tracked().read(block / 2, ByteBuffer.allocate(block)))).isEqualTo(BlockError.EINVAL);
        assertThat(run(write(0, pattern(block / 2, 9), 0))).isEqualTo(BlockError.EINVAL);
    }

    @Test
    void shouldGiveAReasonWithEveryError() throws Exception {
        Tracked bad = new Tracked().read(device.geometry().sizeBytes(), ByteBuffer.allocate(UNIT));
        run(bad);
        assertThat(bad.request.errorDetail()).isNotBlank();
    }

    @Test
    void shouldEndRunningRequestsThenCloseThenRefuseLaterOnes() throws Exception {
        BlockDevice target = device;
        device = null;
        List<Tracked> running = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            running.add(write((long) i * UNIT, pattern(UNIT, i), 0));
        }
        AtomicInteger closed = new AtomicInteger();
        AtomicInteger doneAtClose = new AtomicInteger();
        Tracked late = new Tracked().read(0, ByteBuffer.allocate(UNIT));
        onLoop(() -> {
            running.forEach(tracked -> tracked.submitTo(target));
            target.close(() -> {
                doneAtClose.set((int) running.stream().filter(Tracked::isDone).count());
                closed.incrementAndGet();
            });
            assertThat(closed.get()).as("closed runs later").isZero();
            late.submitTo(target);
        });
        until(() -> closed.get() > 0 && late.isDone());
        assertThat(doneAtClose.get()).isEqualTo(8);
        assertThat(late.request.error()).isEqualTo(BlockError.ESHUTDOWN);
        assertThat(closed.get()).isEqualTo(1);
    }

    @Test
    void shouldReportNoZerosWhereDataIsAndCoverTheRangeInOrder() throws Exception {
        assumeTrue(device.can(BlockCapability.EXTENTS));
        assertThat(run(write(2L * UNIT, pattern(3 * UNIT, 1), 0))).isEqualTo(BlockError.NONE);
        assertThat(run(write(20L * UNIT, pattern(UNIT, 1), 0))).isEqualTo(BlockError.NONE);
        int length = 40 * UNIT;
        byte[] content = read(0, length);
        ExtentList list = new ExtentList(100);
        for (int at = 0; at < length; ) {
            assertThat(run(new Tracked().extents(at, length - at, 0, list))).isEqualTo(BlockError.NONE);
            assertThat(list.totalBytes()).isBetween(1L, (long) length - at);
            for (int i = 0; i < list.count(); i++) {
                int end = at + (int) list.lengthBytes(i);
                if ((list.status(i) & ExtentList.ZERO) != 0) {
                    assertThat(Arrays.copyOfRange(content, at, end)).containsOnly(0);
                }
                at = end;
            }
        }
        assertThat(run(new Tracked().extents(UNIT, length, BlockRequest.ONE_EXTENT, list))).isEqualTo(BlockError.NONE);
        assertThat(list.count()).isEqualTo(1);
        assertThat(run(new Tracked().extents(device.geometry().sizeBytes(), UNIT, 0, list))).isEqualTo(BlockError.EINVAL);
    }

    @Test
    void shouldHonourABarrierOrRefuseIt() throws Exception {
        BlockError error = run(new Tracked().other(BlockCommand.BARRIER, 0, 0, 0));
        assertThat(error == BlockError.NONE).as("a barrier without the capability must not pass for one: " + error)
                .isEqualTo(device.can(BlockCapability.BARRIER));
    }

    @Test
    void shouldHashEachChunkAsItWouldRead() throws Exception {
        assumeTrue(device.can(BlockCapability.CHECKSUM));
        assertThat(run(write(2L * UNIT, pattern(3 * UNIT, 1), 0))).isEqualTo(BlockError.NONE);
        int size = (int) Math.min(device.geometry().sizeBytes(), 1 << 20);
        for (int[] ask : new int[][] {{0, UNIT, UNIT}, {UNIT, 7 * UNIT, UNIT}, {0, size, 64 << 10}, {UNIT, 5 * UNIT, 2 * UNIT}}) {
            ByteBuffer hashes = ByteBuffer.allocateDirect(ChunkHash.hashesBytes(ask[1], ask[2]) + 3).position(3);
            assertThat(run(new Tracked().checksum(ask[0], ask[1], ask[2], hashes))).isEqualTo(BlockError.NONE);
            for (int at = 0, index = 3; at < ask[1]; at += ask[2], index += ChunkHash.BYTES) {
                byte[] chunk = read(ask[0] + at, Math.min(ask[2], ask[1] - at));
                byte[] expected = Arrays.copyOf(MessageDigest.getInstance("SHA-512/256").digest(chunk), 16);
                byte[] got = new byte[16];
                hashes.get(index, got);
                assertThat(got).as("chunk at %d", ask[0] + at).isEqualTo(expected);
            }
        }
        ByteBuffer one = ByteBuffer.allocateDirect(ChunkHash.BYTES);
        assertThat(run(new Tracked().checksum(device.geometry().sizeBytes(), UNIT, UNIT, one))).isEqualTo(BlockError.EINVAL);
    }

    // ---- helpers

    /** A request and what became of it. */
    private static final class Tracked {
        final BlockRequest request = new BlockRequest();
        final AtomicInteger completions = new AtomicInteger();
        private boolean submitting;
        volatile boolean completedInsideSubmit;

        Tracked write(long offset, ByteBuffer from, int flags) {
            request.write(offset, from, flags, this::completed);
            return this;
        }

        Tracked read(long offset, ByteBuffer into) {
            request.read(offset, into, this::completed);
            return this;
        }

        Tracked other(BlockCommand command, long offset, long length, int flags) {
            request.set(command, offset, length, flags, null, this::completed);
            return this;
        }

        Tracked checksum(long offset, long length, int chunk, ByteBuffer into) {
            request.checksum(offset, length, chunk, into, this::completed);
            return this;
        }

        Tracked extents(long offset, long length, int flags, ExtentList into) {
            request.extents(offset, length, flags, into, this::completed);
            return this;
        }

        void submitTo(BlockDevice target) {
            submitting = true;
            target.submit(request);
            submitting = false;
        }

        private void completed(BlockRequest done) {
            completedInsideSubmit |= submitting;
            completions.incrementAndGet();
        }

        boolean isDone() {
            return completions.get() > 0;
        }
    }

    private static Tracked write(long offset, byte[] data, int flags) {
        return new Tracked().write(offset, ByteBuffer.wrap(data), flags);
    }

    private BlockError run(Tracked tracked) throws Exception {
        BlockDevice target = device;
        onLoop(() -> tracked.submitTo(target));
        until(tracked::isDone);
        return tracked.request.error();
    }

    private byte[] read(long offset, int length) throws Exception {
        ByteBuffer into = ByteBuffer.allocate(length);
        assertThat(run(new Tracked().read(offset, into))).isEqualTo(BlockError.NONE);
        return into.array();
    }

    private static byte[] pattern(int length, int salt) {
        byte[] bytes = new byte[length];
        for (int i = 0; i < length; i++) {
            bytes[i] = (byte) (i * 7 + i / 251 + salt + 1);
        }
        return bytes;
    }
}
