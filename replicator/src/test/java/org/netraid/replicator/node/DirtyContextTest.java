/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.node;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.netraid.block.BlockDevice;
import org.netraid.block.BlockError;
import org.netraid.block.ExtentList;
import org.netraid.fault.FaultPoints;
import org.netraid.intentlog.DiskIntentLog;
import org.netraid.intentlog.IntentLogConfig;
import org.netraid.intentlog.IntentWaiter;
import org.netraid.intentlog.NoIntentLog;
import org.netraid.intentlog.SlotState;
import org.netraid.sim.SimDisk;
import org.netraid.sim.SimDiskOptions;
import org.netraid.sim.SimLoop;
import org.netraid.sim.SimScheduler;

class DirtyContextTest {

    private static final int CHUNK = 4096;
    private static final long SIZE = 5_000_000_000L;
    private static final IntentWaiter NOBODY = error -> { };

    private final NoIntentLog log = new NoIntentLog(SIZE, CHUNK, new SimScheduler(1).loop("node"));
    private final DirtyContext context = new DirtyContext(log, "eve");

    private String map(long offset, long length, int capacity) {
        ExtentList list = new ExtentList(capacity);
        assertThat(context.extents(offset, length, list)).isEqualTo(BlockError.NONE);
        return list.toString();
    }

    @Test
    void shouldShowTheTargetsDirtyChunksCutToTheRange() {
        log.setSlot(3, "eve", SlotState.TRACKING, NOBODY);
        log.setSlot(0, "adam", SlotState.FULL_RESYNC, NOBODY);
        assertThat(context.name()).isEqualTo("x-netraid:dirty:eve");
        assertThat(map(0, CHUNK * 8, 9)).isEqualTo("32768:0");
        log.markDirty(1 << 3, 2, 3, NOBODY);
        log.markDirty(1 << 3, 7, 1, NOBODY);
        assertThat(map(0, CHUNK * 9, 9)).isEqualTo("8192:0 12288:1 8192:0 4096:1 4096:0");
        assertThat(map(100, CHUNK * 2, 9)).isEqualTo("8092:0 100:1");
        assertThat(map(CHUNK * 3 + 1, 1, 9)).isEqualTo("1:1");
        assertThat(map(0, CHUNK * 9, 2)).as("room for two").isEqualTo("8192:0 12288:1");
    }

    @Test
    void shouldBoundTheWorkOfOneCallAndReachTheEnd() {
        log.setSlot(0, "eve", SlotState.FULL_RESYNC, NOBODY);
        ExtentList list = new ExtentList(9);
        long at = 0;
        int calls = 0;
        while (at < SIZE) {
            list.clear();
            assertThat(context.extents(at, SIZE - at, list)).isEqualTo(BlockError.NONE);
            assertThat(list.count()).isEqualTo(1);
            assertThat(list.status(0)).isEqualTo(DirtyContext.DIRTY);
            at += list.totalBytes();
            calls++;
        }
        assertThat(at).isEqualTo(SIZE);
        assertThat(calls).isGreaterThan(1);
    }

    @Test
    void shouldShowWhichExtentsAreHot() {
        SimScheduler sim = new SimScheduler(3);
        SimLoop loop = sim.loop("node");
        IntentLogConfig config = IntentLogConfig.of(new UUID(1, 2), "a", 21 << 20).withAlSlots(32);
        BlockDevice disk = new SimDisk(sim, "log", SimDiskOptions.ofSize(config.layout().sizeBytes())).attach(loop);
        DiskIntentLog[] hot = new DiskIntentLog[1];
        DiskIntentLog.create(disk, config, loop, FaultPoints.NONE, (opened, error) -> hot[0] = opened);
        sim.runUntil(() -> hot[0] != null, 10_000);
        boolean[] durable = {false};
        hot[0].beginWrite(5 << 20, 4 << 20, error -> durable[0] = true);
        sim.runUntil(() -> durable[0], 10_000);
        HotContext map = new HotContext(hot[0]);
        ExtentList list = new ExtentList(9);
        assertThat(map.extents(1 << 20, 20 << 20, list)).isEqualTo(BlockError.NONE);
        assertThat(list.toString()).isEqualTo("3145728:0 8388608:1 9437184:0");
    }

    @Test
    void shouldFollowTheTargetByNameAndRefuseWhenItIsGone() {
        log.setSlot(0, "eve", SlotState.FULL_RESYNC, NOBODY);
        assertThat(map(0, CHUNK, 9)).isEqualTo("4096:1");
        log.setSlot(0, "", SlotState.UNUSED, NOBODY);
        log.setSlot(0, "sophocles", SlotState.FULL_RESYNC, NOBODY);
        assertThat(context.extents(0, CHUNK, new ExtentList(1))).isEqualTo(BlockError.EINVAL);
        log.setSlot(5, "eve", SlotState.TRACKING, NOBODY);
        assertThat(map(0, CHUNK, 9)).isEqualTo("4096:0");
    }
}
