/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.resync;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.netraid.block.BlockCapability;
import org.netraid.sim.SimDiskOptions;
import org.netraid.block.BlockCommand;
import org.netraid.block.BlockError;
import org.netraid.block.BlockRequest;
import org.netraid.mirror.IoReason;
import org.netraid.mirror.LegState;
import org.netraid.mirror.MirrorRig;
import org.netraid.sim.CrashMode;
import org.netraid.sim.SimRandom;

class ResyncTest {

    private static final long MIB = MirrorRig.MIB;
    private static final int CHUNK = ResyncRig.CHUNK;

    private static ResyncRig equal(long seed, long sizeBytes, int targets) {
        return new ResyncRig(new MirrorRig(seed, sizeBytes, targets)).startEqual();
    }

    @Test
    void shouldCopyEverythingWhenNothingIsKnownOfTheTargets() {
        ResyncRig r = new ResyncRig(new MirrorRig(1, 5 * MIB + 1000, 2)).startUnknown();
        r.rig.finish(r.rig.write(0, (int) MIB, 3));
        r.rig.finish(r.rig.write(5 * MIB, 1000, 4));
        r.rig.finish(r.rig.write(r.rig.targets.get(1).attach(r.rig.loop), 2 * MIB, 70_000, 9, 0));
        r.watchForUnmarkedWrites(0);
        r.connect(0);
        r.connect(1);
        r.rig.run();
        r.assertInSyncAndEqual();
        assertThat(r.progress(0).chunksDone()).isEqualTo(81);
        assertThat(r.progress(0).bytesSent() + r.progress(0).bytesAsZeros()).isEqualTo(5 * MIB + 1000);
        assertThat(r.progress(0).bytesAsZeros()).as("zeros travel as WRITE_ZEROES").isGreaterThan(3 * MIB);
        assertThat(r.progress(0).phase()).isEqualTo(ResyncPhase.DONE);
        assertThat(r.marks).contains("0 inconsistent", "1 inconsistent", "0 in sync", "1 in sync");
    }

    @Test
    void shouldSendOnlyWhatTheTargetMissed() {
        ResyncRig r = equal(2, 64 * MIB, 2);
        r.rig.finish(r.rig.write(0, (int) MIB, 1));
        r.rig.run();
        r.rig.mirror.legLost(0, "test");
        r.rig.finish(r.rig.write(10 * MIB, CHUNK, 2));
        r.rig.finish(r.rig.write(40 * MIB + 5, 10, 3));
        r.watchForUnmarkedWrites(0);
        r.connect(0);
        r.rig.run();
        r.assertInSyncAndEqual();
        assertThat(r.progress(0).bytesSent()).isEqualTo(2 * CHUNK);
        assertThat(r.rig.mirror.snapshot().legs().get(0).resyncBytes()).isEqualTo(2 * CHUNK);
    }

    @Test
    void shouldNotTouchATargetBeforeItIsMarkedInconsistent() {
        ResyncRig r = equal(3, 8 * MIB, 1);
        r.rig.mirror.legLost(0, "test");
        r.rig.finish(r.rig.write(0, 4096, 1));
        r.refusal = "disk full";
        r.watchForUnmarkedWrites(0);
        r.connect(0);
        r.rig.scheduler.runFor(100_000_000);
        r.rig.finish(r.rig.write(CHUNK, 4096, 2));
        assertThat(r.rig.mirror.legState(0)).isEqualTo(LegState.CONNECTED);
        assertThat(r.rig.targets.get(0).content(0, CHUNK * 2)).containsOnly(0);
        assertThat(r.progress(0).waitsFor()).contains("inconsistent").contains("disk full");
        r.refusal = "";
        r.rig.run();
        r.assertInSyncAndEqual();
    }

    @Test
    void shouldEndByteEqualWhileTheApplicationGoesOnWriting() {
        for (int seed = 0; seed < 15; seed++) {
            ResyncRig r = equal(seed, 16 * MIB, 2);
            writeWhile(r, seed, 40);
            r.rig.mirror.legLost(0, "test");
            r.rig.mirror.legLost(1, "test");
            writeWhile(r, seed + 100, 100);
            r.connect(0);
            r.connect(1);
            writeWhile(r, seed + 200, 300);
            r.rig.run();
            r.assertInSyncAndEqual();
        }
    }

