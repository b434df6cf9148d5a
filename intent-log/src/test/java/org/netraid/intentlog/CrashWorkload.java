/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.intentlog;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.function.BiFunction;
import org.netraid.block.BlockCommand;
import org.netraid.block.BlockDevice;
import org.netraid.block.BlockError;
import org.netraid.fault.FaultPoints;
import org.netraid.intentlog.IntentLog.Recovery.Kind;
import org.netraid.sim.CrashMode;
import org.netraid.sim.SimRandom;

/**
 * A seeded mirror without data: random writes, losses, flushes and resyncs against one log, crashes at any step, and the
 * check that after each recovery all that must be dirty is.
 */
final class CrashWorkload {

    private static final int SLOTS = 3;
    private static final long[] COOL_AFTER_NS = {400_000, 3_000_000, 40_000_000};

    private record Granted(long offset, long length, int[] sessions) {
    }

    final LogRig rig;
    private final SimRandom random;
    private final DirtyModel model;
    private final List<Granted> granted = new ArrayList<>();
    private final int chunkBytes;
    private final long deviceBytes;
    private long closedEpoch;
    private int generation;
    private boolean refusing;
    /** Runs after every event and action. */
    Runnable probe = () -> { };
    boolean deviceMayFail;
    /** The node has the policy to go on without its log. */
    boolean degrades;
    /** What the node has written down elsewhere: every target needs a full resync. */
    private boolean recorded;
    private boolean recording;
    int degradations;
    int reattachments;

    CrashWorkload(long seed, FaultPoints faults) {
        this(seed, faults, (device, content) -> device);
    }

    /** @param wrap what the log sees instead of the disk, made anew for each life from the disk and its content */
    CrashWorkload(long seed, FaultPoints faults, BiFunction<BlockDevice, byte[], BlockDevice> wrap) {
        this(seed, faults, wrap, CrashWorkload::activityLog);
    }

    /** As the runs were before extents cooled. */
    static CrashWorkload withFixedHotSet(long seed) {
        return new CrashWorkload(seed, FaultPoints.NONE, (device, content) -> device,
                (s, config) -> config.withAlSlots(new int[] {2, 4, 17}[(int) Math.floorMod(s / 3, 3L)]));
    }

    private CrashWorkload(long seed, FaultPoints faults, BiFunction<BlockDevice, byte[], BlockDevice> wrap,
            BiFunction<Long, IntentLogConfig, IntentLogConfig> activityLog) {
        int extents = 24;
        int shape = Math.floorMod(seed, 3);
        chunkBytes = new int[] {64 << 10, 1 << 20, 16 << 10}[shape];
        deviceBytes = (long) extents * LogRig.EXTENT - (seed % 2 == 0 ? 0 : 12_345);
        IntentLogConfig config = IntentLogConfig.of(LogRig.MIRROR, "node-a", deviceBytes).withChunkBytes(chunkBytes);
        rig = new LogRig(seed, activityLog.apply(seed, config));
        rig.faults = faults;
        rig.wrap = wrap;
        random = rig.sim.random("workload");
        model = new DirtyModel((int) rig.config.layout().chunkCount());
        rig.create();
    }

    /** Few or many places, and in three of four runs extents that cool for their age and a hot set that grows. */
    private static IntentLogConfig activityLog(long seed, IntentLogConfig config) {
        int shape = (int) Math.floorMod(seed / 3, 12L);
        int large = Math.floorMod(seed / 36, 16L) == 15 ? IntentLogLayout.MAX_AL_SLOTS : 8000;
        int slots = shape == 2 ? large : new int[] {2, 4, 17}[shape % 3];
        if (shape % 4 == 0) {
            return config.withAlSlots(slots);
        }
        return config.withAlSlots(slots, Math.min(slots, 1 + shape % 3)).withCoolAfterNs(COOL_AFTER_NS[shape % 4 - 1]);
    }

    void run(int steps) {
        for (int i = 0; i < steps; i++) {
            if (random.nextInt(60) == 0) {
                crashAndRecover();
            } else {
                act(random.nextInt(24));
                probe.run();
                turn(random.nextInt(12));
            }
            if (!rig.log.failure().isEmpty()) {
                checkRefusal();
            } else if (degrades) {
                applyPolicy();
            }
        }
        crashAndRecover();
    }

    // ---- going on without the log

