/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.mirror;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.netraid.block.BlockCommand;
import org.netraid.block.BlockDevice;
import org.netraid.block.BlockError;
import org.netraid.block.BlockRequest;
import org.netraid.intentlog.IntentWaiter;
import org.netraid.intentlog.SlotState;
import org.netraid.sim.SimDisk;
import org.netraid.sim.SimDiskOptions;

/** What becomes of reads, writes and flushes when the local disk fails, by policy. */
class LocalErrorTest {

    private static final int MIB = 1 << 20;

    /** Records in its own time, or never, or not at all. */
    private static final class Marker implements LocalMarker {
        private final List<IntentWaiter> open = new ArrayList<>();
        private final MirrorRig rig;
        private boolean holds;
        private BlockError outcome = BlockError.NONE;
        private boolean failed;
        private int wholeMarks;
        private long failedNs;

        Marker(MirrorRig rig) {
            this.rig = rig;
        }

        @Override
        public void markFailed(String why, IntentWaiter done) {
            failedNs = rig.scheduler.nanoTime();
            mark(() -> failed = true, done);
        }

        @Override
        public void markWhole(IntentWaiter done) {
            wholeMarks++;
            mark(() -> failed = false, done);
        }

        private void mark(Runnable change, IntentWaiter done) {
            IntentWaiter both = error -> {
                if (!error.isError()) {
                    change.run();
                }
                done.onIntent(error);
            };
            if (holds) {
                open.add(both);
            } else {
                rig.loop.execute(() -> both.onIntent(outcome));
            }
        }

        void letGo() {
            holds = false;
            open.forEach(waiter -> waiter.onIntent(outcome));
            open.clear();
        }
    }

    private MirrorRig rig;
    private Marker marker;

    private void start(LocalErrorPolicy policy, String protocols) {
        start(policy, protocols, 1);
    }

    private void start(LocalErrorPolicy policy, String protocols, long seed) {
        rig = new MirrorRig(seed, 8 * MIB, protocols.length());
        rig.protocols = protocols;
        rig.startEqual();
        marker = new Marker(rig);
        rig.mirror.onLocalError(policy, marker);
    }

    private void failLocal(BlockCommand command) {
        rig.localDisk.fault().on(command).fail(BlockError.EIO);
    }

    private byte[] readBack(long offset) {
        MirrorRig.Io io = rig.finish(rig.read(offset, 4096));
        assertThat(io.isOk()).as(io.detail).isTrue();
        return io.data.array();
    }

    // ---- detach

    /**
     * Found by the cluster simulator (seed 4046468): one write was on its way to the local disk when another one failed there; it ended
     * well on the disk given up, and was acknowledged though the only other copy had it in a queue.
     */
    @Test
    void shouldAcknowledgeAWriteUnderWayWhenTheDiskIsGivenUpOnlyOnceATargetHasIt() {
        for (long seed = 0; seed < 20; seed++) { // whichever of the two ends first
            start(LocalErrorPolicy.DETACH, "A", seed);
            rig.targets.get(0).fault().hang();
            rig.localDisk.fault().on(BlockCommand.WRITE).once().fail(BlockError.EIO);
            MirrorRig.Io failing = rig.write(0, 4096, 1);
            MirrorRig.Io other = rig.write(8192, 4096, 2);
            rig.scheduler.runFor(100_000_000);
            assertThat(rig.mirror.localState()).isEqualTo(LocalState.DETACHED);
            for (MirrorRig.Io io : List.of(failing, other)) {
                assertThat(io.done).as("acknowledged before the disk was given up or not at all")
                        .isEqualTo(io.doneNs != 0 && io.doneNs < marker.failedNs);
            }
            rig.targets.get(0).releaseHung();
            rig.targets.get(0).clearFaults();
            assertThat(rig.finish(failing).isOk()).isTrue();
            assertThat(rig.finish(other).isOk()).isTrue();
            rig.run();
            assertThat(rig.targets.get(0).content(0, 1)[0]).isEqualTo((byte) 1);
            assertThat(rig.targets.get(0).content(8192, 1)[0]).isEqualTo((byte) 2);
        }
    }