    /** Random overlapping writes, a few in flight at any time. */
    private static void writeWhile(ResyncRig r, long seed, int count) {
        SimRandom random = new SimRandom(seed);
        List<MirrorRig.Io> open = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            long offset = random.nextInt(400) * 37L * 512;
            int length = 512 * (1 + random.nextInt(200));
            if (random.chance(100)) {
                open.add(r.rig.zero(BlockCommand.TRIM, offset, length, 0));
            } else {
                open.add(r.rig.write(offset, length, random.nextInt(255) + 1));
            }
            while (open.size() > 8) {
                MirrorRig.Io first = r.rig.finish(open.remove(0));
                assertThat(first.error).isEqualTo(BlockError.NONE);
            }
        }
        open.forEach(r.rig::finish);
    }

    @Test
    void shouldSurviveAWriteThatRacesAResyncOfOneChunk() {
        for (int seed = 0; seed < 100; seed++) {
            ResyncRig r = equal(seed, 8 * MIB, 1);
            r.rig.mirror.legLost(0, "test");
            r.rig.finish(r.rig.write(0, 4096, 1));
            r.connect(0);
            r.rig.scheduler.runFor(2_000_000 + seed * 40_000L);
            r.rig.write(0, 4096, 2);
            r.rig.scheduler.runFor(seed * 3_000L);
            r.rig.write(2048, CHUNK, 3);
            r.rig.run();
            r.assertInSyncAndEqual();
        }
    }

    @Test
    void shouldNotDeclareTheTargetInSyncWhenItsLastFlushFails() {
        ResyncRig r = equal(14, 8 * MIB, 1);
        r.rig.mirror.legLost(0, "test");
        r.rig.finish(r.rig.write(0, CHUNK * 2, 1));
        r.rig.targets.get(0).fault().on(BlockCommand.FLUSH).once().fail(BlockError.EIO);
        r.connect(0);
        r.rig.run();
        assertThat(r.rig.mirror.legState(0)).isEqualTo(LegState.DISCONNECTED);
        assertThat(r.inconsistent[0]).isTrue();
        assertThat(r.rig.log.dirtyChunks(0)).isEqualTo(2);
        assertThat(r.progress(0).phase()).isEqualTo(ResyncPhase.CANCELLED);
        r.connect(0);
        r.rig.run();
        r.assertInSyncAndEqual();
    }

    @Test
    void shouldShowDifferingCopiesWhenResyncTakesNoLock() {
        boolean found = false;
        for (int seed = 0; seed < 60 && !found; seed++) {
            ResyncRig r = new ResyncRig(new MirrorRig(seed, 8 * MIB, 1));
            r.rig.faults = name -> name.equals("resync-without-lock");
            r.config = r.config.withoutSilence();
            r.startEqual();
            r.rig.mirror.legLost(0, "test");
            r.rig.finish(r.rig.write(0, CHUNK * 64, 1));
            r.connect(0);
            SimRandom random = new SimRandom(seed);
            r.rig.scheduler.runUntil(() -> r.rig.mirror.legState(0) == LegState.RESYNCING, MirrorRig.STEPS);
            for (int i = 0; i < 50 && r.rig.mirror.legState(0) == LegState.RESYNCING; i++) {
                List<MirrorRig.Io> together = new ArrayList<>();
                for (int at = random.nextInt(4); at < 64; at += 4) {
                    together.add(r.rig.write(at * (long) CHUNK, CHUNK, i + 2));
                }
                together.forEach(r.rig::finish);
            }
            r.rig.run();
            found = !r.rig.localDisk.equalContent(r.rig.targets.get(0), 0, r.rig.sizeBytes);
        }
        assertThat(found).as("the fault point shows").isTrue();
    }

    @Test
    void shouldGoOnFromTheBitsWhenInterrupted() {
        for (int seed = 0; seed < 10; seed++) {
            ResyncRig r = equal(seed, 64 * MIB, 1);
            r.rig.mirror.legLost(0, "test");
            r.rig.finish(r.rig.write(0, (int) (32 * MIB), 1));
            r.connect(0);
            SimRandom random = new SimRandom(seed);
            int rounds = 0;
            while (r.rig.mirror.legState(0) != LegState.IN_SYNC) {
                r.rig.scheduler.runFor(50_000_000 + random.nextInt(250_000_000));
                if (r.rig.mirror.legState(0) != LegState.IN_SYNC) {
                    assertThat(r.inconsistent[0]).isTrue();
                    r.rig.mirror.legLost(0, "again");
                    r.rig.finish(r.rig.write(random.nextInt(60) * MIB, 4096, rounds + 2));
                    r.rig.scheduler.runFor(10_000_000);
                    r.connect(0);
                }
                assertThat(rounds++).isLessThan(200);
            }
            r.rig.run();
            r.assertInSyncAndEqual();
            assertThat(r.rig.mirror.snapshot().legs().get(0).resyncBytes()).as("most is sent once").isLessThan(60 * MIB);
        }
    }

    /** What the target has counts only when it is flushed: a flush that waits behind megabytes sent ahead comes too late. */
    @Test
    void shouldAdvanceInEachLifeOfASlowLinkThatBreaksAgainAndAgain() {
        for (int seed = 0; seed < 5; seed++) {
            ResyncRig r = new ResyncRig(new MirrorRig(seed, 16 * MIB, 1, ResyncTest::withoutHashes)).startEqual();
            r.rig.mirror.legLost(0, "test");
            r.rig.finish(r.rig.write(0, (int) (4 * MIB), 1));
            r.rig.targets.get(0).throttleWrites(128 << 10);
            r.connect(0);
            for (int lives = 1; r.rig.mirror.legState(0) != LegState.IN_SYNC; lives++) {
                long before = r.rig.log.dirtyChunks(0);
                r.rig.scheduler.runFor(8_000_000_000L);
                if (r.rig.mirror.legState(0) != LegState.IN_SYNC) {
                    r.rig.mirror.legLost(0, "again");
                    assertThat(r.rig.log.dirtyChunks(0)).as("after life %d, in which 16 chunks could arrive", lives)
                            .isLessThanOrEqualTo(Math.max(0, before - 8));
                    r.rig.run();
                    r.connect(0);
                }
            }
            r.rig.run();
            r.assertInSyncAndEqual();
        }
    }

    /** Found by bin/sim (seed 3056037): the least that was sent ahead took the link longer than it lived, each time. */
    @Test
    void shouldAdvanceOverALinkThatLivesForLessThanTheFirstWindow() {
        ResyncRig r = new ResyncRig(new MirrorRig(1, 16 * MIB, 1, ResyncTest::withoutHashes)).startEqual();
        r.rig.mirror.legLost(0, "test");
        r.rig.finish(r.rig.write(0, 512 << 10, 1));
        r.rig.targets.get(0).throttleWrites(128 << 10);
        r.connect(0);
        for (int lives = 1; r.rig.mirror.legState(0) != LegState.IN_SYNC; lives++) {
            assertThat(lives).as("once it has begun with one chunk, each life brings at least one").isLessThan(16);
            r.rig.scheduler.runFor(1_200_000_000L);
            if (r.rig.mirror.legState(0) != LegState.IN_SYNC) {
                r.rig.mirror.legLost(0, "again");
                r.rig.run();
                r.connect(0);
            }
        }
        r.rig.run();
        r.assertInSyncAndEqual();
    }

    private static SimDiskOptions withoutHashes(SimDiskOptions options) {
        Set<BlockCapability> less = EnumSet.copyOf(options.capabilities());
        less.remove(BlockCapability.CHECKSUM);
        return options.withCapabilities(less);
    }

    @Tag("slow")
    @Test
    void shouldEndByteEqualWhenTheSourceCrashesAtAnyMoment() {
        for (int seed = 0; seed < 25; seed++) {
            ResyncRig r = equal(seed, 16 * MIB, 2);
            SimRandom random = new SimRandom(seed * 31 + 7);
            for (int life = 0; life < 4; life++) {
                List<MirrorRig.Io> open = new ArrayList<>();
                for (int i = 0; i < 60; i++) {
                    open.add(r.rig.write(random.nextInt(1000) * 16384L, 512 * (1 + random.nextInt(20)), random.nextInt(255) + 1));
                    if (random.chance(50)) {
                        r.rig.mirror.legLost(random.nextInt(2), "test");
                    }
                    r.rig.scheduler.runFor(random.nextInt(600_000));
                }
                r.rig.crashSource(random.nextBoolean() ? CrashMode.POWER_CUT : CrashMode.PROCESS_KILL);
                r.rig.scheduler.runFor(20_000_000);
                r.restartSource();
                r.rig.scheduler.runFor(random.nextInt(40_000_000));
            }
            r.rig.run();
            r.assertInSyncAndEqual();
        }
    }

    @Test
    void shouldKeepFlushedWritesOnTargetWhenSourceAndTargetLosePower() {
        for (int seed = 0; seed < 10; seed++) {
            ResyncRig r = equal(seed, 8 * MIB, 2);
            r.rig.finish(r.rig.write(0, CHUNK, 5));
            assertThat(r.rig.finish(r.rig.flush()).error).isEqualTo(BlockError.NONE);
            r.rig.finish(r.rig.write(r.rig.mirror, MIB, new byte[] {1, 2, 3, 4}, BlockRequest.FUA));
            r.rig.crashSource(CrashMode.POWER_CUT_ALL_LOST);
            r.rig.targets.get(0).crash(CrashMode.POWER_CUT_ALL_LOST);
            assertThat(r.rig.localDisk.content(0, CHUNK)).containsOnly(5);
            assertThat(r.rig.targets.get(0).content(0, CHUNK)).containsOnly(5);
            assertThat(r.rig.targets.get(0).content(MIB, 4)).containsExactly(1, 2, 3, 4);
            r.restartSource();
            r.rig.run();
            r.assertInSyncAndEqual();
        }
    }

    @Test
    void shouldSendAgainWhatATargetLostWithItsCache() {
        ResyncRig r = equal(5, 8 * MIB, 1);
        r.rig.finish(r.rig.write(0, CHUNK, 5));
        r.rig.targets.get(0).crash(CrashMode.POWER_CUT_ALL_LOST);
        r.rig.mirror.legLost(0, "power");
        r.rig.run();
        r.connect(0);
        r.rig.run();
        r.assertInSyncAndEqual();
        assertThat(r.progress(0).bytesSent()).isEqualTo(CHUNK);
    }

    @Test
    void shouldResendExactlyWhatWasWrittenDuringAPause() {
        ResyncRig r = equal(6, 64 * MIB, 1);
        r.rig.finish(r.rig.write(0, CHUNK * 4, 1));
        assertThat(r.rig.mirror.pauseLeg(0)).isEmpty();
        r.rig.run();
        assertThat(r.rig.mirror.legState(0)).isEqualTo(LegState.PAUSED);
        r.rig.finish(r.rig.write(32 * MIB, CHUNK * 2, 2));
        assertThat(r.rig.targets.get(0).content(32 * MIB, CHUNK)).containsOnly(0);
        assertThat(r.rig.mirror.resumeLeg(0)).isEmpty();
        r.rig.run();
        r.assertInSyncAndEqual();
        assertThat(r.progress(0).bytesSent()).isEqualTo(2 * CHUNK);
    }

    @Test
    void shouldSendEverythingOnDemand() {
        ResyncRig r = equal(7, 8 * MIB, 1);
        r.rig.targets.get(0).rot(5000, 3);
        assertThat(r.rig.mirror.fullResync(0)).isEmpty();
        r.rig.run();
        r.assertInSyncAndEqual();
        assertThat(r.progress(0).chunksDone()).isEqualTo(128);
    }

    @Test
    void shouldGoThroughTheMarksWhenTheTargetSaysItIsInconsistentThoughNothingIsDirty() {
        ResyncRig r = equal(8, 8 * MIB, 1);
        r.rig.run();
        r.rig.mirror.close(() -> r.rig.events.add("closed"));
        r.rig.run();
        assertThat(r.rig.events).contains("closed");
        r.rig.log.close(error -> assertThat(error).isEqualTo(BlockError.NONE));
        r.rig.run();
        r.inconsistent[0] = true;
        r.restartSource();
        r.rig.run();
        r.assertInSyncAndEqual();
        assertThat(r.progress(0).chunksDone()).isZero();
    }

    @Test
    void shouldCostNothingWhenStoppedAndStartedInOrder() {
        ResyncRig r = equal(9, 8 * MIB, 2);
        r.rig.finish(r.rig.write(0, CHUNK, 1));
        r.rig.mirror.suspend(IoReason.OPERATOR, "test", (error, detail) -> r.rig.events.add("drained " + error));
        r.rig.run();
        assertThat(r.rig.events).contains("drained NONE");
        r.rig.log.close(error -> r.rig.events.add("log closed " + error));
        r.rig.run();
        assertThat(r.rig.events).contains("log closed NONE");
        r.restartSource();
        r.rig.run();
        assertThat(r.manager.progress(0)).isEmpty();
        r.assertInSyncAndEqual();
    }

    @Test
    void shouldHoldTheApplicationNoLongerThanTheTimeoutWhenTheTargetHangsInMidResync() {
        ResyncRig r = new ResyncRig(new MirrorRig(10, 8 * MIB, 1));
        r.rig.timeoutNs = 500_000_000;
        r.startEqual();
        r.rig.mirror.legLost(0, "test");
        r.rig.finish(r.rig.write(0, (int) (4 * MIB), 1));
        r.connect(0);
        r.rig.scheduler.runUntil(() -> r.rig.mirror.legState(0) == LegState.RESYNCING, MirrorRig.STEPS);
        r.rig.targets.get(0).fault().hang();
        long startNs = r.rig.scheduler.nanoTime();
        List<MirrorRig.Io> writes = new ArrayList<>();
        for (int i = 0; i < 64; i++) {
            writes.add(r.rig.write(i * (long) CHUNK, 512, 2));
        }
        writes.forEach(r.rig::finish);
        assertThat(writes).allMatch(io -> io.doneNs - startNs < 600_000_000);
        assertThat(r.rig.mirror.legState(0)).isEqualTo(LegState.DISCONNECTED);
        assertThat(r.progress(0).phase()).isEqualTo(ResyncPhase.CANCELLED);
        assertThat(r.rig.connect(0)).as("while the old device holds commands").isPresent();
        r.rig.targets.get(0).clearFaults();
        r.rig.run();
        r.connect(0);
        r.rig.run();
        r.assertInSyncAndEqual();
    }

    @Test
    void shouldTryAgainWhenTheLocalDiskCannotBeRead() {
        ResyncRig r = equal(11, 8 * MIB, 1);
        r.rig.mirror.legLost(0, "test");
        r.rig.finish(r.rig.write(0, CHUNK * 3, 1));
        r.rig.localDisk.fault().on(BlockCommand.READ).times(6).fail(BlockError.EIO);
        r.connect(0);
        r.rig.scheduler.runFor(500_000_000);
        assertThat(r.progress(0).waitsFor()).contains("local disk");
        r.rig.run();
        r.assertInSyncAndEqual();
    }

    @Test
    void shouldStayBelowTheCeilingOfTheRate() {
        ResyncRig r = new ResyncRig(new MirrorRig(12, 16 * MIB, 1));
        r.config = new ResyncConfig(16, 65536, 4 * MIB, 0);
        r.startEqual();
        r.rig.mirror.legLost(0, "test");
        r.rig.finish(r.rig.write(0, (int) (8 * MIB), 1));
        long startNs = r.rig.scheduler.nanoTime();
        r.connect(0);
        r.rig.run();
        r.assertInSyncAndEqual();
        double seconds = r.progress(0).elapsedNs() / 1e9;
        assertThat(seconds).isBetween(1.7, 2.6);
        assertThat(r.rig.scheduler.nanoTime()).isGreaterThan(startNs);
    }

    @Test
    void shouldShowProgressRateAndEta() {
        ResyncRig r = new ResyncRig(new MirrorRig(13, 16 * MIB, 1));
        r.config = new ResyncConfig(2, 65536, 4 * MIB, 0);
        r.startEqual();
        r.rig.mirror.legLost(0, "test");
        r.rig.finish(r.rig.write(0, (int) (8 * MIB), 1));
        r.connect(0);
        r.rig.scheduler.runFor(1_000_000_000);
        ResyncProgress progress = r.progress(0);
        assertThat(r.manager.running()).hasSize(1);
        assertThat(progress.chunksTotal()).isEqualTo(128);
        assertThat(progress.chunksDone()).isBetween(50L, 90L);
        assertThat(progress.bytesPerSecond()).isBetween(3 * MIB, 5 * MIB);
        assertThat(progress.etaNs()).isBetween(600_000_000L, 1_500_000_000L);
        r.manager.rates(0, 0);
        r.rig.run();
        r.assertInSyncAndEqual();
    }

    @Test
    void shouldNotLoseItsMemoryToTargetsThatHang() {
        ResyncRig r = new ResyncRig(new MirrorRig(14, 16 * MIB, 1));
        r.config = new ResyncConfig(1, 65536, 0, 64 * MIB);
        r.startEqual();
        r.rig.mirror.legLost(0, "test");
        r.rig.finish(r.rig.write(0, (int) (8 * MIB), 1));
        for (int i = 0; i < 12; i++) {
            r.connect(0);
            r.rig.scheduler.runUntil(() -> r.progress(0).bytesSent() > 0, MirrorRig.STEPS);
            r.rig.targets.get(0).fault().hang();
            r.rig.scheduler.runFor(10_000_000);
            r.rig.mirror.legLost(0, "hangs");
            r.rig.targets.get(0).clearFaults();
            r.rig.scheduler.runFor(10_000_000);
        }
        r.connect(0);
        r.rig.run();
        r.assertInSyncAndEqual();
    }

    @Test
    void shouldReadEachChunkOnceForAllTargetsThatNeedIt() {
        ResyncRig r = equal(15, 32 * MIB, 3);
        for (int slot = 0; slot < 3; slot++) {
            r.rig.mirror.legLost(slot, "test");
        }
        r.rig.finish(r.rig.write(0, (int) (16 * MIB), 1));
        for (int slot = 0; slot < 3; slot++) {
            r.connect(slot);
        }
        r.rig.run();
        r.assertInSyncAndEqual();
        assertThat(r.manager.totals().bytesSent()).isEqualTo(3 * 16 * MIB);
        assertThat(r.manager.totals().localBytesRead()).isBetween(16 * MIB, 18 * MIB);
    }

    @Test
    void shouldNotHoldFastTargetsBackForASlowOne() {
        MirrorRig rig = new MirrorRig(16, 64 * MIB, 2);
        ResyncRig r = new ResyncRig(rig).startEqual();
        r.rig.mirror.legLost(0, "test");
        r.rig.mirror.legLost(1, "test");
        r.rig.finish(r.rig.write(0, (int) (32 * MIB), 1));
        r.rig.targets.get(1).fault().on(BlockCommand.WRITE).slow(300);
        r.connect(0);
        r.connect(1);
        r.rig.scheduler.runUntil(() -> r.rig.mirror.legState(0) == LegState.IN_SYNC, MirrorRig.STEPS);
        assertThat(r.progress(0).elapsedNs()).as("the fast one").isLessThan(3_000_000_000L);
        assertThat(r.progress(1).bytesDone()).as("the slow one").isLessThan(28 * MIB);
        r.rig.targets.get(1).clearFaults();
        r.rig.run();
        r.assertInSyncAndEqual();
    }

    @Test
    void shouldSendHolesAndZeroChunksAsZerosAndReadNoHole() {
        ResyncRig r = new ResyncRig(new MirrorRig(17, 256 * MIB + 1000, 1)).startUnknown();
        r.rig.finish(r.rig.write(100 * MIB, (int) MIB, 3));
        r.connect(0);
        r.rig.run();
        r.assertInSyncAndEqual();
        assertThat(r.progress(0).bytesSent()).isEqualTo(MIB);
        assertThat(r.progress(0).bytesAsZeros()).isEqualTo(255 * MIB + 1000);
        assertThat(r.progress(0).bytesTotal()).isEqualTo(256 * MIB + 1000);
        assertThat(r.progress(0).percent()).isEqualTo(100);
        assertThat(r.manager.totals().localBytesRead()).as("holes are not read").isLessThan(16 * MIB);
    }

    @Test
    void shouldSendWhatIsWrittenIntoAHoleWhileTheResyncPasses() {
        for (int seed = 0; seed < 20; seed++) {
            ResyncRig r = new ResyncRig(new MirrorRig(seed, 64 * MIB, 2)).startUnknown();
            r.connect(0);
            r.connect(1);
            SimRandom random = new SimRandom(seed);
            for (int i = 0; i < 60; i++) {
                r.rig.write(random.nextInt(1000) * 65536L, 4096 * (1 + random.nextInt(8)), 1 + random.nextInt(200));
                r.rig.scheduler.runFor(random.nextInt(400_000));
            }
            r.rig.run();
            r.assertInSyncAndEqual();
        }
    }

    @Test
    void shouldNotSendWhatTheTargetHasAlready() {
        ResyncRig r = equal(18, 64 * MIB + 512, 2);
        byte[] bytes = new byte[(int) (24 * MIB)];
        new SimRandom(1).fill(bytes);
        r.rig.finish(r.rig.write(r.rig.mirror, 40 * MIB + 512, bytes, 0));
        r.rig.run();
        r.rig.targets.get(1).rot(50 * MIB, 3);
        assertThat(r.rig.mirror.fullResync(0)).isEmpty();
        assertThat(r.rig.mirror.fullResync(1)).isEmpty();
        r.rig.run();
        r.assertInSyncAndEqual();
        assertThat(r.progress(0).bytesSent()).isZero();
        assertThat(r.progress(0).bytesEqual()).isBetween(24 * MIB, 25 * MIB);
        assertThat(r.progress(0).bytesDone()).isEqualTo(64 * MIB + 512);
        assertThat(r.progress(1).bytesSent()).isEqualTo(CHUNK);
        assertThat(r.manager.totals().bytesCompared()).as("once for both").isBetween(24 * MIB, 26 * MIB);
        assertThat(r.manager.totals().comparingNs()).isPositive();
    }

    @Test
    void shouldStopComparingWhenNothingIsEqualUnlessTheTargetIsSeeded() {
        for (boolean seeded : new boolean[] {false, true}) {
            ResyncRig r = equal(19, 64 * MIB, 1);
            r.rig.mirror.legLost(0, "test");
            byte[] bytes = new byte[(int) (16 * MIB)];
            new SimRandom(2).fill(bytes);
            for (int i = 0; i < 3; i++) {
                r.rig.finish(r.rig.write(r.rig.mirror, i * 16 * MIB, bytes, 0));
            }
            if (seeded) {
                r.manager.expectSeeded(0);
            }
            r.connect(0);
            r.rig.run();
            r.assertInSyncAndEqual();
            assertThat(r.manager.totals().bytesCompared()).isBetween(seeded ? 48 * MIB : MIB, seeded ? 49 * MIB : 10 * MIB);
            assertThat(r.progress(0).bytesSent()).isEqualTo(48 * MIB);
        }
    }

    @Test
    void shouldSendWhatCannotBeHashed() {
        ResyncRig r = equal(20, 16 * MIB, 1);
        r.rig.finish(r.rig.write(0, (int) (4 * MIB), 3));
        r.rig.targets.get(0).fault().on(BlockCommand.CHECKSUM).times(3).fail(BlockError.EIO);
        assertThat(r.rig.mirror.fullResync(0)).isEmpty();
        r.rig.run();
        r.assertInSyncAndEqual();
        assertThat(r.progress(0).bytesSent()).isPositive();
    }

    @Test
    void shouldSurviveTargetsThatAreLostWhileTheyHash() {
        for (int seed = 0; seed < 3; seed++) {
            ResyncRig r = equal(seed, 32 * MIB, 2);
            byte[] bytes = new byte[(int) (20 * MIB)];
            new SimRandom(seed).fill(bytes);
            r.rig.finish(r.rig.write(r.rig.mirror, 0, bytes, 0));
            r.rig.mirror.fullResync(0);
            r.rig.mirror.fullResync(1);
            r.manager.expectSeeded(0);
            for (int i = 0; i < 6; i++) {
                r.rig.targets.get(0).fault().on(BlockCommand.CHECKSUM).afterPassing(seed).times(2).hang();
                r.rig.scheduler.runFor(15_000_000 + seed * 1_000_000L);
                r.rig.write(seed * MIB, CHUNK, i);
                r.rig.mirror.legLost(0, "test");
                r.rig.targets.get(0).clearFaults();
                r.rig.scheduler.runFor(10_000_000);
                r.connect(0);
            }
            r.rig.run();
            r.assertInSyncAndEqual();
        }
    }

    private static SimDiskOptions cached(SimDiskOptions options) {
        EnumSet<BlockCapability> can = EnumSet.copyOf(options.capabilities());
        can.add(BlockCapability.STORED);
        return options.withCapabilities(can);
    }

    private static ResyncRig cached(long seed, long sizeBytes, int targets) {
        return new ResyncRig(new MirrorRig(seed, sizeBytes, targets, ResyncTest::cached, ResyncTest::cached)).startEqual();
    }

    private static void fill(ResyncRig r, int bytes) {
        byte[] random = new byte[bytes];
        new SimRandom(99).fill(random);
        // a chunk that begins with zeros, and one that is nothing else
        Arrays.fill(random, 2 * CHUNK, 2 * CHUNK + 4096, (byte) 0);
        Arrays.fill(random, 90 * CHUNK, 91 * CHUNK, (byte) 0);
        r.rig.finish(r.rig.write(r.rig.mirror, 0, random, 0));
    }

    @Test
    void shouldNotReadWhatOneTargetTakesFromTheCache() {
        ResyncRig r = cached(30, 32 * MIB, 1);
        r.rig.mirror.legLost(0, "test");
        fill(r, (int) (24 * MIB));
        r.connect(0);
        r.rig.run();
        r.assertInSyncAndEqual();
        assertThat(r.rig.localDisk.peekedBytes()).isBetween(16 * MIB, 25 * MIB);
        assertThat(r.progress(0).bytesSent()).isEqualTo(24 * MIB - CHUNK);
    }

    @Test
    void shouldReadOnceWhatTwoTargetsNeed() {
        ResyncRig r = cached(31, 32 * MIB, 2);
        r.rig.mirror.legLost(0, "test");
        r.rig.mirror.legLost(1, "test");
        fill(r, (int) (24 * MIB));
        r.connect(0);
        r.connect(1);
        r.rig.run();
        r.assertInSyncAndEqual();
        assertThat(r.manager.totals().localBytesRead()).isBetween(24 * MIB - CHUNK, 26 * MIB);
    }

    /** Goal: what is taken late from the cache is never older than an application's write, and never torn by it. */
    @Test
    void shouldEndEqualWhileTheApplicationWritesAndTheTargetIsLostAgainAndAgain() {
        for (int seed = 0; seed < 3; seed++) {
            ResyncRig r = cached(seed, 32 * MIB, 1);
            fill(r, (int) (24 * MIB));
            SimRandom random = new SimRandom(seed);
            r.rig.mirror.fullResync(0);
            for (int i = 0; i < 40; i++) {
                r.rig.write(random.nextInt(24 << 8) * 4096L, 4096 * (1 + random.nextInt(40)), i);
                r.rig.scheduler.runFor(random.nextInt(3_000_000));
                if (i % 8 == 7) {
                    r.rig.mirror.legLost(0, "test");
                    r.rig.scheduler.runFor(5_000_000);
                    r.connect(0);
                }
            }
            r.rig.run();
            r.assertInSyncAndEqual();
        }
    }

    @Test
    void shouldSayWhatCannotBeReadAfterATransferHasLostTheTarget() {
        ResyncRig r = cached(32, 32 * MIB, 1);
        r.rig.mirror.legLost(0, "test");
        fill(r, (int) (24 * MIB));
        r.rig.localDisk.unreadableAt(12 * MIB + 5000);
        r.connect(0);
        r.rig.scheduler.runUntil(() -> r.rig.mirror.legState(0) == LegState.DISCONNECTED, MirrorRig.STEPS);
        assertThat(r.rig.mirror.legState(0)).isEqualTo(LegState.DISCONNECTED);
        r.rig.scheduler.runFor(100_000_000);
        r.connect(0);
        r.rig.run();
        r.assertInSyncAndEqual();
    }

    /** Found by the simulator: a disk that has failed a flush shows what it will never write, and its hashes with it. */
    @Test
    void shouldSendEverythingAgainToATargetThatHasFailedAFlush() {
        ResyncRig r = equal(21, 16 * MIB, 1);
        r.rig.targets.get(0).fault().on(BlockCommand.FLUSH).once().fail(BlockError.EIO);
        r.rig.finish(r.rig.write(0, (int) (8 * MIB), 3));
        r.rig.run();
        assertThat(r.rig.mirror.legState(0)).isEqualTo(LegState.DISCONNECTED);
        r.connect(0);
        r.rig.run();
        r.assertInSyncAndEqual();
        r.rig.assertEqualDurable();
        assertThat(r.progress(0).bytesSent()).isEqualTo(8 * MIB);
        assertThat(r.progress(0).bytesEqual()).isZero();
    }
}
