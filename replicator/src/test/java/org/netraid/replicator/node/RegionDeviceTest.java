/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.node;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.netraid.block.BlockCommand;
import org.netraid.block.BlockDevice;
import org.netraid.block.BlockError;
import org.netraid.block.BlockRequest;
import org.netraid.fault.FaultPoints;
import org.netraid.intentlog.DiskIntentLog;
import org.netraid.intentlog.IntentLogConfig;
import org.netraid.intentlog.SlotState;
import org.netraid.sim.CrashMode;
import org.netraid.sim.SimDisk;
import org.netraid.sim.SimDiskOptions;
import org.netraid.sim.SimLoop;
import org.netraid.sim.SimScheduler;

/**
 * A target's disk that remembers where it is written: before it is, at no cost where it was written lately, and honestly when it cannot.
 */
class RegionDeviceTest {

    private static final int CHUNK = 64 << 10;
    private static final long SIZE = 16 << 20;

    private final SimScheduler scheduler = new SimScheduler(1);
    private final SimLoop loop = scheduler.loop("node");
    private final SimDisk disk = new SimDisk(scheduler, "disk", SimDiskOptions.ofSize(SIZE));
    private final SimDisk logDisk = new SimDisk(scheduler, "log", SimDiskOptions.ofSize(8 << 20));
    private final IntentLogConfig config = IntentLogConfig.of(new UUID(0, 1), "node", SIZE).withChunkBytes(CHUNK).withAlSlots(4);
    private final List<String> givenUp = new ArrayList<>();
    private boolean canGiveUp = true;
    private RegionDevice device;
    private RegionLog log;

    @BeforeEach
    void open() {
        BlockDevice raw = disk.attach(loop);
        device = new RegionDevice(raw, loop, reason -> {
            givenUp.add(reason);
            if (canGiveUp) {
                device.remember(null);
            }
            return canGiveUp;
        }, false);
        log = new RegionLog(openLog(true));
        device.remember(log);
    }

    private DiskIntentLog openLog(boolean create) {
        DiskIntentLog[] opened = {null};
        DiskIntentLog.Opened ready = (found, error) -> opened[0] = found;
        BlockDevice raw = logDisk.attach(loop);
        if (create) {
            DiskIntentLog.create(raw, config, loop, FaultPoints.NONE, ready);
        } else {
            DiskIntentLog.open(raw, config, loop, FaultPoints.NONE, ready);
        }
        run();
        if (create) {
            opened[0].setSlot(0, "regions", SlotState.TRACKING, error -> assertThat(error).isEqualTo(BlockError.NONE));
            run();
        }
        return opened[0];
    }

    private void run() {
        scheduler.runFor(1_000_000_000L);
    }

    private BlockError[] write(int chunk) {
        BlockError[] outcome = {null};
        loop.execute(() -> device.submit(new BlockRequest().write((long) chunk * CHUNK, ByteBuffer.allocate(CHUNK), 0,
                done -> outcome[0] = done.error())));
        return outcome;
    }

    @Test
    void shouldRememberDurablyBeforeTheDiskIsWritten() {
        BlockError[] outcome = write(20);
        while (outcome[0] == null) {
            scheduler.runFor(1000);
        }
        logDisk.crash(CrashMode.POWER_CUT_ALL_LOST);
        DiskIntentLog found = openLog(false);
        assertThat(found.isDirty(0, 20)).isTrue();
    }

    @Test
    void shouldCostNoInputOrOutputWhereSomethingWasWrittenLately() {
        write(20);
        run();
        logDisk.fault().on(BlockCommand.WRITE).fail(BlockError.EIO); // nobody notices
        BlockError[] outcome = write(21);
        run();
        assertThat(outcome[0]).isEqualTo(BlockError.NONE);
        assertThat(givenUp).isEmpty();
        assertThat(log.chunks()).isEqualTo(2);
    }

    @Test
    void shouldForgetWhatEverybodyHasAndKeepWhatWasWrittenSinceTheMark() {
        write(1);
        write(2);
        run();
        log.mark();
        write(2);
        write(3);
        run();
        log.forget();
        assertThat(log.chunks()).isEqualTo(2);
    }

    @Test
    void shouldForgetNothingAtAMarkThatTheNeedForRoomHasEnded() {
        write(1);
        run();
        log.mark();
        for (int extent = 0; extent < 4; extent++) {
            write(extent * 64);
        }
        run();
        log.forget();
        assertThat(log.chunks()).isGreaterThanOrEqualTo(4);
    }

    @Test
    void shouldGoOnWithoutMemoryWhenTheLogFailsAndThatIsRecorded() {
        logDisk.fault().on(BlockCommand.WRITE).fail(BlockError.EIO);
        BlockError[] outcome = write(20);
        run();
        assertThat(outcome[0]).isEqualTo(BlockError.NONE);
        assertThat(givenUp).hasSize(1);
    }

    @Test
    void shouldFailTheWriteWhenItCannotBeRecordedThatNothingIsRemembered() {
        canGiveUp = false;
        logDisk.fault().on(BlockCommand.WRITE).fail(BlockError.EIO);
        BlockError[] outcome = write(20);
        run();
        assertThat(outcome[0]).isEqualTo(BlockError.EIO);
        assertThat(disk.content(20L * CHUNK, 1)[0]).isZero();
    }

    @Test
    void shouldRememberNothingAnyMoreWhenAWriteLiesBeyondWhatTheLogCovers() {
        SimDisk larger = new SimDisk(scheduler, "larger", SimDiskOptions.ofSize(2 * SIZE));
        RegionDevice grown = new RegionDevice(larger.attach(loop), loop, reason -> {
            givenUp.add(reason);
            return true;
        }, false);
        grown.remember(log);
        BlockError[] outcome = {null};
        loop.execute(() -> grown.submit(new BlockRequest().write(SIZE, ByteBuffer.allocate(CHUNK), 0, done -> outcome[0] = done.error())));
        run();
        assertThat(outcome[0]).isEqualTo(BlockError.NONE);
        assertThat(givenUp).containsExactly("the mirror has grown");
    }
}
