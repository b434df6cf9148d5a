/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.mirror;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.netraid.block.BlockCapability;
import org.netraid.block.BlockCommand;
import org.netraid.block.BlockDevice;
import org.netraid.block.BlockError;
import org.netraid.block.BlockGeometry;
import org.netraid.block.BlockRequest;
import org.netraid.intentlog.SlotState;
import org.netraid.sim.CrashMode;
import org.netraid.sim.SimLoop;

/** Every way a copy can fail, and what becomes of the writes meanwhile. Many names are failures that other engines have had. */
class MirrorFailureTest {

    private static final long MIB = MirrorRig.MIB;
    private static final int CHUNK = 64 << 10;

    @Test
    void shouldGoOnWithoutATargetThatFailsAWriteAndKnowWhatItMissed() {
        MirrorRig rig = new MirrorRig(1, 8 * MIB, 2).startEqual();
        rig.targets.get(0).fault().on(BlockCommand.WRITE).fail(BlockError.ENOSPC);
        assertThat(rig.finish(rig.write(MIB, 4096, 1)).error).isEqualTo(BlockError.NONE);
        assertThat(rig.mirror.legState(0)).isEqualTo(LegState.DISCONNECTED);
        assertThat(rig.mirror.legState(1)).isEqualTo(LegState.IN_SYNC);
        assertThat(rig.log.isDirty(0, MIB / CHUNK)).isTrue();
        assertThat(rig.log.dirtyChunks(1)).isZero();
        assertThat(rig.log.slotState(0)).isEqualTo(SlotState.STALE);
        LegSnapshot leg = rig.mirror.snapshot().legs().get(0);
        assertThat(leg.lastError()).contains("WRITE of 4096 bytes at offset 1048576 on t0 failed with ENOSPC");
        assertThat(leg.losses()).isEqualTo(1);
        rig.run();
    }

    @Test
    void shouldKeepFirstErrorWhenLaterPartSucceeds() {
        MirrorRig rig = new MirrorRig(2, 64 * MIB, 1);
        rig.config = rig.config.withMemory(1 << 20, 65536);
        rig.startEqual();
        rig.localDisk.fault().on(BlockCommand.WRITE_ZEROES).afterPassing(1).once().fail(BlockError.EIO);
        MirrorRig.Io io = rig.finish(rig.zero(BlockCommand.TRIM, 0, 4 * 65536, 0));
        assertThat(io.error).isEqualTo(BlockError.EIO);
        assertThat(io.detail).contains("offset 65536 on local");
    }

    @Test
    void shouldLoseTargetWhenMiddlePartOfASplitWriteFailsThoughOthersWouldSucceed() {
        MirrorRig rig = new MirrorRig(3, 8 * MIB, 1,
                options -> options.withGeometry(new BlockGeometry(8 * MIB, 1, 4096, 16384))).startEqual();
        rig.targets.get(0).fault().on(BlockCommand.WRITE).afterPassing(1).once().fail(BlockError.EIO);
        assertThat(rig.finish(rig.write(0, CHUNK * 2, 1)).error).isEqualTo(BlockError.NONE);
        assertThat(rig.mirror.legState(0)).isEqualTo(LegState.DISCONNECTED);
        assertThat(rig.log.dirtyChunks(0)).isEqualTo(2);
    }

    @Test
    void shouldMarkTrimAndZeroesDirtyOnATargetThatMissesThem() {
        MirrorRig rig = new MirrorRig(4, 8 * MIB, 3).startEqual();
        rig.mirror.legLost(1, "test");
        rig.finish(rig.zero(BlockCommand.TRIM, 10, CHUNK, 0));
        rig.finish(rig.zero(BlockCommand.WRITE_ZEROES, 2 * MIB, CHUNK, 0));
        assertThat(rig.log.dirtyChunks(1)).isEqualTo(3);
        assertThat(rig.log.dirtyChunks(0)).isZero();
        assertThat(rig.log.dirtyChunks(2)).isZero();
    }