    /**
     * Found by the cluster simulator (seed 5048040): what the news of a lost target ended let a write go on that waited for its range, and
     * that ended at once, for there was no copy left; the requests behind it heard nothing and never ended.
     */
    @Test
    void shouldEndEveryWriteWhenTheLastCopyIsLost() {
        start(LocalErrorPolicy.DETACH, "C", 3);
        rig.finish(rig.write(0, 4096, 1));
        rig.targets.get(0).fault().hang();
        failLocal(BlockCommand.WRITE);
        List<MirrorRig.Io> all = List.of(rig.write(0, 4096, 2), rig.write(0, 4096, 3), rig.write(8192, 4096, 4), rig.write(16384, 4096, 5));
        rig.scheduler.runFor(100_000_000);
        assertThat(rig.mirror.localState()).isEqualTo(LocalState.DETACHED);
        rig.mirror.legLost(0, "test");
        rig.scheduler.runFor(1_000_000_000);
        assertThat(all).allMatch(io -> io.done && !io.isOk());
    }

    /** The same for a write that every copy has ended but that waits for a record. */
    @Test
    void shouldAcknowledgeAWriteThatWaitsForARecordWhenTheDiskIsGivenUpOnlyOnceATargetHasIt() {
        start(LocalErrorPolicy.DETACH, "AC", 3);
        rig.finish(rig.write(0, 4096, 1));
        rig.run();
        rig.targets.get(0).fault().hang();
        rig.logDisk.fault().hang();
        rig.mirror.legLost(1, "test");
        MirrorRig.Io held = rig.write(4096, 4096, 2);
        rig.scheduler.runFor(100_000_000);
        assertThat(held.done).as("that target 1 misses it is not durable").isFalse();
        failLocal(BlockCommand.READ);
        MirrorRig.Io read = rig.read(0, 4096);
        rig.scheduler.runFor(100_000_000);
        assertThat(rig.mirror.localState()).isEqualTo(LocalState.DETACHED);
        rig.logDisk.clearFaults();
        rig.scheduler.runFor(100_000_000);
        assertThat(held.done).as("no copy has it but for a queue").isFalse();
        rig.targets.get(0).clearFaults();
        assertThat(rig.finish(held).isOk()).isTrue();
        assertThat(rig.finish(read).isOk()).isTrue();
        assertThat(rig.targets.get(0).content(4096, 1)[0]).isEqualTo((byte) 2);
    }

    @Test
    void shouldGoOnWithTheTargetWhenAWriteFailsAndThePolicyIsDetach() {
        start(LocalErrorPolicy.DETACH, "C");
        rig.finish(rig.write(0, 4096, 1));
        failLocal(BlockCommand.WRITE);
        assertThat(rig.finish(rig.write(0, 4096, 2)).isOk()).isTrue();
        assertThat(marker.failed).isTrue();
        assertThat(rig.mirror.localState()).isEqualTo(LocalState.DETACHED);
        assertThat(readBack(0)).as("from the target, not the old disk").containsOnly(2);
        assertThat(rig.finish(rig.write(8192, 4096, 3)).isOk()).isTrue();
        assertThat(rig.finish(rig.flush()).isOk()).isTrue();
        assertThat(rig.targets.get(0).durableContent(8192, 4096)).containsOnly(3);
        assertThat(rig.localDisk.content(8192, 4096)).as("nothing is written to the disk given up").containsOnly(0);
        assertThat(rig.log.slotState(0)).as("the target misses nothing").isEqualTo(SlotState.TRACKING);
        assertThat(rig.log.dirtyChunks(0)).isZero();
        assertThat(rig.mirror.snapshot().localLost()).contains("WRITE of 4096 bytes at offset 0 on local failed with EIO");
    }

    /** Found by bin/sim: memory of the failed read came back with that read's length as its limit. */
    @Test
    void shouldTakeALongerWriteAfterNoTargetCouldBeReadInPlaceOfTheLocalDisk() {
        start(LocalErrorPolicy.DETACH, "CC");
        failLocal(BlockCommand.WRITE);
        assertThat(rig.finish(rig.write(0, 4096, 1)).isOk()).isTrue();
        rig.targets.forEach(target -> target.fault().on(BlockCommand.READ).once().fail(BlockError.EIO));
        assertThat(rig.finish(rig.read(0, 3 * 4096)).isOk()).isFalse();
        MirrorRig.Io write = rig.finish(rig.write(0, 4 * 4096, 2));
        assertThat(write.done).isTrue();
    }