    private void applyPolicy() {
        rig.log.onDeviceFailure(this::record);
        if (!rig.log.degraded().isEmpty() && random.nextInt(20) == 0) {
            rig.disk.clearFaults();
            if (random.nextInt(4) == 0) {
                // Not reads: with a ring that cannot be read the next life is right to send everything.
                BlockCommand command = random.nextInt(3) == 0 ? BlockCommand.FLUSH : BlockCommand.WRITE;
                rig.disk.fault().on(command).afterPassing(random.nextInt(10)).once().fail(BlockError.EIO);
            }
            int life = generation;
            rig.log.reattach(rig.attach(), error -> {
                if (error == BlockError.NONE && life == generation) {
                    assertThat(rig.log.degraded()).isEmpty();
                    recorded = false;
                    reattachments++;
                }
            });
        }
    }

    private void record(String detail, IntentWaiter whenRecorded) {
        assertThat(detail).contains("a.intent");
        recording = true;
        degradations++;
        int life = generation;
        rig.loop.schedule(random.nextInt(3_000_000), () -> {
            if (life == generation) {
                recording = false;
                recorded = random.nextInt(6) != 0;
                whenRecorded.onIntent(recorded ? BlockError.NONE : BlockError.EIO);
            }
        });
    }

    /** As a node does that finds its record: a new log, and everything is sent. */
    private void startWithNewLog() {
        recorded = false;
        rig.disk.clearFaults();
        rig.create();
        for (int k = 0; k < SLOTS; k++) {
            if (model.slots[k].used) {
                rig.setSlot(k, SlotState.FULL_RESYNC);
                for (int c = 0; c < model.chunks; c++) {
                    model.slots[k].miss(c);
                }
            }
        }
    }

    private void turn(int events) {
        for (int i = 0; i < events && rig.sim.step(); i++) {
            afterEvent();
        }
    }

    private void afterEvent() {
        probe.run();
        if (!deviceMayFail) {
            assertThat(rig.log.failure()).isEmpty();
        }
    }

    /** A failed log grants nothing and makes nothing durable any more. */
    private void checkRefusal() {
        refusing = true;
        for (int i = 0; i < 40; i++) {
            act(random.nextInt(23));
            turn(5);
        }
        crashAndRecover();
    }

    private void act(int action) {
        if (action < 8) {
            begin();
        } else if (action < 14) {
            end();
        } else if (action < 16) {
            model.epochClosed(closedEpoch = rig.log.closeEpoch());
        } else if (action < 20) {
            flush();
        } else if (action == 20) {
            loseOrConnect();
        } else if (action == 21) {
            resync();
        } else if (action == 22) {
            markDirty();
        } else {
            changeSlot();
        }
    }

    // ---- writes

    private void begin() {
        long offset = random.nextLong(deviceBytes);
        long most = random.nextInt(12) == 0 ? deviceBytes : random.nextInt(4) == 0 ? 2L * LogRig.EXTENT : 9000;
        long length = 1 + random.nextLong(Math.min(most, deviceBytes - offset));
        if (overlapsHuge(length)) {
            return;
        }
        int life = generation;
        boolean hot = rig.log.beginWrite(offset, length, error -> {
            assertThat(error).isIn(BlockError.NONE, BlockError.ESHUTDOWN, BlockError.EIO);
            if (error == BlockError.NONE && life == generation) {
                grant(offset, length);
            }
        });
        if (hot) {
            grant(offset, length);
        }
    }

    /** At most one huge write at a time is under way in this workload; the log queues the others. */
    private boolean overlapsHuge(long length) {
        return length > 3L * LogRig.EXTENT && granted.stream().anyMatch(g -> g.length() > 3L * LogRig.EXTENT);
    }

    private void grant(long offset, long length) {
        assertThat(refusing).as("granted after a failure").isFalse();
        assertThat(recording).as("granted before the failure was recorded").isFalse();
        int[] sessions = new int[SLOTS];
        for (int k = 0; k < SLOTS; k++) {
            sessions[k] = model.slots[k].connected ? model.slots[k].session : -1;
        }
        granted.add(new Granted(offset, length, sessions));
        model.begun(chunk(offset), chunk(offset + length - 1));
    }

    private int chunk(long offset) {
        return (int) (offset / chunkBytes);
    }

    private void end() {
        if (granted.isEmpty()) {
            return;
        }
        Granted write = granted.remove(random.nextInt(granted.size()));
        int missed = 0;
        for (int k = 0; k < SLOTS; k++) {
            DirtyModel.Slot slot = model.slots[k];
            boolean sameSession = slot.connected && slot.session == write.sessions()[k];
            missed |= !slot.used || sameSession && random.nextInt(8) != 0 ? 0 : 1 << k;
        }
        rig.log.endWrite(write.offset(), write.length(), missed);
        model.ended(chunk(write.offset()), chunk(write.offset() + write.length() - 1), missed);
    }

