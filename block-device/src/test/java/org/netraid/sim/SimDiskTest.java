/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.sim;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.Arrays;

import org.junit.jupiter.api.Test;
import org.netraid.block.BlockCommand;
import org.netraid.block.BlockDevice;
import org.netraid.block.BlockError;
import org.netraid.block.BlockRequest;

class SimDiskTest {

    private static final int SIZE = 64 << 10;

    private final SimScheduler sim = new SimScheduler(7);
    private final SimLoop loop = sim.loop("a");
    private final SimDisk disk = new SimDisk(sim, "disk", SimDiskOptions.ofSize(SIZE));
    private final BlockDevice device = disk.attach(loop);

    @Test
    void shouldKeepFlushedAndLoseUnflushedWritesWhenPowerIsCut() {
        run(device, write(0, 4096, 1, 0));
        run(device, new BlockRequest().flush(r -> { }));
        run(device, write(4096, 4096, 2, 0));
        assertThat(disk.hasUnflushed(4096, 1)).isTrue();
        loop.kill();
        disk.crash(CrashMode.POWER_CUT_ALL_LOST);
        assertThat(disk.content(0, 4096)).containsOnly(1);
        assertThat(disk.content(4096, 4096)).containsOnly(0);
    }

    @Test
    void shouldKeepAppliedWritesWhenOnlyTheProcessDies() {
        run(device, write(0, 4096, 1, 0));
        loop.kill();
        disk.crash(CrashMode.PROCESS_KILL);
        assertThat(disk.content(0, 4096)).containsOnly(1);
        assertThat(disk.durableContent(0, 4096)).containsOnly(0);
        disk.crash(CrashMode.POWER_CUT_ALL_LOST);
        assertThat(disk.content(0, 4096)).containsOnly(0);
    }

    @Test
    void shouldKeepFuaWriteOverOlderUnflushedWriteInEveryCrash() {
        for (long seed = 0; seed < 50; seed++) {
            SimScheduler each = new SimScheduler(seed);
            SimLoop node = each.loop("n");
            SimDisk medium = new SimDisk(each, "disk", SimDiskOptions.ofSize(SIZE));
            BlockDevice handle = medium.attach(node);
            run(each, handle, write(0, 2048, 1, 0));
            run(each, handle, write(512, 512, 2, BlockRequest.FUA));
            node.kill();
            medium.crash(CrashMode.POWER_CUT);
            assertThat(medium.content(512, 512)).as("seed %d", seed).containsOnly(2);
            assertThat(medium.content(0, 1)[0]).isIn((byte) 0, (byte) 1);
        }
    }

    @Test
    void shouldKeepTheLastOfTwoFuaWritesOverAnUnflushedOneWhenFlushed() {
        run(device, write(0, 1024, 1, 0));
        run(device, write(0, 2048, 2, BlockRequest.FUA));
        run(device, write(1024, 512, 3, BlockRequest.FUA));
        run(device, new BlockRequest().flush(r -> { }));
        assertThat(disk.durableContent(0, 1024)).containsOnly(2);
        assertThat(disk.durableContent(1024, 512)).containsOnly(3);
    }

    @Test
    void shouldTearBySectorsInSomeCrash() {
        boolean torn = false;
        for (long seed = 0; seed < 50; seed++) {
            SimScheduler each = new SimScheduler(seed);
            SimLoop node = each.loop("n");
            SimDisk medium = new SimDisk(each, "disk", SimDiskOptions.ofSize(SIZE));
            run(each, medium.attach(node), write(0, 4096, 1, 0));
            node.kill();
            medium.crash(CrashMode.POWER_CUT);
            byte[] left = medium.content(0, 4096);
            int kept = 0;
            for (int sector = 0; sector < 8; sector++) {
                byte[] bytes = Arrays.copyOfRange(left, sector * 512, sector * 512 + 512);
                assertThat(bytes).containsOnly(bytes[0]);
                kept += bytes[0];
            }
            torn |= kept > 0 && kept < 8;
        }
        assertThat(torn).isTrue();
    }