    /** G5 for the local copy. */
    @Test
    void shouldNotAcknowledgeWhatTheLocalDiskMissesBeforeThatIsDurable() {
        start(LocalErrorPolicy.DETACH, "C");
        marker.holds = true;
        failLocal(BlockCommand.WRITE);
        MirrorRig.Io failing = rig.write(0, 4096, 1);
        rig.run();
        MirrorRig.Io later = rig.write(8192, 4096, 2);
        MirrorRig.Io flush = rig.flush();
        MirrorRig.Io read = rig.read(0, 4096);
        rig.run();
        assertThat(failing.done).isFalse();
        assertThat(later.done).isFalse();
        assertThat(flush.done).isFalse();
        assertThat(read.isOk()).as("a read promises nothing").isTrue();
        marker.letGo();
        rig.run();
        assertThat(failing.isOk()).isTrue();
        assertThat(later.isOk()).isTrue();
        assertThat(flush.isOk()).isTrue();
    }

    @Test
    void shouldStopWritingWhenTheLossCannotBeRecorded() {
        start(LocalErrorPolicy.DETACH, "C");
        marker.outcome = BlockError.EIO;
        failLocal(BlockCommand.WRITE);
        assertThat(rig.finish(rig.write(0, 4096, 1)).error).isEqualTo(BlockError.EIO);
        assertThat(rig.mirror.state()).isEqualTo(MirrorState.FAILED);
        assertThat(rig.mirror.snapshot().failure()).contains("could not be recorded");
    }

    /** Found by bin/sim (seed 7000033): a verify's read of a disk given up had it given up once more, and that could not be recorded. */
    @Test
    void shouldGiveTheDiskUpOnceWhoeverStillAsksIt() {
        start(LocalErrorPolicy.DETACH, "C");
        failLocal(BlockCommand.WRITE);
        rig.finish(rig.write(0, 4096, 1));
        assertThat(marker.failed).isTrue();
        marker.outcome = BlockError.EIO;
        long errors = rig.mirror.snapshot().localErrors();
        List<BlockError> told = new ArrayList<>();
        Payload into = new PayloadPool(1 << 20).take(4096);
        rig.mirror.readLocal(new DeviceOpOwner() {
            @Override
            public void onOpDone(DeviceOp op) {
                told.add(op.error());
            }

            @Override
            public void onOpLost(DeviceOp op) {
                told.add(BlockError.NONE);
            }
        }, 0, 4096, into);
        rig.run();
        assertThat(told).containsExactly(BlockError.EIO);
        assertThat(rig.mirror.state()).isEqualTo(MirrorState.RUNNING);
        assertThat(rig.mirror.snapshot().localErrors()).isEqualTo(errors);
        assertThat(rig.finish(rig.write(8192, 4096, 2)).isOk()).isTrue();
    }

    /** A failed flush is a lost device; the application's flush succeeds, because the target's did. */
    @Test
    void shouldGiveUpTheLocalDiskWhenItsFlushFails() {
        start(LocalErrorPolicy.DETACH, "C");
        rig.finish(rig.write(0, 4096, 1));
        failLocal(BlockCommand.FLUSH);
        assertThat(rig.finish(rig.flush()).isOk()).isTrue();
        assertThat(rig.mirror.localState()).isEqualTo(LocalState.DETACHED);
        assertThat(rig.targets.get(0).durableContent(0, 4096)).containsOnly(1);
        assertThat(rig.finish(rig.write(rig.mirror, 4096, 4096, 2, BlockRequest.FUA)).isOk()).isTrue();
        assertThat(rig.targets.get(0).durableContent(4096, 4096)).containsOnly(2);
    }

    @Test
    void shouldReadFromATargetAndStayThereWhenALocalReadFails() {
        start(LocalErrorPolicy.DETACH, "CC");
        rig.finish(rig.write(0, 4096, 7));
        failLocal(BlockCommand.READ);
        assertThat(readBack(0)).containsOnly(7);
        assertThat(rig.mirror.localState()).isEqualTo(LocalState.DETACHED);
        long reads = rig.localDisk.reads();
        rig.localDisk.clearFaults();
        assertThat(readBack(0)).containsOnly(7);
        assertThat(rig.localDisk.reads()).isEqualTo(reads);
        rig.targets.get(0).fault().on(BlockCommand.READ).fail(BlockError.EIO);
        assertThat(readBack(0)).as("the other target").containsOnly(7);
        assertThat(rig.events).contains("lost 0");
    }

