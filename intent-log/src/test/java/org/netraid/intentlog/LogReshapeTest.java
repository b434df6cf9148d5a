/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.intentlog;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.netraid.block.BlockError;
import org.netraid.fault.FaultPoints;
import org.netraid.intentlog.IntentLog.Recovery.Kind;
import org.roaringbitmap.RoaringBitmap;

/** Another device size or chunk size forgets no byte that may differ. */
class LogReshapeTest {

    private static final int UNIT = 512;

    @Test
    void shouldKeepExactlyTheChunksWithBytesThatMayDiffer() {
        SplittableRandom random = new SplittableRandom(3);
        for (int round = 0; round < 300; round++) {
            IntentLogLayout from = layout(random);
            IntentLogLayout to = layout(random);
            RoaringBitmap dirty = new RoaringBitmap();
            for (int i = random.nextInt(12); i > 0; i--) {
                long first = random.nextLong(from.chunkCount());
                dirty.add(first, Math.min(from.chunkCount(), first + 1 + random.nextInt(5)));
            }
            if (random.nextInt(6) == 0) {
                dirty.add(0, from.chunkCount());
            }
            assertThat(LogReshape.map(dirty, from, to)).as("%s to %s", from, to).isEqualTo(slowly(dirty, from, to));
        }
    }

    private static IntentLogLayout layout(SplittableRandom random) {
        return new IntentLogLayout((1L + random.nextInt(24_000)) * UNIT, 4096 << random.nextInt(9), 4);
    }

    /** Unit by unit. */
    private static RoaringBitmap slowly(RoaringBitmap dirty, IntentLogLayout from, IntentLogLayout to) {
        RoaringBitmap expected = new RoaringBitmap();
        for (long at = 0; at < to.deviceSizeBytes(); at += UNIT) {
            if (at >= from.deviceSizeBytes() || dirty.contains((int) (at / from.chunkBytes()))) {
                expected.add((int) (at / to.chunkBytes()));
            }
        }
        return expected;
    }

    @Test
    void shouldMapTheLargestLog() {
        IntentLogLayout all = new IntentLogLayout(1L << 44, 4096, 4);
        RoaringBitmap dirty = RoaringBitmap.bitmapOfRange(5, 1L << 32);
        assertThat(LogReshape.map(dirty, all, new IntentLogLayout(1L << 44, 65536, 4))).isEqualTo(RoaringBitmap.bitmapOfRange(0, 1L << 28));
        assertThat(LogReshape.map(dirty, all, all)).isEqualTo(dirty);
    }

    @Test
    void shouldCarrySlotsOverAndEndOnlyWhenTheNewLogIsDurable() {
        for (long seed = 0; seed < 60; seed++) {
            CrashWorkload workload = new CrashWorkload(seed, FaultPoints.NONE);
            workload.run(150);
            DiskIntentLog old = workload.rig.log;
            IntentLogLayout was = old.layout();
            long size = seed % 3 == 0 ? was.deviceSizeBytes() : seed % 3 == 1 ? was.deviceSizeBytes() * 2 + 77 : was.deviceSizeBytes() / 3;
            RecordingDevice[] device = new RecordingDevice[1];
            LogRig made = new LogRig(seed, size, 4096 << seed % 9, 9);
            made.wrap = (below, content) -> device[0] = new RecordingDevice(below, content);
            made.create();
            LogRig.Result closed = new LogRig.Result();
            LogReshape.carryOver(old, made.log, closed);
            assertThat(made.await(closed)).isEqualTo(BlockError.NONE);
            assertEqualContent(old, ImageDevice.open(device[0].durable.clone(), made.config, FaultPoints.NONE));
        }
    }

    private static void assertEqualContent(DiskIntentLog old, DiskIntentLog found) {
        assertThat(found.recovery().kind()).isEqualTo(Kind.CLEAN);
        for (int k = 0; k < IntentLog.MAX_SLOTS; k++) {
            assertThat(found.slotState(k)).isEqualTo(old.slotState(k));
            assertThat(found.slotName(k)).isEqualTo(old.slotName(k));
            if (old.slotState(k) != SlotState.UNUSED) {
                assertThat(found.dirty(k)).isEqualTo(slowly(old.dirty(k), old.layout(), found.layout()));
            }
        }
    }

    @Test
    void shouldReportAnErrorOfTheNewLogsDisk() {
        LogRig old = LogRig.small(1, 4).create();
        old.setSlot(0, SlotState.STALE);
        LogRig made = LogRig.small(2, 4).create();
        made.disk.fault().on(org.netraid.block.BlockCommand.WRITE).once().fail(BlockError.EIO);
        LogRig.Result closed = new LogRig.Result();
        LogReshape.carryOver(old.log, made.log, closed);
        assertThat(made.await(closed)).isEqualTo(BlockError.EIO);
    }
}