    @Test
    void shouldHoldWriteNoLongerThanTheTimeoutWhenTargetHangs() {
        MirrorRig rig = new MirrorRig(5, 8 * MIB, 2);
        rig.timeoutNs = 300_000_000;
        rig.startEqual();
        rig.targets.get(0).fault().hang();
        long startNs = rig.scheduler.nanoTime();
        List<MirrorRig.Io> all = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            all.add(rig.write(i * 1000L, 2000, i + 1));
        }
        all.add(rig.flush());
        all.forEach(rig::finish);
        assertThat(all).allMatch(MirrorRig.Io::isOk);
        assertThat(all).allMatch(io -> io.doneNs - startNs < 400_000_000);
        assertThat(rig.mirror.snapshot().legs().get(0).lastError()).contains("no answer from t0 for 300 ms");
        assertThat(rig.localDisk.equalContent(rig.targets.get(1), 0, rig.sizeBytes)).isTrue();
    }

    /** Found by bin/sim (seed 3060795): each new pause put the end of the hanging command off by a whole timeout. */
    @Test
    void shouldLoseAHangingTargetInTimeHoweverOftenItIsPausedMeanwhile() {
        MirrorRig rig = new MirrorRig(5, 8 * MIB, 1);
        rig.timeoutNs = 300_000_000;
        rig.startEqual();
        rig.targets.get(0).fault().on(BlockCommand.WRITE).hang();
        MirrorRig.Io write = rig.write(0, 2000, 1);
        for (int i = 0; i < 8; i++) {
            rig.scheduler.runFor(50_000_000);
            rig.mirror.pauseLeg(0);
            rig.scheduler.runFor(1_000_000);
            rig.mirror.resumeLeg(0);
        }
        rig.scheduler.runFor(1_000_000);
        assertThat(write.isOk()).isTrue();
        assertThat(rig.mirror.legState(0)).isEqualTo(LegState.DISCONNECTED);
        assertThat(rig.mirror.snapshot().legs().get(0).lastError()).contains("commands it was told to give up");
    }

    @Test
    void shouldChangeNothingButGiveBackMemoryWhenAnswerComesAfterTheTimeout() {
        MirrorRig rig = new MirrorRig(6, 8 * MIB, 1);
        rig.timeoutNs = 100_000_000;
        rig.config = rig.config.withMemory(8192, 65536);
        rig.startEqual();
        rig.targets.get(0).fault().hang();
        MirrorRig.Io first = rig.write(0, 4096, 1);
        MirrorRig.Io second = rig.write(8192, 4096, 2);
        rig.finish(first);
        rig.finish(second);
        // The hung device still holds both payloads: they may not be used again, but must not block others either.
        for (int i = 0; i < 8; i++) {
            assertThat(rig.finish(rig.write(MIB + i * 4096L, 4096, 3)).error).isEqualTo(BlockError.NONE);
        }
        assertThat(rig.connect(0)).hasValueSatisfying(why -> assertThat(why).contains("still holds 2 commands"));
        rig.targets.get(0).clearFaults();
        rig.run();
        assertThat(rig.targets.get(0).content(0, 4096)).as("the late write had its own bytes").containsOnly(1);
        assertThat(rig.log.dirtyChunks(0)).isEqualTo(2);
        assertThat(rig.connect(0)).isEmpty();
    }

    @Test
    void shouldHoldStablePayloadUntilTheHungDeviceLetsGo() {
        MirrorRig rig = new MirrorRig(7, 8 * MIB, 1);
        rig.timeoutNs = 100_000_000;
        rig.startEqual();
        rig.targets.get(0).fault().hang();
        MirrorRig.Io io = rig.write(rig.mirror, 0, new byte[4096], BlockRequest.STABLE_PAYLOAD);
        rig.run();
        assertThat(rig.mirror.legState(0)).isEqualTo(LegState.DISCONNECTED);
        assertThat(io.done).as("the device may still read the application's buffer").isFalse();
        rig.targets.get(0).clearFaults();
        rig.finish(io);
        assertThat(io.isOk()).isTrue();
    }

    /** Found by the simulator: the second flush that stands in for FUA succeeds after the first has lost what it covers. */
    @Test
    void shouldFailFuaWriteWhenAnotherFlushHasFailedMeanwhile() {
        int acknowledged = 0;
        for (long seed = 0; seed < 40; seed++) {
            MirrorRig rig = new MirrorRig(seed, 8 * MIB, 0, options -> options,
                    options -> options.withCapabilities(EnumSet.of(BlockCapability.FLUSH)));
            rig.startEqual();
            rig.localDisk.fault().on(BlockCommand.FLUSH).afterPassing(1).once().fail(BlockError.EIO);
            List<MirrorRig.Io> all = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                all.add(rig.write(rig.mirror, i * 4096L, new byte[] {1, 2, 3, 4}, BlockRequest.FUA));
            }
            all.forEach(rig::finish);
            for (int i = 0; i < 4; i++) {
                if (all.get(i).isOk()) {
                    acknowledged++;
                    assertThat(rig.localDisk.durableContent(i * 4096L, 4)).as("seed %d", seed).containsExactly(1, 2, 3, 4);
                }
            }
        }
        assertThat(acknowledged).as("some end before the flush fails").isPositive();
    }

    /** Found by the simulator: the full resync waited for ever for commands that the hung target still held. */
    @Test
    void shouldLoseTargetThatNeverLetsGoOfCommandsGivenUp() {
        MirrorRig rig = new MirrorRig(8, 8 * MIB, 1);
        rig.timeoutNs = 100_000_000;
        rig.startEqual();
        rig.targets.get(0).fault().hang();
        MirrorRig.Io io = rig.write(0, 4096, 1);
        rig.scheduler.runFor(10_000_000);
        assertThat(rig.mirror.fullResync(0)).isEmpty();
        rig.finish(io);
        rig.run();
        assertThat(rig.mirror.legState(0)).isEqualTo(LegState.DISCONNECTED);
        assertThat(rig.mirror.snapshot().legs().get(0).lastError()).contains("no answer from t0 for 100 ms").contains("give up");
    }

    /** Found by reading: an orderly close of a hung NBD target waits for its replies, and the application waited with it. */
    @Test
    void shouldNotWaitForTheRepliesOfAHungTargetWhoseConnectionCanBeCut() {
        MirrorRig rig = new MirrorRig(7, 8 * MIB, 1);
        rig.timeoutNs = 100_000_000;
        rig.boot(true);
        rig.log.setSlot(0, "node0", SlotState.TRACKING, error -> { });
        rig.run();
        rig.makeMirror();
        rig.addLeg(0);
        HungConnection hung = new HungConnection(rig.targets.get(0).attach(rig.loop), rig.loop);
        assertThat(rig.mirror.connectLeg(0, hung, TargetCopy.foreign(true))).isEmpty();
        long startNs = rig.scheduler.nanoTime();
        MirrorRig.Io io = rig.write(rig.mirror, 0, new byte[4096], BlockRequest.STABLE_PAYLOAD);
        rig.finish(io);
        assertThat(io.isOk()).isTrue();
        assertThat(io.doneNs - startNs).isLessThan(150_000_000);
    }

    /** Never answers a write; a close waits for the answers, as a connection's does, an abort gives the buffers back. */
    private static final class HungConnection implements BlockDevice {
        private final BlockDevice inner;
        private final SimLoop loop;
        private final List<BlockRequest> held = new ArrayList<>();

        HungConnection(BlockDevice inner, SimLoop loop) {
            this.inner = inner;
            this.loop = loop;
        }

        @Override
        public String name() {
            return "hung";
        }

        @Override
        public BlockGeometry geometry() {
            return inner.geometry();
        }

        @Override
        public Set<BlockCapability> capabilities() {
            return inner.capabilities();
        }

        @Override
        public void submit(BlockRequest request) {
            request.markSubmitted();
            held.add(request);
        }

        @Override
        public void close(Runnable closed) {
            // waits for ever
        }

        @Override
        public void abort(String reason, Runnable closed) {
            loop.execute(() -> {
                held.forEach(request -> request.complete(BlockError.EIO, reason));
                closed.run();
            });
        }
    }

    @Test
    void shouldNotAcknowledgeWhatATargetMissedBeforeItsStalenessIsDurable() {
        assertThat(acknowledgedBeforeStaleIsDurable("")).isFalse();
        assertThat(acknowledgedBeforeStaleIsDurable("ack-before-stale")).as("the fault point shows").isTrue();
    }

    private static boolean acknowledgedBeforeStaleIsDurable(String fault) {
        MirrorRig rig = new MirrorRig(8, 8 * MIB, 1);
        rig.faults = name -> name.equals(fault);
        rig.startEqual();
        rig.finish(rig.write(0, 4096, 1)); // the extent is hot from now on
        rig.logDisk.fault().hang();
        rig.mirror.legLost(0, "test");
        MirrorRig.Io write = rig.write(0, 4096, 2);
        MirrorRig.Io flush = rig.flush();
        rig.scheduler.runFor(1_000_000_000);
        boolean early = write.done || flush.done;
        rig.logDisk.clearFaults();
        rig.run();
        assertThat(write.isOk()).isTrue();
        assertThat(flush.isOk()).isTrue();
        return early;
    }

    @Test
    void shouldNotAcknowledgeBeforeEveryConnectedTargetHasWritten() {
        assertThat(acknowledgedWhileTargetHangs("")).isFalse();
        assertThat(acknowledgedWhileTargetHangs("ack-before-mirrored")).as("the fault point shows").isTrue();
    }

    private static boolean acknowledgedWhileTargetHangs(String fault) {
        MirrorRig rig = new MirrorRig(9, 8 * MIB, 1);
        rig.faults = name -> name.equals(fault);
        rig.startEqual();
        rig.targets.get(0).fault().hang();
        MirrorRig.Io io = rig.write(0, 4096, 2);
        rig.scheduler.runFor(1_000_000_000);
        boolean early = io.done;
        rig.targets.get(0).clearFaults();
        rig.finish(io);
        rig.run();
        return early;
    }

    /**
     * Found by the cluster simulator (seed 4059414): the write began under protocol C, in the application's own buffer, and waited for its
     * intent when the target got protocol A; then all that it waited for at the end was that buffer, which the lost target let go of.
     */
    @Test
    void shouldNotAcknowledgeAWriteOfALentBufferBeforeTheStalenessOfItsLostTargetIsDurable() {
        for (long seed = 0; seed < 20; seed++) { // whichever copy ends first
            MirrorRig rig = new MirrorRig(seed, 8 * MIB, 1).startEqual();
            MirrorRig.Io io = rig.write(rig.mirror, 0, new byte[4096], BlockRequest.STABLE_PAYLOAD);
            assertThat(rig.mirror.setProtocol(0, ReplicationProtocol.A)).isEmpty();
            rig.targets.get(0).fault().on(BlockCommand.WRITE).once().fail(BlockError.EIO);
            assertThat(rig.scheduler.runUntil(() -> !rig.mirror.legState(0).replicates(), MirrorRig.STEPS)).isTrue();
            assertThat(io.done).as("its staleness is not even written").isFalse();
            rig.finish(io);
            assertThat(io.isOk()).isTrue();
            rig.crashSource(CrashMode.POWER_CUT_ALL_LOST);
            rig.boot(false);
            assertThat(rig.log.slotState(0)).isEqualTo(SlotState.STALE);
        }
    }

    @Test
    void shouldDeclareAbsentTargetStaleBeforeTheFirstWriteItMissesAfterARestart() {
        MirrorRig rig = new MirrorRig(10, 8 * MIB, 1).startEqual();
        rig.run();
        rig.log.close(error -> { });
        rig.run();
        rig.boot(false);
        rig.makeMirror();
        rig.addLeg(0);
        assertThat(rig.log.slotState(0)).isEqualTo(SlotState.TRACKING);
        assertThat(rig.finish(rig.write(0, 4096, 1)).error).isEqualTo(BlockError.NONE);
        assertThat(rig.log.slotState(0)).isEqualTo(SlotState.STALE);
        rig.crashSource(CrashMode.POWER_CUT_ALL_LOST);
        rig.boot(false);
        assertThat(rig.log.slotState(0)).as("durably").isEqualTo(SlotState.STALE);
        assertThat(rig.log.isDirty(0, 0)).isTrue();
    }

    @Test
    void p27ShouldTreatFlushErrorOfTargetAsItsLossAndNeverTrustALaterFlush() {
        MirrorRig rig = new MirrorRig(11, 8 * MIB, 2).startEqual();
        rig.targets.get(0).fault().on(BlockCommand.FLUSH).once().fail(BlockError.EIO);
        rig.finish(rig.write(0, 4096, 1));
        assertThat(rig.finish(rig.flush()).error).as("the copies left have it").isEqualTo(BlockError.NONE);
        assertThat(rig.mirror.legState(0)).isEqualTo(LegState.DISCONNECTED);
        assertThat(rig.log.isDirty(0, 0)).as("answered, but not flushed").isTrue();
        assertThat(rig.targets.get(1).durableContent(0, 4096)).containsOnly(1);
    }

    @Test
    void shouldWaitForTheFlushOfEveryTargetThatIsInSync() {
        MirrorRig rig = new MirrorRig(12, 8 * MIB, 1).startEqual();
        rig.finish(rig.write(0, 4096, 1));
        rig.targets.get(0).fault().on(BlockCommand.FLUSH).slow(1000);
        MirrorRig.Io flush = rig.flush();
        while (!flush.done) {
            assertThat(rig.scheduler.step()).isTrue();
        }
        assertThat(rig.targets.get(0).durableContent(0, 4096)).containsOnly(1);
        assertThat(rig.localDisk.durableContent(0, 4096)).containsOnly(1);
    }

    @Test
    void shouldStopWritingForGoodWhenTheLocalFlushFails() {
        MirrorRig rig = new MirrorRig(13, 8 * MIB, 1).startEqual();
        rig.finish(rig.write(0, 4096, 1));
        rig.localDisk.fault().on(BlockCommand.FLUSH).once().fail(BlockError.EIO);
        MirrorRig.Io flush = rig.finish(rig.flush());
        assertThat(flush.error).isEqualTo(BlockError.EIO);
        assertThat(flush.detail).contains("mirror r0 has stopped writing").contains("local");
        assertThat(rig.finish(rig.write(0, 4096, 2)).error).isEqualTo(BlockError.EIO);
        assertThat(rig.finish(rig.flush()).error).isEqualTo(BlockError.EIO);
        assertThat(rig.finish(rig.zero(BlockCommand.TRIM, 0, 512, 0)).error).isEqualTo(BlockError.EIO);
        assertThat(rig.finish(rig.read(0, 512)).error).isEqualTo(BlockError.NONE);
        assertThat(rig.mirror.state()).isEqualTo(MirrorState.FAILED);
        assertThat(rig.events).contains("failed");
        rig.mirror.flushAll((error, detail) -> rig.events.add("flush " + error));
        rig.run();
        assertThat(rig.events).as("the disk would say yes now").contains("flush EIO");
        assertThat(rig.log.wantsFlush()).as("the write is still unflushed for the log").isTrue();
    }

    @Test
    void shouldReportLocalWriteErrorAndMarkTheRangeDirtyForEveryTarget() {
        MirrorRig rig = new MirrorRig(14, 8 * MIB, 2).startEqual();
        rig.localDisk.fault().on(BlockCommand.WRITE).once().fail(BlockError.EIO);
        MirrorRig.Io io = rig.finish(rig.write(MIB, 4096, 1));
        assertThat(io.error).isEqualTo(BlockError.EIO);
        assertThat(io.detail).contains("local").contains("1048576");
        assertThat(rig.log.isDirty(0, MIB / CHUNK)).isTrue();
        assertThat(rig.log.isDirty(1, MIB / CHUNK)).isTrue();
        assertThat(rig.mirror.snapshot().localErrors()).isEqualTo(1);
        assertThat(rig.finish(rig.write(0, 4096, 1)).error).as("the mirror goes on").isEqualTo(BlockError.NONE);
    }

    @Test
    void shouldStopAcknowledgingWhenTheIntentLogCannotBeWritten() {
        MirrorRig rig = new MirrorRig(15, 64 * MIB, 1).startEqual();
        rig.logDisk.fault().on(BlockCommand.WRITE).fail(BlockError.EIO);
        MirrorRig.Io cold = rig.finish(rig.write(32 * MIB, 4096, 1));
        assertThat(cold.error).isEqualTo(BlockError.EIO);
        assertThat(cold.detail).contains("intent log");
        assertThat(rig.localDisk.content(32 * MIB, 4096)).as("nothing was written").containsOnly(0);
        assertThat(rig.targets.get(0).content(32 * MIB, 4096)).containsOnly(0);
        assertThat(rig.mirror.state()).isEqualTo(MirrorState.FAILED);
        rig.run();
    }

    /** Bits are also written where nobody waits for them: else the next write would be the first to tell that none is taken any more. */
    @Test
    void shouldStopAtOnceWhenTheIntentLogCannotBeWrittenThoughNobodyWaitsForIt() {
        MirrorRig rig = new MirrorRig(25, 8 * MIB, 1).startEqual();
        rig.finish(rig.write(0, 4096, 1));
        rig.finish(rig.flush());
        rig.mirror.legLost(0, "test");
        rig.run();
        rig.finish(rig.write(MIB, 4096, 2));
        rig.logDisk.fault().on(BlockCommand.WRITE).fail(BlockError.EIO);
        rig.run();
        assertThat(rig.events).contains("failed");
        assertThat(rig.mirror.state()).isEqualTo(MirrorState.FAILED);
        assertThat(rig.mirror.snapshot().failure()).contains("intent log").contains("simulated EIO").contains("Repair the disk");
        assertThat(rig.finish(rig.write(0, 4096, 3)).error).isEqualTo(BlockError.EIO);
    }

    @Test
    void shouldNotAcknowledgeWhenTheLogCannotRecordThatATargetIsStale() {
        MirrorRig rig = new MirrorRig(16, 8 * MIB, 1).startEqual();
        rig.finish(rig.write(0, 4096, 1));
        rig.logDisk.fault().on(BlockCommand.WRITE).fail(BlockError.EIO);
        rig.targets.get(0).fault().fail(BlockError.EIO);
        MirrorRig.Io io = rig.write(0, 4096, 2);
        rig.run();
        assertThat(io.done).isTrue();
        assertThat(io.error).isEqualTo(BlockError.EIO);
    }

    @Test
    void shouldDirtyEverythingBelowFlushedWhenTargetIsLost() {
        MirrorRig rig = new MirrorRig(17, 64 * MIB, 1).startEqual();
        rig.finish(rig.write(0, 4096, 1));
        rig.finish(rig.flush());
        rig.finish(rig.write(MIB, 4096, 2));
        MirrorRig.Io inFlight = rig.write(2 * MIB, 4096, 3);
        rig.scheduler.runUntil(() -> rig.targets.get(0).inFlightCount() > 0, MirrorRig.STEPS);
        rig.mirror.legLost(0, "test");
        rig.finish(inFlight);
        assertThat(rig.log.isDirty(0, MIB / CHUNK)).as("answered, not flushed").isTrue();
        assertThat(rig.log.isDirty(0, 2 * MIB / CHUNK)).as("not answered").isTrue();
        assertThat(rig.log.isDirty(0, 0)).as("flushed").isFalse();
    }

    @Test
    void shouldLoseAllTargetsAndGoOn() {
        MirrorRig rig = new MirrorRig(18, 8 * MIB, 7).startEqual();
        rig.targets.forEach(target -> target.fault().fail(BlockError.EIO));
        assertThat(rig.finish(rig.write(0, 4096, 1)).error).isEqualTo(BlockError.NONE);
        assertThat(rig.finish(rig.flush()).error).isEqualTo(BlockError.NONE);
        for (int slot = 0; slot < 7; slot++) {
            assertThat(rig.log.isDirty(slot, 0)).isTrue();
        }
        rig.run();
    }

    @Test
    void shouldLetATargetFlapWithoutLosingTrack() {
        MirrorRig rig = new MirrorRig(19, 8 * MIB, 2).startEqual();
        List<MirrorRig.Io> all = new ArrayList<>();
        for (int i = 0; i < 50; i++) {
            all.add(rig.write(i * (long) CHUNK, 512, i + 1));
            rig.scheduler.runFor(100_000);
            rig.mirror.legLost(0, "flap");
            all.add(rig.write(i * (long) CHUNK, 512, i + 2));
            rig.scheduler.runFor(300_000);
            rig.connect(0);
        }
        rig.run();
        assertThat(all).allMatch(MirrorRig.Io::isOk);
        for (int i = 0; i < 50; i++) {
            boolean equal = rig.localDisk.equalContent(rig.targets.get(0), i * (long) CHUNK, CHUNK);
            assertThat(equal || rig.log.isDirty(0, i)).as("chunk %d is equal or dirty", i).isTrue();
        }
    }
}
