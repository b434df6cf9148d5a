/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.block.filter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;
import org.netraid.block.BlockCommand;
import org.netraid.block.BlockDevice;
import org.netraid.block.BlockError;
import org.netraid.block.BlockRequest;
import org.netraid.sim.SimDisk;
import org.netraid.sim.SimDiskOptions;
import org.netraid.sim.SimLoop;
import org.netraid.sim.SimScheduler;

class FilterDeviceTest {

    private final SimScheduler sim = new SimScheduler(5);
    private final SimLoop loop = sim.loop("a");
    private final BlockDevice disk = new SimDisk(sim, "disk", SimDiskOptions.ofSize(1 << 20)).attach(loop);

    // FaultDevice

    @Test
    void shouldFailOnlyWhatTheRuleNames() {
        FaultDevice faulty = new FaultDevice(disk, loop);
        faulty.add(FaultRule.every(BlockCommand.WRITE).in(8192, 4096).after(1).times(2).with(BlockError.ENOSPC));
        assertThat(write(faulty, 0).error()).isEqualTo(BlockError.NONE);
        assertThat(write(faulty, 8192).error()).as("let through first").isEqualTo(BlockError.NONE);
        BlockRequest failed = write(faulty, 8192);
        assertThat(failed.error()).isEqualTo(BlockError.ENOSPC);
        assertThat(failed.errorDetail()).contains("disk", "4096 bytes at 8192");
        assertThat(read(faulty, 8192).error()).isEqualTo(BlockError.NONE);
        assertThat(write(faulty, 12288).error()).as("beside the range").isEqualTo(BlockError.NONE);
        assertThat(write(faulty, 8192).error()).isEqualTo(BlockError.ENOSPC);
        assertThat(write(faulty, 8192).error()).as("twice is enough").isEqualTo(BlockError.NONE);
        assertThat(faulty.failed()).isEqualTo(2);
    }

    @Test
    void shouldFailEverythingUntilClearedWhenTheDiskDies() {
        FaultDevice faulty = new FaultDevice(disk, loop);
        faulty.add(FaultRule.everything());
        assertThat(run(faulty, new BlockRequest().flush(done -> { })).error()).isEqualTo(BlockError.EIO);
        assertThat(read(faulty, 0).error()).isEqualTo(BlockError.EIO);
        faulty.clear();
        assertThat(run(faulty, new BlockRequest().flush(done -> { })).error()).isEqualTo(BlockError.NONE);
    }

    @Test
    void shouldNotCompleteInsideSubmitWhenFailing() {
        FaultDevice faulty = new FaultDevice(disk, loop);
        faulty.add(FaultRule.everything());
        BlockRequest request = new BlockRequest().flush(done -> { });
        faulty.submit(request);
        assertThat(request.isSubmitted()).isTrue();
        until(() -> !request.isSubmitted());
    }

    @Test
    void shouldRefuseARuleThatMakesNoSense() {
        assertThatThrownBy(() -> FaultRule.everything().with(BlockError.NONE)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> FaultRule.everything().in(-1, 5)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> FaultRule.everything().in(1, Long.MAX_VALUE)).isInstanceOf(ArithmeticException.class);
    }

    // DelayDevice

    @Test
    void shouldDelayByTheLoopsTime() {
        DelayDevice slow = new DelayDevice(disk, loop);
        slow.setDelayNs(50_000_000L);
        long startNs = loop.nanoTime();
        assertThat(write(slow, 0).error()).isEqualTo(BlockError.NONE);
        assertThat(loop.nanoTime() - startNs).isGreaterThanOrEqualTo(50_000_000L);
    }

    @Test
    void shouldNotTouchTheDiskWhileRequestsAreHeld() {
        DelayDevice hanging = new DelayDevice(disk, loop);
        hanging.holdRequests();
        BlockRequest held = new BlockRequest().write(0, filled(), 0, done -> { });
        hanging.submit(held);
        sim.runFor(1_000_000_000L);
        assertThat(held.isSubmitted()).isTrue();
        assertThat(hanging.heldCount()).isEqualTo(1);
        assertThat(content(disk)).isEqualTo((byte) 0);
        hanging.release();
        until(() -> !held.isSubmitted());
        assertThat(content(disk)).isEqualTo((byte) 7);
    }

    @Test
    void shouldHaveWrittenWhenOnlyTheCompletionIsHeld() {
        DelayDevice hanging = new DelayDevice(disk, loop);
        hanging.holdCompletions();
        BlockRequest held = new BlockRequest().write(0, filled(), 0, done -> { });
        hanging.submit(held);
        sim.runFor(1_000_000_000L);
        assertThat(held.isSubmitted()).isTrue();
        assertThat(content(disk)).isEqualTo((byte) 7);
        hanging.release();
        until(() -> !held.isSubmitted());
        assertThat(held.error()).isEqualTo(BlockError.NONE);
    }

    @Test
    void shouldLetHeldRequestsEndBeforeItCloses() {
        DelayDevice hanging = new DelayDevice(disk, loop);
        hanging.holdRequests();
        List<String> order = new ArrayList<>();
        hanging.submit(new BlockRequest().write(0, filled(), 0, done -> order.add("written " + done.error())));
        hanging.close(() -> order.add("closed"));
        until(() -> order.size() == 2);
        assertThat(order).containsExactly("written NONE", "closed");
    }

    // LogDevice

    @Test
    void shouldRecordTheLastRequestsOnly() {
        List<LogDevice.Entry> heard = new ArrayList<>();
        LogDevice log = new LogDevice(disk, loop, 2, heard::add);
        write(log, 0);
        write(log, 4096);
        read(log, 2 << 20);
        assertThat(log.submitted()).isEqualTo(3);
        assertThat(log.entries()).extracting(LogDevice.Entry::number).containsExactly(2L, 3L);
        assertThat(log.entries()).extracting(LogDevice.Entry::error).containsExactly(BlockError.NONE, BlockError.EINVAL);
        assertThat(log.entries().get(0).offsetBytes()).isEqualTo(4096);
        assertThat(heard).hasSize(3);
    }

    @Test
    void shouldRecordNothingWhenCapacityIsZero() {
        LogDevice log = new LogDevice(disk, loop, 0);
        write(log, 0);
        assertThat(log.entries()).isEmpty();
    }

    // Helpers

    private BlockRequest write(BlockDevice device, long offset) {
        return run(device, new BlockRequest().write(offset, filled(), 0, done -> { }));
    }

    private BlockRequest read(BlockDevice device, long offset) {
        return run(device, new BlockRequest().read(offset, ByteBuffer.allocate(4096), done -> { }));
    }

    private byte content(BlockDevice device) {
        ByteBuffer into = ByteBuffer.allocate(4096);
        run(device, new BlockRequest().read(0, into, done -> { }));
        return into.get(0);
    }

    private BlockRequest run(BlockDevice device, BlockRequest request) {
        device.submit(request);
        until(() -> !request.isSubmitted());
        return request;
    }

    private void until(BooleanSupplier condition) {
        assertThat(sim.runUntil(condition, 100_000)).isTrue();
    }

    private static ByteBuffer filled() {
        ByteBuffer data = ByteBuffer.allocate(4096);
        while (data.hasRemaining()) {
            data.put((byte) 7);
        }
        return data.flip();
    }
}