    @Test
    void shouldSayEioAndKeepTheLastCopyWhenThatCannotReadAnArea() {
        start(LocalErrorPolicy.DETACH, "C");
        failLocal(BlockCommand.WRITE);
        rig.finish(rig.write(0, 4096, 1));
        rig.targets.get(0).fault().on(BlockCommand.READ).area(0, 4096).fail(BlockError.EIO);
        MirrorRig.Io bad = rig.finish(rig.read(0, 4096));
        assertThat(bad.error).isEqualTo(BlockError.EIO);
        assertThat(rig.events).doesNotContain("lost 0");
        assertThat(readBack(8192)).containsOnly(0);
    }

    @Test
    void shouldAcknowledgeNothingWhenTheLastCopyIsLostToo() {
        start(LocalErrorPolicy.DETACH, "C");
        failLocal(BlockCommand.WRITE);
        rig.finish(rig.write(0, 4096, 1));
        rig.targets.get(0).fault().hang();
        MirrorRig.Io inWork = rig.write(4096, 4096, 2);
        rig.run();
        MirrorRig.Io later = rig.finish(rig.write(8192, 4096, 3));
        MirrorRig.Io flush = rig.finish(rig.flush());
        assertThat(inWork.error).isEqualTo(BlockError.EIO);
        assertThat(later.error).isEqualTo(BlockError.EIO);
        assertThat(later.detail).contains("no target is in sync");
        assertThat(flush.error).isEqualTo(BlockError.EIO);
        assertThat(rig.finish(rig.read(0, 4096)).error).isEqualTo(BlockError.EIO);
        assertThat(rig.mirror.hasCopy()).isFalse();
    }

    @Test
    void shouldPassTheErrorOnWhenNoTargetIsInSync() {
        start(LocalErrorPolicy.DETACH, "C");
        rig.mirror.legLost(0, "gone");
        rig.run();
        failLocal(BlockCommand.WRITE);
        assertThat(rig.finish(rig.write(0, 4096, 1)).error).isEqualTo(BlockError.EIO);
        assertThat(rig.mirror.localState()).as("it is the only copy").isEqualTo(LocalState.ATTACHED);
        rig.localDisk.clearFaults();
        assertThat(rig.finish(rig.write(0, 4096, 2)).isOk()).isTrue();
    }

    /** What an asynchronous target had not yet got must still reach it, and reads wait for that. */
    @Test
    void shouldWaitForTheQueueOfAnAsynchronousTargetThatTakesOverTheReads() {
        start(LocalErrorPolicy.DETACH, "A");
        rig.targets.get(0).fault().on(BlockCommand.WRITE).slow(50);
        for (int i = 0; i < 8; i++) {
            rig.finish(rig.write(i * 4096L, 4096, i + 1));
        }
        failLocal(BlockCommand.WRITE);
        MirrorRig.Io write = rig.write(0, 4096, 100);
        MirrorRig.Io read = rig.read(7 * 4096, 4096);
        rig.finish(write);
        assertThat(write.isOk()).isTrue();
        assertThat(rig.targets.get(0).content(0, 4096)).as("not acknowledged before a copy has it").containsOnly(100);
        assertThat(rig.finish(read).data.array()).containsOnly(8);
        assertThat(rig.mirror.snapshot().legs().get(0).protocol()).as("it is all there is").isEqualTo(ReplicationProtocol.C);
        assertThat(readBack(3 * 4096)).containsOnly(4);
    }

    @Test
    void shouldRefuseToPauseOrResyncTheLastCopy() {
        start(LocalErrorPolicy.DETACH, "C");
        failLocal(BlockCommand.WRITE);
        rig.finish(rig.write(0, 4096, 1));
        assertThat(rig.mirror.pauseLeg(0)).get().asString().contains("has the only copy");
        assertThat(rig.mirror.fullResync(0)).isPresent();
        assertThat(rig.mirror.removeLeg(0, (error, detail) -> { })).isPresent();
    }

    // ---- coming back

    private BlockDevice newDisk(SimDisk[] into) {
        into[0] = new SimDisk(rig.scheduler, "new", SimDiskOptions.ofSize(8 * MIB));
        return into[0].attach(rig.loop);
    }