    @Test
    void shouldNotMakeDoomedDataDurableWhenFlushIsRetried() {
        int lost = 0;
        for (long seed = 0; seed < 20; seed++) {
            SimScheduler each = new SimScheduler(seed);
            SimLoop node = each.loop("n");
            SimDisk medium = new SimDisk(each, "disk", SimDiskOptions.ofSize(SIZE));
            BlockDevice handle = medium.attach(node);
            medium.fault().on(BlockCommand.FLUSH).once().fail(BlockError.EIO);
            run(each, handle, write(0, 512, 1, 0));
            assertThat(run(each, handle, new BlockRequest().flush(r -> { }))).isEqualTo(BlockError.EIO);
            assertThat(run(each, handle, new BlockRequest().flush(r -> { }))).isEqualTo(BlockError.NONE);
            lost += medium.durableContent(0, 1)[0] == 0 ? 1 : 0;
            assertThat(medium.content(0, 1)[0]).as("the cache still shows it").isEqualTo((byte) 1);
            medium.crash(CrashMode.POWER_CUT);
            assertThat(medium.content(0, 512)).isEqualTo(medium.durableContent(0, 512));
        }
        assertThat(lost).isBetween(1, 19);
    }

    @Test
    void shouldFailOnlyTheAreaAndTheTimesAsked() {
        disk.fault().on(BlockCommand.READ).area(4096, 512).times(2).fail(BlockError.EIO);
        assertThat(run(device, read(0, 4096))).isEqualTo(BlockError.NONE);
        assertThat(run(device, read(4096, 512))).isEqualTo(BlockError.EIO);
        assertThat(run(device, read(0, 8192))).isEqualTo(BlockError.EIO);
        assertThat(run(device, read(4096, 512))).isEqualTo(BlockError.NONE);
    }

    @Test
    void shouldHoldHungRequestUntilReleased() {
        disk.fault().on(BlockCommand.WRITE).once().hang();
        BlockRequest request = write(0, 512, 1, 0);
        device.submit(request);
        sim.runUntilIdle(1_000);
        assertThat(request.isSubmitted()).isTrue();
        assertThat(disk.hungCount()).isEqualTo(1);
        disk.releaseHung();
        sim.runUntilIdle(1_000);
        assertThat(request.isSubmitted()).isFalse();
        assertThat(disk.content(0, 512)).containsOnly(1);
    }

    @Test
    void shouldNeverCompleteWhenNodeIsDead() {
        BlockRequest request = write(0, 512, 1, 0);
        device.submit(request);
        loop.kill();
        disk.crash(CrashMode.POWER_CUT);
        sim.runUntilIdle(1_000);
        assertThat(request.isSubmitted()).isTrue();
    }

    @Test
    void shouldLandElsewhereWhenMisdirectedAndChangeOneBitWhenRotten() {
        disk.fault().on(BlockCommand.WRITE).once().misdirect(8192);
        assertThat(run(device, write(0, 512, 1, 0))).isEqualTo(BlockError.NONE);
        assertThat(disk.content(0, 512)).containsOnly(0);
        assertThat(disk.content(8192, 512)).containsOnly(1);
        disk.rot(0, 3);
        assertThat(disk.content(0, 1)[0]).isEqualTo((byte) 8);
    }

    @Test
    void shouldCompareDisksByRange() {
        SimDisk other = new SimDisk(sim, "other", SimDiskOptions.ofSize(SIZE));
        run(device, write(4096, 512, 1, 0));
        assertThat(disk.equalContent(other, 0, 4096)).isTrue();
        assertThat(disk.equalContent(other, 4096, 4096)).isFalse();
        assertThat(disk.equalDurable(other, 0, SIZE)).isTrue();
    }

    @Test
    void shouldGiveSameTraceForSameSeedAndAnotherForAnother() {
        assertThat(traceOf(1)).isEqualTo(traceOf(1)).isNotEqualTo(traceOf(2));
    }

    private static long traceOf(long seed) {
        SimScheduler each = new SimScheduler(seed);
        SimLoop node = each.loop("n");
        SimDisk medium = new SimDisk(each, "disk", SimDiskOptions.ofSize(SIZE));
        BlockDevice handle = medium.attach(node);
        for (int i = 0; i < 20; i++) {
            handle.submit(write(i * 512, 1024, i, 0));
        }
        each.runUntilIdle(10_000);
        return each.traceHash();
    }

    private static BlockRequest write(long offset, int length, int value, int flags) {
        byte[] bytes = new byte[length];
        Arrays.fill(bytes, (byte) value);
        return new BlockRequest().write(offset, ByteBuffer.wrap(bytes), flags, r -> { });
    }

    private static BlockRequest read(long offset, int length) {
        return new BlockRequest().read(offset, ByteBuffer.allocate(length), r -> { });
    }

    private BlockError run(BlockDevice on, BlockRequest request) {
        return run(sim, on, request);
    }

    private static BlockError run(SimScheduler each, BlockDevice on, BlockRequest request) {
        on.submit(request);
        assertThat(each.runUntil(() -> !request.isSubmitted(), 10_000)).isTrue();
        return request.error();
    }
}
