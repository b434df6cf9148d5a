/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.verify;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.netraid.block.BlockCommand;
import org.netraid.block.BlockError;
import org.netraid.block.BlockRequest;
import org.netraid.mirror.LegState;
import org.netraid.mirror.MirrorRig;
import org.netraid.sim.SimDisk;
import org.netraid.sim.SimRandom;

class VerifyTest {

    private static final long MIB = MirrorRig.MIB;
    private static final int CHUNK = 64 << 10;
    /** Neither whole pieces nor whole chunks. */
    private static final long ODD_SIZE = 5 * MIB + 1001;

    private final List<VerifyDifference> heard = new ArrayList<>();
    private VerifyProgress ended;
    private MirrorRig rig;
    private VerifyManager verifies;

    private void begin(long seed, long sizeBytes) {
        rig = new MirrorRig(seed, sizeBytes, 2).startEqual();
        verifies = new VerifyManager(rig.mirror, rig.log, VerifyConfig.DEFAULT.withMaxBytesPerSecond(0), rig.loop);
    }

    private void startVerify(int slot, boolean repair) {
        heard.clear();
        ended = null;
        assertThat(verifies.start(slot, repair, new VerifyListener() {
            @Override
            public void onDifference(VerifyDifference difference) {
                heard.add(difference);
                assertThat(rig.log.isDirty(slot, difference.offsetBytes() / CHUNK)).isTrue();
            }

            @Override
            public void onEnded(VerifyProgress result) {
                assertThat(ended).isNull();
                ended = result;
            }
        })).isEmpty();
    }

    private void verify(int slot, boolean repair) {
        startVerify(slot, repair);
        assertThat(rig.scheduler.runUntil(() -> ended != null, MirrorRig.STEPS)).isTrue();
    }

    private void fill() {
        SimRandom random = new SimRandom(7);
        for (long at = 0; at < rig.sizeBytes; at += MIB) {
            byte[] bytes = new byte[(int) Math.min(MIB, rig.sizeBytes - at)];
            for (int i = 0; i < bytes.length; i++) {
                bytes[i] = (byte) random.nextInt(256);
            }
            rig.finish(rig.write(rig.mirror, at, bytes, 0));
        }
        rig.run();
    }

    @Test
    void shouldFindNothingOnEqualCopies() {
        begin(1, ODD_SIZE);
        fill();
        verify(0, false);
        assertThat(ended.phase()).isEqualTo(VerifyPhase.DONE);
        assertThat(ended.chunksCompared()).isEqualTo(81);
        assertThat(ended.doneBytes()).isEqualTo(ODD_SIZE);
        assertThat(ended.chunksDiffering()).isZero();
        assertThat(ended.rechecks()).isZero();
        assertThat(ended.targetBytesRead()).as("compared by checksums").isZero();
        assertThat(heard).isEmpty();
    }

    @Test
    void shouldReadWhereTheTargetCannotHash() {
        begin(13, ODD_SIZE);
        fill();
        cannotHash(rig.targets.get(0));
        verify(0, false);
        assertThat(ended.phase()).isEqualTo(VerifyPhase.DONE);
        assertThat(ended.chunksCompared()).isEqualTo(81);
        assertThat(ended.targetBytesRead()).isEqualTo(ODD_SIZE);
        assertThat(heard).isEmpty();
    }

