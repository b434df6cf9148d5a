/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.intentlog;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.netraid.block.BlockError;
import org.netraid.sim.CrashMode;

/** The hot set grows where writes come back, and what nobody writes leaves it; both without forgetting anything. */
class CoolingTest {

    private static final long SECOND = 1_000_000_000L;
    private static final int EXTENT = LogRig.EXTENT;

    private static LogRig rig(int room, int steady, long coolAfterNs) {
        LogRig rig = new LogRig(1, IntentLogConfig.of(LogRig.MIRROR, "node-a", 64L * EXTENT).withAlSlots(room, steady)
                .withCoolAfterNs(coolAfterNs)).create();
        rig.connectEqual(0);
        return rig;
    }

    private static int hotAfterCrash(LogRig rig) {
        return rig.crash(CrashMode.POWER_CUT_ALL_LOST).open().log.recovery().hotExtents();
    }

    private static void write(LogRig rig, int extent) {
        rig.write((long) extent * EXTENT, 4096, 0);
        rig.flushAll();
    }

    @Test
    void shouldForgetWhatNobodyWroteForLong() {
        LogRig rig = rig(8, 8, 8 * SECOND);
        write(rig, 1);
        rig.sim.runFor(6 * SECOND);
        write(rig, 2);
        assertThat(rig.log.hotExtents()).isEqualTo(2);
        rig.sim.runFor(6 * SECOND);
        assertThat(rig.log.isHot(EXTENT)).isFalse();
        assertThat(rig.log.isHot(2L * EXTENT)).isTrue();
        assertThat(hotAfterCrash(rig)).isEqualTo(1);
        assertThat(rig.log.dirtyChunks(0)).isEqualTo(64);
    }

    @Test
    void shouldKeepWhatIsBeingWrittenOrNotFlushed() {
        LogRig rig = rig(8, 8, SECOND);
        rig.begin(EXTENT, 4096);
        rig.write(2L * EXTENT, 4096, 0);
        rig.sim.runFor(20 * SECOND);
        assertThat(rig.log.hotExtents()).isEqualTo(2);
        assertThat(hotAfterCrash(rig)).isEqualTo(2);
    }

    @Test
    void shouldHaveTheBitsOnDiskBeforeAnExtentCools() {
        LogRig rig = rig(8, 8, SECOND);
        rig.setSlot(1, SlotState.STALE);
        write(rig, 3);
        rig.sim.runFor(20 * SECOND);
        assertThat(rig.log.hotExtents()).isZero();
        assertThat(hotAfterCrash(rig)).isZero();
        assertThat(rig.log.dirtyChunks(0)).isZero();
        assertThat(rig.log.dirtyChunks(1)).isEqualTo(1);
        assertThat(rig.log.isDirty(1, 3 * 64)).isTrue();
    }

    @Test
    void shouldLetTheExtentsOfACrashCoolToo() {
        LogRig rig = rig(8, 8, SECOND);
        write(rig, 3);
        assertThat(hotAfterCrash(rig)).isEqualTo(1);
        rig.sim.runFor(20 * SECOND);
        assertThat(rig.log.hotExtents()).isZero();
        assertThat(hotAfterCrash(rig)).isZero();
        assertThat(rig.log.dirtyChunks(0)).isEqualTo(64);
    }

    @Test
    void shouldCoolManyInBlocksOfSixtyFour() {
        LogRig rig = new LogRig(1, IntentLogConfig.of(LogRig.MIRROR, "node-a", 1000L * EXTENT).withAlSlots(1000)
                .withCoolAfterNs(SECOND)).create();
        for (int e = 0; e < 1000; e++) {
            write(rig, e);
        }
        long writes = rig.disk.writes();
        rig.sim.runFor(10 * SECOND);
        assertThat(rig.log.hotExtents()).isZero();
        assertThat(rig.disk.writes() - writes).isBetween(16L, 18L);
        assertThat(hotAfterCrash(rig)).isZero();
    }

    @Test
    void shouldNotTakeAFreedPlaceForHotBeforeTheLogSaysSo() {
        LogRig rig = rig(1, 1, 8 * SECOND);
        write(rig, 1);
        rig.sim.runFor(20 * SECOND); // the place is free, durably
        assertThat(rig.log.hotExtents()).isZero();
        LogRig.Result first = new LogRig.Result();
        assertThat(rig.log.beginWrite(2L * EXTENT, 1, first)).isFalse();
        rig.sim.runUntil(() -> rig.log.isHot(2L * EXTENT), 1_000_000); // its block is on its way
        assertThat(first.error).isNull();
        LogRig.Result second = new LogRig.Result();
        assertThat(rig.log.beginWrite(2L * EXTENT + 8192, 1, second)).as("granted before it is durable").isFalse();
        assertThat(rig.await(first)).isEqualTo(BlockError.NONE);
        assertThat(rig.await(second)).isEqualTo(BlockError.NONE);
        assertThat(hotAfterCrash(rig)).isEqualTo(1);
        assertThat(rig.log.isDirty(0, 2 * 64)).isTrue();
        assertThat(rig.log.isDirty(0, 64)).isFalse();
    }

    @Test
    void shouldGrowForWritesThatComeBackAndNotForAStream() {
        LogRig rig = rig(32, 4, 8 * SECOND);
        for (int e = 0; e < 64; e++) {
            write(rig, e);
        }
        assertThat(rig.log.hotExtents()).isEqualTo(4);
        for (int round = 0; round < 3; round++) {
            for (int e = 0; e < 16; e++) {
                write(rig, e);
            }
        }
        assertThat(rig.log.hotExtents()).isEqualTo(16);
        long waited = rig.log.coldWrites();
        for (int e = 0; e < 16; e++) {
            write(rig, e);
        }
        assertThat(rig.log.coldWrites()).isEqualTo(waited);
        rig.sim.runFor(20 * SECOND);
        for (int e = 20; e < 60; e++) {
            write(rig, e);
        }
        assertThat(rig.log.hotExtents()).as("grown for nothing").isEqualTo(4);
        assertThat(hotAfterCrash(rig)).isEqualTo(4);
    }

    @Test
    void shouldUseFreePlacesRatherThanWaitForAFlush() {
        LogRig rig = rig(8, 2, 0);
        for (int e = 0; e < 8; e++) {
            rig.write((long) e * EXTENT, 1, 0); // nothing is flushed, so nothing can be replaced
        }
        assertThat(rig.log.hotExtents()).isEqualTo(8);
        assertThat(rig.log.flushUrgent()).isFalse();
    }

    @Test
    void shouldRecoverAFullTableOfTheLargestRing() {
        int room = IntentLogLayout.MAX_AL_SLOTS;
        LogRig rig = new LogRig(1, IntentLogConfig.of(LogRig.MIRROR, "node-a", 1L << 40).withChunkBytes(1 << 20).withAlSlots(room))
                .create();
        rig.setSlot(0, SlotState.TRACKING);
        rig.log.targetConnected(0);
        for (int first = 0; first < room; first += 600) {
            int count = Math.min(600, room - first);
            rig.write((long) first * EXTENT, (long) count * EXTENT, 0);
            rig.flushAll();
        }
        assertThat(hotAfterCrash(rig)).isEqualTo(room);
        assertThat(rig.log.dirtyChunks(0)).isEqualTo(4L * room);
    }
}
