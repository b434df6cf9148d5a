/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.mirror;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.netraid.block.BlockCommand;
import org.netraid.block.BlockError;
import org.netraid.block.BlockGeometry;
import org.netraid.block.BlockRequest;
import org.netraid.intentlog.SlotState;
import org.netraid.sim.CrashMode;

/** Protocols A and B: when the application hears of a write, in which order targets get it, and what a full queue does. */
class MirrorAsyncTest {

    private static final long MIB = MirrorRig.MIB;
    private static final int CHUNK = 64 << 10;
    private static final long SECOND_NS = 1_000_000_000L;

    private static MirrorRig rig(String protocols) {
        MirrorRig rig = new MirrorRig(1, 8 * MIB, protocols.length());
        rig.protocols = protocols;
        return rig.startEqual();
    }

    @Test
    void shouldCompleteAnAWriteWhileItsTargetHangsButNotABOne() {
        MirrorRig rig = rig("A");
        rig.targets.get(0).fault().hang();
        assertThat(rig.finish(rig.write(0, 4096, 1)).isOk()).isTrue();
        assertThat(rig.targets.get(0).content(0, 1)[0]).isZero();
        MirrorRig other = rig("B");
        other.targets.get(0).fault().hang();
        MirrorRig.Io io = other.write(0, 4096, 1);
        other.scheduler.runFor(SECOND_NS);
        assertThat(io.done).isFalse();
        other.run();
    }

    @Test
    void shouldShowLagAndUnflushedBytesOfEachTarget() {
        MirrorRig rig = rig("AC");
        rig.targets.get(0).fault().hang();
        rig.finish(rig.write(0, 4096, 1));
        rig.finish(rig.write(8192, 8192, 2));
        rig.scheduler.runFor(SECOND_NS);
        LegSnapshot slow = rig.mirror.snapshot().legs().get(0);
        assertThat(slow.protocol()).isEqualTo(ReplicationProtocol.A);
        assertThat(slow.lagBytes()).isEqualTo(12288);
        assertThat(slow.lagNs()).isGreaterThanOrEqualTo(SECOND_NS);
        assertThat(slow.unflushedBytes()).isEqualTo(12288);
        LegSnapshot fast = rig.mirror.snapshot().legs().get(1);
        assertThat(fast.lagBytes()).isZero();
        assertThat(fast.unflushedBytes()).isZero();
    }

    @Test
    void shouldSendTheNextEpochOnlyAfterEveryAnswerOfTheOneBefore() {
        MirrorRig rig = rig("A");
        rig.targets.get(0).fault().on(BlockCommand.WRITE).once().hang();
        rig.finish(rig.write(0, 512, 1));
        rig.finish(rig.write(512, 512, 2));
        rig.finish(rig.write(1024, 512, 3));
        rig.scheduler.runFor(SECOND_NS);
        assertThat(rig.targets.get(0).content(0, 1536)).as("nothing overtakes the first").containsOnly(0);
        rig.targets.get(0).releaseHung();
        rig.run();
        rig.assertEqualCopies();
        assertThat(rig.mirror.legState(0)).isEqualTo(LegState.IN_SYNC);
    }