    private void flush() {
        if (closedEpoch > 0) {
            int device = random.nextInt(SLOTS + 1) - 1;
            long epoch = random.nextInt(3) == 0 ? 1 + random.nextLong(closedEpoch) : closedEpoch;
            rig.log.epochFlushed(device, epoch);
            model.flushed(device, epoch);
        }
    }

    // ---- targets

    private void loseOrConnect() {
        int k = random.nextInt(SLOTS);
        DirtyModel.Slot slot = model.slots[k];
        if (slot.connected) {
            slot.lost();
            LogRig.Result durable = new LogRig.Result();
            rig.log.targetLost(k, durable);
            assertThat(rig.log.slotState(k)).isNotIn(SlotState.TRACKING, SlotState.UNUSED);
        } else if (slot.used) {
            slot.connect();
            rig.log.targetConnected(k);
        }
    }

    private void resync() {
        int k = random.nextInt(SLOTS);
        long first = rig.log.nextDirtyChunk(k, random.nextLong(model.chunks));
        if (!model.slots[k].connected || first < 0) {
            return;
        }
        int count = 0;
        while (count < 40 && first + count < model.chunks && !model.isActive((int) first + count)) {
            model.slots[k].resynced((int) first + count++);
        }
        rig.log.chunksWritten(k, first, count);
    }

    private void markDirty() {
        int k = random.nextInt(SLOTS);
        int first = random.nextInt(model.chunks);
        int count = 1 + random.nextInt(Math.min(5, model.chunks - first));
        int life = generation;
        if (model.slots[k].used) {
            rig.log.markDirty(1 << k, first, count, error -> {
                for (int c = first; error == BlockError.NONE && life == generation && c < first + count; c++) {
                    model.slots[k].miss(c);
                }
            });
        }
    }

    /** Gives a free slot to a new target, or demands a full resync; crashes if that has not become durable soon. */
    private void changeSlot() {
        int k = random.nextInt(SLOTS);
        DirtyModel.Slot slot = model.slots[k];
        if (slot.used && (slot.connected || random.nextInt(4) != 0)) {
            return;
        }
        SlotState state = slot.used || random.nextInt(3) == 0 ? SlotState.FULL_RESYNC : SlotState.TRACKING;
        LogRig.Result durable = new LogRig.Result();
        rig.log.setSlot(k, "target-" + k, state, durable);
        int most = random.nextInt(40) == 0 ? 3 : 2000;
        for (int i = 0; i < most && durable.error == null && rig.sim.step(); i++) {
            afterEvent();
        }
        if (durable.error != BlockError.NONE) {
            crashAndRecover();
            return;
        }
        if (!slot.used) {
            slot.clearAll();
        }
        slot.used = true;
        for (int c = 0; state == SlotState.FULL_RESYNC && c < model.chunks; c++) {
            slot.miss(c);
        }
    }

    // ---- crash and check

    private void crashAndRecover() {
        if (random.nextInt(4) == 0) {
            startClose();
        }
        do {
            generation++;
            refusing = false;
            granted.clear();
            model.crashed();
            closedEpoch = 0;
            recording = false;
            rig.crash(CrashMode.values()[random.nextInt(CrashMode.values().length)]);
            if (recorded) {
                startWithNewLog();
                return;
            }
            rig.startOpen(rig.config);
            turnRaw(random.nextInt(3) == 0 ? random.nextInt(30) : 1_000_000);
        } while (rig.openError == null || deviceMayFail && rig.log == null);
        rig.awaitOpened();
        check();
    }

    private void startClose() {
        rig.log.close(error -> { });
        turn(random.nextInt(60));
    }

    /** Recovery itself may be cut short by the next crash. */
    private void turnRaw(int events) {
        for (int i = 0; i < events && rig.openError == null && rig.sim.step(); i++) {
            probe.run();
        }
    }

    int usedSlots() {
        int used = 0;
        for (int k = 0; k < SLOTS; k++) {
            used |= model.slots[k].used ? 1 << k : 0;
        }
        return used;
    }

    DirtyModel model() {
        return model;
    }

    private void check() {
        assertThat(rig.log.recovery().kind()).as(rig.log.recovery().message()).isIn(Kind.CLEAN, Kind.CRASHED);
        for (int k = 0; k < SLOTS; k++) {
            DirtyModel.Slot slot = model.slots[k];
            if (!slot.used) {
                slot.used = rig.log.slotState(k) != SlotState.UNUSED;
                continue;
            }
            assertThat(rig.log.slotState(k)).isNotEqualTo(SlotState.UNUSED);
            for (int c = 0; c < model.chunks; c++) {
                if (slot.mustBeDirty(c) && !rig.log.isDirty(k, c)) {
                    throw new AssertionError("chunk " + c + " of slot " + k + " may differ and is not dirty; seed " + rig.sim.seed());
                }
            }
        }
    }
}
