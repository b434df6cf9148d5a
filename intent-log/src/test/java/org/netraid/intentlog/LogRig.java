/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.intentlog;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.UUID;
import java.util.function.BiFunction;
import org.netraid.block.BlockDevice;
import org.netraid.block.BlockError;
import org.netraid.fault.FaultPoints;
import org.netraid.sim.CrashMode;
import org.netraid.sim.SimDisk;
import org.netraid.sim.SimDiskOptions;
import org.netraid.sim.SimLoop;
import org.netraid.sim.SimScheduler;

/** A log on a simulated disk, with one life after the other. */
final class LogRig {

    static final UUID MIRROR = new UUID(0x1122334455667788L, 0x99aabbccddeeff00L);
    static final int EXTENT = IntentLogLayout.EXTENT_BYTES;
    static final IntentWaiter NOBODY = error -> { };

    final SimScheduler sim;
    final IntentLogConfig config;
    final SimDisk disk;
    FaultPoints faults = FaultPoints.NONE;
    BiFunction<BlockDevice, byte[], BlockDevice> wrap = (device, content) -> device;
    SimLoop loop;
    DiskIntentLog log;
    String openError;
    private int lives;

    LogRig(long seed, long deviceSizeBytes, int chunkBytes, int alSlots) {
        this(seed, IntentLogConfig.of(MIRROR, "node-a", deviceSizeBytes).withChunkBytes(chunkBytes).withAlSlots(alSlots));
    }

    LogRig(long seed, IntentLogConfig config) {
        this.config = config;
        sim = new SimScheduler(seed);
        disk = new SimDisk(sim, "a.intent", SimDiskOptions.ofSize(config.layout().sizeBytes()));
    }

    /** 64 extents of 4 MiB, 64 KiB chunks. */
    static LogRig small(long seed, int alSlots) {
        return new LogRig(seed, 64L * EXTENT, 64 << 10, alSlots);
    }

    LogRig create() {
        startLoop();
        DiskIntentLog.create(attach(), config, loop, faults, this::opened);
        awaitOpened();
        return this;
    }

    LogRig open() {
        startOpen(config);
        awaitOpened();
        return this;
    }

    void startOpen(IntentLogConfig with) {
        startLoop();
        DiskIntentLog.open(attach(), with, loop, faults, this::opened);
    }

    BlockDevice attach() {
        return wrap.apply(disk.attach(loop), disk.content(0, (int) config.layout().sizeBytes()));
    }

    private void startLoop() {
        loop = sim.loop("life-" + ++lives);
        log = null;
        openError = null;
    }

    private void opened(DiskIntentLog opened, String error) {
        log = opened;
        openError = error;
    }

    void awaitOpened() {
        assertThat(sim.runUntil(() -> openError != null, 1_000_000)).isTrue();
        assertThat(openError).isEmpty();
    }

    LogRig crash(CrashMode mode) {
        loop.kill();
        disk.crash(mode);
        return this;
    }

    /** What a waiter was told. */
    static final class Result implements IntentWaiter {
        BlockError error;

        @Override
        public void onIntent(BlockError result) {
            assertThat(error).as("waiter called twice").isNull();
            error = result;
        }
    }

    BlockError await(Result result) {
        assertThat(sim.runUntil(() -> result.error != null, 1_000_000)).as("waiter called").isTrue();
        return result.error;
    }

    void begin(long offset, long length) {
        Result result = new Result();
        if (!log.beginWrite(offset, length, result)) {
            assertThat(await(result)).isEqualTo(BlockError.NONE);
        }
    }

    void write(long offset, long length, int missedMask) {
        begin(offset, length);
        log.endWrite(offset, length, missedMask);
    }

    void setSlot(int slot, SlotState state) {
        Result result = new Result();
        log.setSlot(slot, "node-" + (char) ('b' + slot), state, result);
        assertThat(await(result)).isEqualTo(BlockError.NONE);
    }

    /** A target that is equal and connected. */
    void connectEqual(int slot) {
        setSlot(slot, SlotState.TRACKING);
        log.targetConnected(slot);
    }

    void flushAll() {
        long epoch = log.closeEpoch();
        log.epochFlushed(IntentLog.LOCAL, epoch);
        for (int k = 0; k < IntentLog.MAX_SLOTS; k++) {
            if (log.isConnected(k)) {
                log.epochFlushed(k, epoch);
            }
        }
    }

    BlockError close() {
        Result result = new Result();
        log.close(result);
        return await(result);
    }
}