    private static void cannotHash(SimDisk target) {
        target.fault().on(BlockCommand.CHECKSUM).times(1_000_000).fail(BlockError.ENOTSUP);
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6})
    void shouldFindEverySingleBitThatDiffersAndRepairItWhenAsked(long seed) {
        begin(seed, ODD_SIZE);
        fill();
        SimRandom random = new SimRandom(seed);
        TreeSet<Long> planted = new TreeSet<>(List.of(0L, ODD_SIZE - 1, ODD_SIZE - 1000, (long) CHUNK, 3L * CHUNK - 1));
        for (int i = 0; i < 20; i++) {
            planted.add((long) (random.nextInt(1 << 20) / (double) (1 << 20) * ODD_SIZE));
        }
        SimDisk target = rig.targets.get(0);
        if (seed > 3) {
            cannotHash(target);
        }
        planted.forEach(offset -> target.rot(offset, random.nextInt(8)));
        TreeSet<Long> chunks = new TreeSet<>();
        planted.forEach(offset -> chunks.add(offset / CHUNK));

        verify(0, false);

        assertThat(ended.chunksDiffering()).isEqualTo(chunks.size());
        assertThat(heard).extracting(difference -> difference.offsetBytes() / CHUNK).containsExactlyInAnyOrderElementsOf(chunks);
        assertThat(heard.stream().mapToLong(VerifyDifference::differingBytes).sum()).isEqualTo(planted.size());
        for (VerifyDifference difference : heard) {
            assertThat(planted).contains(difference.offsetBytes(), difference.offsetBytes() + difference.lengthBytes() - 1);
            assertThat(difference.repaired()).isFalse();
        }
        assertThat(rig.log.dirtyChunks(0)).isEqualTo(chunks.size());
        assertThat(rig.mirror.legState(0)).isEqualTo(LegState.IN_SYNC);

        verify(0, true);
        assertThat(ended.chunksRepaired()).isEqualTo(chunks.size());
        rig.run();
        assertThat(rig.log.dirtyChunks(0)).isZero();
        rig.assertEqualCopies();
        verify(0, false);
        assertThat(ended.chunksDiffering()).isZero();
        verify(1, false);
        assertThat(ended.chunksDiffering()).isZero();
    }

    /** False alarms are what made people switch verify off: overlapping writes of every kind while it runs, again and again. */
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void shouldReportNothingWhileTheApplicationWrites(long seed) {
        begin(seed, 2 * MIB + 512);
        SimRandom random = new SimRandom(seed);
        long rechecks = 0;
        for (int round = 0; round < 4; round++) {
            startVerify(round % 2, round > 1);
            while (ended == null) {
                long offset = random.nextInt(4096) * 512L;
                int length = (int) Math.min(512L * (1 + random.nextInt(300)), rig.sizeBytes - offset);
                if (random.nextInt(10) == 0) {
                    rig.zero(BlockCommand.TRIM, offset, length, 0);
                } else {
                    rig.write(offset, length, random.nextInt(256));
                }
                rig.scheduler.runFor(random.nextInt(400_000));
            }
            assertThat(ended.phase()).isEqualTo(VerifyPhase.DONE);
            assertThat(heard).as("seed %d", seed).isEmpty();
            rechecks += ended.rechecks();
        }
        assertThat(rechecks).as("writes were caught in flight").isPositive();
        rig.run();
        rig.assertEqualCopies();
        assertThat(rig.log.dirtyChunks(0)).isZero();
    }

    @Test
    void shouldFindAndRepairUnderLoad() {
        begin(11, 4 * MIB);
        fill();
        rig.targets.get(1).rot(3 * MIB + 5, 3);
        SimRandom random = new SimRandom(3);
        startVerify(1, true);
        while (ended == null) {
            rig.write(random.nextInt(2 << 20), 4096, 1);
            rig.scheduler.runFor(200_000);
        }
        assertThat(heard).containsExactly(new VerifyDifference(3 * MIB + 5, 1, 1, true));
        rig.run();
        rig.assertEqualCopies();
        assertThat(rig.log.dirtyChunks(1)).isZero();
    }

    @Test
    void shouldForgetWhatTheApplicationHasOverwrittenSince() {
        begin(4, 2 * MIB);
        rig.targets.get(0).rot(100, 0);
        verify(0, false);
        assertThat(rig.log.dirtyChunks(0)).isEqualTo(1);
        rig.finish(rig.write(0, 4096, 9));
        verify(0, true);
        assertThat(heard).isEmpty();
        rig.run();
        assertThat(rig.log.dirtyChunks(0)).isZero();
    }

    @Test
    void shouldKeepADifferenceDirtyOverACrashAndSendItThen() {
        begin(5, 2 * MIB);
        rig.targets.get(0).rot(MIB, 7);
        verify(0, false);
        rig.crashSource(org.netraid.sim.CrashMode.POWER_CUT_ALL_LOST);
        rig.boot(false);
        assertThat(rig.log.isDirty(0, MIB / CHUNK)).isTrue();
    }

    @Test
    void shouldListAHundredAndCountTheRest() {
        begin(6, 10 * MIB);
        for (int chunk = 0; chunk < 120; chunk++) {
            rig.targets.get(0).rot((long) chunk * CHUNK + 9, 1);
        }
        verify(0, false);
        assertThat(ended.chunksDiffering()).isEqualTo(120);
        assertThat(ended.differences()).hasSize(VerifyManager.MAX_LISTED);
    }

    /** The flush that ends with the target's loss came back as a success, inside the loss: the next read found no target. */
    @Test
    void shouldStopWhenTheTargetIsLostDuringTheFlushBeforeALastLook() {
        rig = new MirrorRig(8, 8 * MIB, 1);
        rig.protocols = "A";
        rig.startEqual();
        verifies = new VerifyManager(rig.mirror, rig.log, VerifyConfig.DEFAULT.withMaxBytesPerSecond(0), rig.loop);
        rig.targets.get(0).rot(100, 1);
        rig.targets.get(0).fault().on(BlockCommand.FLUSH).hang();
        startVerify(0, false);
        rig.scheduler.runFor(1_000_000_000L);
        assertThat(rig.targets.get(0).hungCount()).isPositive();
        assertThat(ended).isNull();
        rig.mirror.legLost(0, "test");
        rig.run();
        assertThat(ended.phase()).isEqualTo(VerifyPhase.STOPPED);
        assertThat(heard).isEmpty();
    }

    @Test
    void shouldStopWhenTheTargetIsLostPausedOrTheOperatorSaysSo() {
        begin(7, 8 * MIB);
        startVerify(0, false);
        rig.scheduler.runFor(500_000);
        rig.mirror.legLost(0, "test");
        rig.run();
        assertThat(ended.phase()).isEqualTo(VerifyPhase.STOPPED);
        assertThat(verifies.start(0, false, null).orElseThrow()).contains("out of sync");

        startVerify(1, false);
        assertThat(verifies.start(1, false, null).orElseThrow()).contains("already");
        rig.scheduler.runFor(500_000);
        assertThat(verifies.stop(1, "an operator stopped it")).isTrue();
        rig.run();
        assertThat(ended.reason()).isEqualTo("an operator stopped it");
        assertThat(verifies.stop(1, "again")).isFalse();
    }

    @Test
    void shouldSaySoWhenTheLocalDiskCannotBeRead() {
        begin(8, 4 * MIB);
        rig.localDisk.fault().on(BlockCommand.CHECKSUM).once().fail(BlockError.EIO);
        rig.localDisk.fault().on(BlockCommand.READ).once().fail(BlockError.EIO);
        verify(0, false);
        assertThat(ended.phase()).isEqualTo(VerifyPhase.DONE);
        assertThat(ended.chunksSkipped()).isEqualTo(4);
        assertThat(ended.reason()).contains("EIO");
        assertThat(rig.mirror.legState(0)).isEqualTo(LegState.IN_SYNC);
    }

    @Test
    void shouldEndWhenTheMirrorIsClosed() {
        begin(9, 8 * MIB);
        startVerify(0, true);
        rig.scheduler.runFor(300_000);
        boolean[] closed = {false};
        rig.mirror.close(() -> closed[0] = true);
        rig.run();
        assertThat(closed[0]).isTrue();
        assertThat(ended.phase()).isEqualTo(VerifyPhase.STOPPED);
    }

    @Test
    void shouldKeepTheCeilingOfItsRate() {
        begin(10, 4 * MIB);
        verifies.maxBytesPerSecond(MIB);
        long startNs = rig.scheduler.nanoTime();
        verify(0, false);
        assertThat(rig.scheduler.nanoTime() - startNs).isBetween(3_500_000_000L, 4_500_000_000L);
    }

    @Test
    void shouldNotHoldBackAFlushOfTheApplication() {
        begin(12, 2 * MIB);
        startVerify(0, false);
        rig.finish(rig.write(rig.mirror, 0, new byte[4096], BlockRequest.FUA));
        rig.finish(rig.flush());
        assertThat(rig.scheduler.runUntil(() -> ended != null, MirrorRig.STEPS)).isTrue();
    }
}