    @Test
    void shouldSendWritesOfOneEpochTogether() {
        MirrorRig rig = rig("A");
        rig.targets.get(0).fault().on(BlockCommand.WRITE).once().hang();
        List<MirrorRig.Io> all = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            all.add(rig.write(i * 512L, 512, 7));
        }
        all.forEach(rig::finish);
        rig.scheduler.runFor(SECOND_NS);
        assertThat(rig.targets.get(0).content(512, 1536)).as("the others did not wait").containsOnly(7);
    }

    @Test
    void shouldFlushWithoutWaitingForTargetsOfProtocolAOrB() {
        MirrorRig rig = rig("ABC");
        rig.finish(rig.write(0, 4096, 1));
        rig.targets.get(0).fault().on(BlockCommand.FLUSH).hang();
        rig.targets.get(1).fault().on(BlockCommand.FLUSH).hang();
        assertThat(rig.finish(rig.flush()).isOk()).isTrue();
        assertThat(rig.finish(rig.write(rig.mirror, 8192, 512, 1, BlockRequest.FUA)).isOk()).isTrue();
        rig.targets.get(2).fault().on(BlockCommand.FLUSH).hang();
        rig.finish(rig.write(16384, 512, 1));
        MirrorRig.Io flush = rig.flush();
        rig.scheduler.runFor(SECOND_NS);
        assertThat(flush.done).as("the C target counts").isFalse();
        rig.run();
    }

    @Test
    void shouldCoolExtentsOfALaggingTargetOnlyWhenItHasFlushed() {
        MirrorRig rig = rig("A");
        rig.targets.get(0).fault().hang();
        rig.finish(rig.write(MIB, 4096, 1));
        rig.finish(rig.flush());
        rig.crashSource(CrashMode.POWER_CUT);
        rig.boot(false);
        assertThat(rig.log.isDirty(0, MIB / CHUNK)).as("the crash finds what the queue held").isTrue();
    }

    @Test
    void shouldMarkEverythingQueuedDirtyWhenTheTargetIsLost() {
        MirrorRig rig = rig("AA");
        rig.targets.get(0).fault().hang();
        rig.targets.get(1).fault().hang();
        for (int i = 0; i < 5; i++) {
            rig.finish(rig.write((long) i * CHUNK, 4096, 1));
        }
        rig.mirror.legLost(0, "test");
        assertThat(rig.log.dirtyChunks(0)).as("at once, though the other target still has it queued").isEqualTo(5);
        rig.scheduler.runFor(SECOND_NS);
        assertThat(rig.log.dirtyChunks(1)).isZero();
        rig.run();
        assertThat(rig.mirror.legState(1)).as("its timeout").isEqualTo(LegState.DISCONNECTED);
        assertThat(rig.log.dirtyChunks(1)).isEqualTo(5);
        assertThat(rig.log.slotState(1)).isEqualTo(SlotState.STALE);
    }

    @Test
    void shouldIgnoreALateReplyAfterTheTimeout() {
        MirrorRig rig = rig("A");
        rig.targets.get(0).fault().hang();
        rig.finish(rig.write(0, 4096, 1));
        rig.run();
        assertThat(rig.mirror.legState(0)).isEqualTo(LegState.DISCONNECTED);
        rig.targets.get(0).clearFaults();
        rig.targets.get(0).releaseHung();
        rig.run();
        assertThat(rig.log.isDirty(0, 0)).isTrue();
        assertThat(rig.mirror.snapshot().legs().get(0).lagBytes()).isZero();
    }

    @Test
    void shouldTurnWritesSynchronousWhenTheQueueIsFullAndThePolicyIsBlock() {
        MirrorRig rig = new MirrorRig(1, 8 * MIB, 1);
        rig.protocols = "A";
        rig.queueLimit = new QueueLimit(16384, 0, QueueLimit.WhenFull.BLOCK);
        rig.startEqual();
        rig.targets.get(0).fault().hang();
        for (int i = 0; i < 4; i++) {
            rig.finish(rig.write(i * 4096L, 4096, 1));
        }
        MirrorRig.Io held = rig.write(5 * 4096L, 4096, 1);
        rig.scheduler.runFor(SECOND_NS);
        assertThat(held.done).isFalse();
        rig.targets.get(0).clearFaults();
        rig.targets.get(0).releaseHung();
        assertThat(rig.finish(held).isOk()).isTrue();
        assertThat(rig.finish(rig.write(6 * 4096L, 4096, 1)).isOk()).isTrue();
        rig.run();
        rig.assertEqualCopies();
    }

    @Test
    void shouldHoldTheApplicationNoLongerThanTheTimeoutWhenTheQueueIsFull() {
        MirrorRig rig = new MirrorRig(1, 8 * MIB, 1);
        rig.protocols = "A";
        rig.timeoutNs = 2 * SECOND_NS;
        rig.queueLimit = new QueueLimit(4096, 0, QueueLimit.WhenFull.BLOCK);
        rig.startEqual();
        rig.targets.get(0).fault().hang();
        rig.finish(rig.write(0, 4096, 1));
        long startNs = rig.scheduler.nanoTime();
        assertThat(rig.finish(rig.write(4096, 4096, 1)).isOk()).isTrue();
        assertThat(rig.scheduler.nanoTime() - startNs).isLessThan(3 * SECOND_NS);
        assertThat(rig.log.isDirty(0, 0)).isTrue();
    }

    @Test
    void shouldPullAheadOfATargetThatIsTooFarBehindAndOfferItAgainLater() {
        MirrorRig rig = new MirrorRig(1, 8 * MIB, 1);
        rig.protocols = "A";
        rig.queueLimit = new QueueLimit(16384, 0, QueueLimit.WhenFull.PULL_AHEAD);
        rig.startEqual();
        rig.targets.get(0).fault().on(BlockCommand.WRITE).once().hang();
        for (int i = 0; i < 8; i++) {
            assertThat(rig.finish(rig.write((long) i * CHUNK, 4096, 1)).isOk()).isTrue();
        }
        rig.scheduler.runFor(1_000_000);
        assertThat(rig.events).contains("ahead 0");
        assertThat(rig.mirror.snapshot().legs().get(0).ahead()).isTrue();
        assertThat(rig.mirror.legState(0)).isEqualTo(LegState.CONNECTED);
        assertThat(rig.log.dirtyChunks(0)).isEqualTo(8);
        assertThat(rig.targets.get(0).content(CHUNK, 1)[0]).as("the target keeps its last state").isZero();
        rig.targets.get(0).releaseHung();
        rig.scheduler.runFor(3 * SECOND_NS);
        assertThat(rig.mirror.snapshot().legs().get(0).ahead()).isFalse();
        assertThat(rig.events).endsWith("connected 0 dirty");
    }

    @Test
    void shouldDropTheConnectionOfATargetThatIsTooOldAndThePolicySaysSo() {
        MirrorRig rig = new MirrorRig(1, 8 * MIB, 1);
        rig.protocols = "A";
        rig.queueLimit = new QueueLimit(MIB, SECOND_NS, QueueLimit.WhenFull.DISCONNECT);
        rig.startEqual();
        rig.targets.get(0).fault().hang();
        rig.finish(rig.write(0, 4096, 1));
        rig.scheduler.runFor(2 * SECOND_NS);
        assertThat(rig.mirror.legState(0)).as("nothing is written, so nothing is too old").isEqualTo(LegState.IN_SYNC);
        assertThat(rig.finish(rig.write(4096, 4096, 1)).isOk()).isTrue();
        rig.scheduler.runFor(1_000_000);
        assertThat(rig.events).contains("lost 0");
        assertThat(rig.mirror.snapshot().legs().get(0).lastError()).contains("4096 bytes").contains("2000 ms behind");
    }

    @Test
    void shouldKeepOrderWhenTheProtocolChangesFromAToCWithAQueue() {
        MirrorRig rig = rig("A");
        rig.targets.get(0).fault().on(BlockCommand.WRITE).once().hang();
        rig.finish(rig.write(0, 512, 1));
        rig.finish(rig.write(512, 512, 2));
        assertThat(rig.mirror.setProtocol(0, ReplicationProtocol.C)).isEmpty();
        MirrorRig.Io io = rig.write(1024, 512, 3);
        rig.scheduler.runFor(SECOND_NS);
        assertThat(io.done).isFalse();
        assertThat(rig.targets.get(0).content(0, 1536)).containsOnly(0);
        rig.targets.get(0).releaseHung();
        assertThat(rig.finish(io).isOk()).isTrue();
        assertThat(rig.targets.get(0).content(0, 1536)).doesNotContain(0);
        rig.run();
        rig.assertEqualCopies();
    }

    /** Found by bin/sim: behind a queue from before, FUA was left out as for A. */
    @Test
    void shouldHaveAFuaWriteOnStableStorageThatFollowsAQueueFromBeforeTheProtocolWasC() {
        MirrorRig rig = rig("A");
        rig.targets.get(0).fault().on(BlockCommand.WRITE).once().hang();
        rig.finish(rig.write(0, 512, 1));
        assertThat(rig.mirror.setProtocol(0, ReplicationProtocol.C)).isEmpty();
        MirrorRig.Io io = rig.write(rig.mirror, 1024, 512, 3, BlockRequest.FUA);
        rig.scheduler.runFor(SECOND_NS);
        assertThat(io.done).isFalse();
        rig.targets.get(0).releaseHung();
        assertThat(rig.finish(io).isOk()).isTrue();
        assertThat(rig.targets.get(0).durableContent(1024, 512)).containsOnly(3);
    }

    @Test
    void shouldGiveTheApplicationItsBufferBackBeforeALaggingTargetHasIt() {
        MirrorRig rig = rig("A");
        rig.targets.get(0).fault().hang();
        byte[] bytes = {1, 2, 3, 4};
        MirrorRig.Io io = rig.write(rig.mirror, 0, bytes, BlockRequest.STABLE_PAYLOAD);
        assertThat(rig.finish(io).isOk()).isTrue();
        bytes[0] = 9; // it is the application's again
        rig.targets.get(0).releaseHung();
        rig.targets.get(0).clearFaults();
        rig.run();
        assertThat(rig.targets.get(0).content(0, 1)[0]).isEqualTo((byte) 1);
    }

    @Test
    void shouldDrainTheQueueBeforeASuspensionAndBeforeAPause() {
        MirrorRig rig = rig("AA");
        rig.targets.get(0).fault().on(BlockCommand.WRITE).slow(100);
        for (int i = 0; i < 20; i++) {
            rig.finish(rig.write(i * 4096L, 4096, 1));
        }
        rig.mirror.pauseLeg(1);
        boolean[] drained = new boolean[1];
        rig.mirror.suspend(IoReason.LEAVING, "test", (error, detail) -> {
            assertThat(error).isEqualTo(BlockError.NONE);
            drained[0] = true;
            rig.assertEqualDurable();
        });
        rig.run();
        assertThat(drained[0]).isTrue();
        assertThat(rig.log.dirtyChunks(1)).as("a pause makes nothing dirty that was queued").isZero();
    }

    @Test
    void shouldCloseInTimeThoughATargetNeverTakesItsQueue() {
        MirrorRig rig = new MirrorRig(1, 8 * MIB, 1);
        rig.protocols = "A";
        rig.timeoutNs = 1000 * SECOND_NS;
        rig.startEqual();
        rig.targets.get(0).fault().hang();
        rig.finish(rig.write(0, 4096, 1));
        boolean[] closed = new boolean[1];
        long startNs = rig.scheduler.nanoTime();
        rig.mirror.close(() -> closed[0] = true);
        assertThat(rig.scheduler.runUntil(() -> rig.log.isDirty(0, 0), MirrorRig.STEPS)).isTrue();
        assertThat(rig.scheduler.nanoTime() - startNs).isLessThan(7 * SECOND_NS);
        rig.targets.get(0).releaseHung();
        rig.run();
        assertThat(closed[0]).isTrue();
    }

    @Test
    void shouldGoOnWithinBoundedMemoryWhenTheQueueIsLargerThanTheMemoryForPayloads() {
        MirrorRig rig = new MirrorRig(1, 8 * MIB, 1);
        rig.protocols = "A";
        rig.config = rig.config.withMemory(65536, 65536);
        rig.startEqual();
        rig.targets.get(0).fault().on(BlockCommand.WRITE).slow(50);
        for (int i = 0; i < 64; i++) {
            rig.finish(rig.write(i * 8192L, 8192, i + 1));
        }
        assertThat(rig.mirror.snapshot().legs().get(0).lagBytes()).isGreaterThan(65536);
        rig.run();
        rig.assertEqualCopies();
    }

    private static HelpfulTarget connectHelpful(MirrorRig rig) {
        rig.mirror.legLost(0, "test");
        rig.run();
        rig.log.setSlot(0, "node0", SlotState.TRACKING, error -> { });
        rig.run();
        HelpfulTarget target = new HelpfulTarget(rig.targets.get(0).attach(rig.loop), rig.loop);
        assertThat(rig.mirror.connectLeg(0, target, TargetCopy.foreign(true))).isEmpty();
        rig.run();
        assertThat(rig.mirror.beginResync(0)).isEmpty();
        rig.run();
        assertThat(rig.mirror.endResync(0)).isEmpty();
        assertThat(rig.mirror.snapshot().legs().get(0).extension()).isTrue();
        return target;
    }

    @Test
    void shouldSendEpochsOneAfterTheOtherToATargetThatKnowsBarriers() {
        MirrorRig rig = rig("A");
        HelpfulTarget target = connectHelpful(rig);
        rig.targets.get(0).fault().on(BlockCommand.WRITE).once().hang();
        for (int i = 0; i < 5; i++) {
            rig.finish(rig.write(i * 512L, 512, i + 1));
        }
        rig.scheduler.runFor(SECOND_NS);
        assertThat(target.received).as("none waited for an answer").isEqualTo(5);
        assertThat(target.barriers).isEqualTo(4);
        rig.targets.get(0).releaseHung();
        rig.run();
        rig.assertEqualCopies();
        assertThat(rig.mirror.legState(0)).isEqualTo(LegState.IN_SYNC);
    }

    @Test
    void shouldCompleteABWriteWhenTheTargetHasReceivedIt() {
        MirrorRig rig = rig("B");
        connectHelpful(rig);
        rig.targets.get(0).fault().on(BlockCommand.WRITE).hang();
        assertThat(rig.finish(rig.write(0, 4096, 1)).isOk()).as("its disk hangs").isTrue();
        assertThat(rig.mirror.snapshot().legs().get(0).lagBytes()).isEqualTo(4096);
        rig.mirror.legLost(0, "test");
        assertThat(rig.log.isDirty(0, 0)).as("received is not flushed").isTrue();
    }

    @Test
    void shouldWaitForAnswersWhereAWriteGoesInParts() {
        MirrorRig rig = new MirrorRig(1, 8 * MIB, 1,
                options -> options.withGeometry(new BlockGeometry(8 * MIB, 1, 4096, 16384)));
        rig.protocols = "A";
        rig.startEqual();
        HelpfulTarget target = connectHelpful(rig);
        rig.targets.get(0).fault().on(BlockCommand.WRITE).once().hang();
        rig.finish(rig.write(0, 65536, 1));
        rig.finish(rig.write(512, 512, 2));
        rig.scheduler.runFor(SECOND_NS);
        assertThat(target.received).isEqualTo(1);
        rig.targets.get(0).releaseHung();
        rig.run();
        rig.assertEqualCopies();
    }
}