    @Test
    void shouldFillANewDiskWhileTheApplicationWritesAndThenUseIt() {
        start(LocalErrorPolicy.DETACH, "AC");
        Random random = new Random(5);
        for (int i = 0; i < 64; i++) {
            rig.finish(rig.write(random.nextInt(2048) * 4096L, 4096, i + 1));
        }
        failLocal(BlockCommand.FLUSH);
        rig.finish(rig.flush());
        for (int i = 0; i < 64; i++) {
            assertThat(rig.finish(rig.write(random.nextInt(2048) * 4096L, 4096, i + 65)).isOk()).isTrue();
        }
        boolean[] released = {false};
        assertThat(rig.mirror.releaseLocal(() -> released[0] = true)).isEmpty();
        rig.run();
        assertThat(released[0]).isTrue();
        SimDisk[] disk = new SimDisk[1];
        assertThat(rig.mirror.attachLocal(newDisk(disk), (error, detail) -> rig.events.add("whole " + error + detail))).isEmpty();
        assertThat(rig.mirror.localState()).isEqualTo(LocalState.FILLING);
        assertThat(marker.failed).as("until it is whole").isTrue();
        while (!rig.events.contains("whole NONE")) {
            assertThat(rig.finish(rig.write(random.nextInt(2048) * 4096L, 4096, random.nextInt(100) + 1)).isOk()).isTrue();
        }
        assertThat(rig.mirror.localState()).isEqualTo(LocalState.ATTACHED);
        assertThat(marker.failed).isFalse();
        rig.run();
        for (SimDisk target : rig.targets) {
            assertThat(disk[0].equalContent(target, 0, 8 * MIB)).isTrue();
        }
        assertThat(disk[0].reads()).isZero();
        readBack(0);
        assertThat(disk[0].reads()).isEqualTo(1);
        assertThat(rig.mirror.snapshot().legs().get(0).protocol()).isEqualTo(ReplicationProtocol.A);
    }

    @Test
    void shouldGiveTheNewDiskUpWhenItFailsWhileItIsFilled() {
        start(LocalErrorPolicy.DETACH, "C");
        failLocal(BlockCommand.WRITE);
        rig.finish(rig.write(0, 4096, 1));
        rig.mirror.releaseLocal(() -> { });
        rig.run();
        SimDisk[] disk = new SimDisk[1];
        BlockDevice device = newDisk(disk);
        disk[0].fault().on(BlockCommand.WRITE).area(5 * MIB, 4096).fail(BlockError.ENOSPC);
        rig.mirror.attachLocal(device, (error, detail) -> rig.events.add("whole " + detail));
        rig.run();
        assertThat(rig.events).anySatisfy(event -> assertThat(event).startsWith("whole ").contains("ENOSPC"));
        assertThat(rig.mirror.localState()).isEqualTo(LocalState.DETACHED);
        assertThat(marker.failed).isTrue();
        assertThat(rig.finish(rig.write(0, 4096, 2)).isOk()).isTrue();
        assertThat(readBack(0)).containsOnly(2);
    }

    @Test
    void shouldTakeTheRecordBackWhenTheNewDiskFailsWhileItIsRecordedAsWhole() {
        start(LocalErrorPolicy.DETACH, "C");
        failLocal(BlockCommand.WRITE);
        rig.finish(rig.write(0, 4096, 1));
        rig.mirror.releaseLocal(() -> { });
        rig.run();
        SimDisk[] disk = new SimDisk[1];
        marker.holds = true;
        rig.mirror.attachLocal(newDisk(disk), (error, detail) -> rig.events.add("whole " + error));
        assertThat(rig.scheduler.runUntil(() -> marker.wholeMarks == 1, MirrorRig.STEPS)).isTrue();
        disk[0].fault().on(BlockCommand.WRITE).fail(BlockError.EIO);
        MirrorRig.Io write = rig.write(0, 4096, 2);
        rig.run();
        assertThat(write.done).as("the record might just say that the disk is whole").isFalse();
        marker.letGo();
        rig.run();
        assertThat(write.isOk()).isTrue();
        assertThat(marker.failed).isTrue();
        assertThat(rig.events).contains("whole EIO");
    }

    @Test
    void shouldRefuseADiskThatIsTooSmall() {
        start(LocalErrorPolicy.DETACH, "C");
        failLocal(BlockCommand.WRITE);
        rig.finish(rig.write(0, 4096, 1));
        rig.mirror.releaseLocal(() -> { });
        rig.run();
        BlockDevice small = new SimDisk(rig.scheduler, "small", SimDiskOptions.ofSize(4 * MIB)).attach(rig.loop);
        assertThat(rig.mirror.attachLocal(small, (error, detail) -> { })).get().asString().contains("small has 4194304 bytes");
    }

    // ---- pass_on, stop

    @Test
    void shouldLeaveEachWriteEitherMirroredOrDirtyWhenTheErrorIsPassedOn() {
        start(LocalErrorPolicy.PASS_ON, "CAB");
        failLocal(BlockCommand.WRITE);
        assertThat(rig.finish(rig.write(0, 4096, 1)).error).isEqualTo(BlockError.EIO);
        rig.run();
        for (int slot = 0; slot < 3; slot++) {
            assertThat(rig.log.isDirty(slot, 0)).as("target %d has what this disk has not", slot).isTrue();
            assertThat(rig.mirror.legState(slot)).isEqualTo(LegState.IN_SYNC);
        }
        rig.localDisk.clearFaults();
        assertThat(rig.finish(rig.write(MIB, 4096, 2)).isOk()).isTrue();
        rig.run();
        assertThat(rig.log.isDirty(0, MIB / rig.log.chunkBytes())).isFalse();
    }

    /** What was marked when the local write failed may be sent, flushed and cleared by a resync before the queue gets that far. */
    @Test
    void shouldMarkATargetAgainThatGetsFromItsQueueWhatTheLocalDiskHasNot() {
        start(LocalErrorPolicy.PASS_ON, "A");
        rig.targets.get(0).fault().on(BlockCommand.WRITE).once().hang();
        failLocal(BlockCommand.WRITE);
        assertThat(rig.finish(rig.write(0, 4096, 1)).error).isEqualTo(BlockError.EIO);
        rig.localDisk.clearFaults();
        assertThat(rig.log.isDirty(0, 0)).isTrue();
        rig.finish(rig.write(MIB, 4096, 2));
        rig.log.chunksWritten(0, 0, 1);
        rig.finish(rig.flush());
        rig.scheduler.runFor(2_000_000_000L);
        assertThat(rig.log.isDirty(0, 0)).as("a resync has sent it").isFalse();
        rig.targets.get(0).releaseHung();
        rig.run();
        assertThat(rig.targets.get(0).content(0, 4096)).containsOnly(1);
        assertThat(rig.log.isDirty(0, 0)).isTrue();
    }

    @Test
    void shouldRetryOneReadFromATargetAndThenReadLocallyAgainWhenErrorsArePassedOn() {
        start(LocalErrorPolicy.PASS_ON, "C");
        rig.finish(rig.write(0, 4096, 9));
        rig.localDisk.fault().on(BlockCommand.READ).once().fail(BlockError.EIO);
        assertThat(readBack(0)).containsOnly(9);
        assertThat(rig.mirror.localState()).isEqualTo(LocalState.ATTACHED);
        assertThat(rig.targets.get(0).reads()).isEqualTo(1);
        assertThat(readBack(0)).containsOnly(9);
        assertThat(rig.targets.get(0).reads()).isEqualTo(1);
    }

    @Test
    void shouldNotReadAChunkFromATargetThatDiffersThere() {
        start(LocalErrorPolicy.PASS_ON, "C");
        failLocal(BlockCommand.WRITE);
        rig.finish(rig.write(0, 4096, 1));
        rig.localDisk.clearFaults();
        failLocal(BlockCommand.READ);
        assertThat(rig.finish(rig.read(0, 4096)).error).isEqualTo(BlockError.EIO);
    }

    @Test
    void shouldServeNothingMoreWhenThePolicyIsStop() {
        start(LocalErrorPolicy.STOP, "C");
        failLocal(BlockCommand.READ);
        assertThat(rig.finish(rig.read(0, 4096)).error).isEqualTo(BlockError.EIO);
        rig.localDisk.clearFaults();
        assertThat(rig.finish(rig.read(0, 4096)).detail).contains("has stopped: its local disk has failed").contains("on_io_error is stop");
        assertThat(rig.finish(rig.write(0, 4096, 1)).error).isEqualTo(BlockError.EIO);
        assertThat(rig.finish(rig.flush()).error).isEqualTo(BlockError.EIO);
        assertThat(rig.events).contains("failed");
    }
}
