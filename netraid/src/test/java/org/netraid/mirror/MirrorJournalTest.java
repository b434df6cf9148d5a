/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.mirror;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.netraid.block.BlockCommand;
import org.netraid.block.BlockError;
import org.netraid.intentlog.IntentWaiter;
import org.netraid.intentlog.SlotState;
import org.netraid.journal.SimJournalStore;
import org.netraid.sim.CrashMode;
import org.netraid.sim.DiskObserver;
import org.netraid.sim.SimDisk;

/** The journal behind the queues of protocol A: what it keeps out of memory, and what the next life does with it. */
class MirrorJournalTest {

    private static final long MIB = MirrorRig.MIB;
    private static final int CHUNK = 64 << 10;
    private static final long SECOND_NS = 1_000_000_000L;
    private static final long GENERATION = 77;

    private final SimJournalStore store = new SimJournalStore();
    private final List<String> news = new ArrayList<>();
    private MirrorRig rig;
    private long windowBytes = MIB;

    @BeforeEach
    void start() {
        make("A");
    }

    private void make(String protocols) {
        rig = new MirrorRig(1, 8 * MIB, protocols.length());
        rig.protocols = protocols;
        rig.timeoutNs = 1000 * SECOND_NS;
        rig.startEqual();
        useJournal(GENERATION);
    }

    private void useJournal(long generation) {
        store.open();
        rig.mirror.addListener(new MirrorListener() {
            @Override
            public void journalNews(String text) {
                news.add(text);
            }
        });
        rig.mirror.setGeneration(generation);
        rig.mirror.useJournal(store.current(), store.left(), windowBytes);
    }

    /** The source is killed and started again; its targets are not connected yet. */
    private void restart(int tornBytes) {
        rig.crashSource(CrashMode.PROCESS_KILL);
        for (var target : rig.targets) {
            target.clearFaults();
        }
        store.kill(tornBytes);
        rig.boot(false);
        rig.makeMirror();
        useJournal(GENERATION);
        for (int slot = 0; slot < rig.targets.size(); slot++) {
            rig.addLeg(slot);
        }
        rig.events.clear();
    }

    private void reconnect(int slot, boolean consistent, long generation) {
        TargetCopy copy = new TargetCopy(consistent, generation, true);
        assertThat(rig.mirror.connectLeg(slot, rig.targets.get(slot).attach(rig.loop), copy)).isEmpty();
        rig.run();
    }

    private void writeSome(int count) {
        for (int i = 0; i < count; i++) {
            assertThat(rig.finish(rig.write(i * 4096L, 4096, i + 1)).isOk()).isTrue();
        }
    }

    private void flushAll() {
        boolean[] done = new boolean[1];
        rig.mirror.flushAll((error, detail) -> done[0] = !error.isError());
        rig.run();
        assertThat(done[0]).isTrue();
    }

    private void hang(int slot) {
        rig.targets.get(slot).fault().on(BlockCommand.WRITE).once().hang();
    }

    @Test
    void shouldKeepOnlyTheWindowInMemoryAndReadTheRestBack() {
        windowBytes = 64 << 10;
        make("A");
        hang(0);
        writeSome(256);
        assertThat(rig.mirror.journal().memoryBytes()).isLessThanOrEqualTo(64 << 10);
        assertThat(rig.mirror.journal().diskBytes()).isGreaterThan(256 * 4096);
        assertThat(rig.mirror.journal().records()).isEqualTo(256);
        rig.targets.get(0).releaseHung();
        rig.run();
        rig.assertEqualCopies();
        flushAll();
        assertThat(rig.mirror.journal().records()).as("trimmed once flushed").isZero();
        assertThat(rig.mirror.journal().memoryBytes()).isZero();
        assertThat(store.current().diskBytes()).isZero();
    }

    @Test
    void shouldTrimOnlyWhatTheSlowestTargetHasFlushed() {
        make("AA");
        rig.targets.get(1).fault().on(BlockCommand.FLUSH).hang();
        writeSome(16);
        rig.scheduler.runFor(SECOND_NS);
        assertThat(rig.mirror.snapshot().legs().get(1).lagBytes()).as("it has answered").isZero();
        assertThat(store.current().firstSequence()).isEqualTo(1);
        rig.targets.get(1).clearFaults();
        rig.targets.get(1).releaseHung();
        flushAll();
        assertThat(store.current().diskBytes()).isZero();
    }

    @Test
    void shouldReplayTheQueueBeforeTheResyncAfterAKill() {
        hang(0);
        writeSome(20);
        restart(0);
        assertThat(rig.targets.get(0).content(4096, 1)[0]).isZero();
        reconnect(0, true, GENERATION);
        rig.assertEqualCopies();
        assertThat(rig.events).containsExactly("connected 0 dirty");
        assertThat(news).singleElement().asString().contains("replayed 20 queued writes");
        assertThat(store.left().isAttached(0)).isFalse();
    }

    @Test
    void shouldReplayZerosAsWell() {
        writeSome(4);
        flushAll();
        hang(0);
        rig.finish(rig.write(MIB, 512, 1));
        assertThat(rig.finish(rig.zero(BlockCommand.TRIM, 0, 8192, 0)).isOk()).isTrue();
        restart(0);
        reconnect(0, true, GENERATION);
        rig.assertEqualCopies();
    }

    @Test
    void shouldNotReplayOverNewerBlocksWhatTheTargetHasAlready() {
        writeSome(3);
        rig.finish(rig.write(0, 4096, 9));
        rig.scheduler.runFor(1_000_000);
        restart(0);
        List<Long> written = new ArrayList<>();
        rig.targets.get(0).observe(new DiskObserver() {
            @Override
            public void contentChanged(SimDisk disk, long offset, long length) {
                written.add(offset);
            }
        });
        reconnect(0, true, GENERATION);
        assertThat(written).as("all of it was there, and nothing goes back to an older version").doesNotContain(4096L, 8192L);
        rig.assertEqualCopies();
    }

    @Test
    void shouldCutATornTail() {
        hang(0);
        writeSome(5);
        restart(100);
        reconnect(0, true, GENERATION);
        assertThat(news).singleElement().asString().contains("replayed 5 queued writes").contains("cut at record 6");
        rig.assertEqualCopies();
    }

    @Test
    void shouldStopBeforeADamagedRecord() {
        hang(0);
        writeSome(6);
        store.current().damage(4, 60);
        restart(0);
        reconnect(0, true, GENERATION);
        assertThat(news).singleElement().asString().contains("replayed 3 queued writes").contains("cut at record 4");
        assertThat(rig.targets.get(0).content(2 * 4096, 1)[0]).isEqualTo((byte) 3);
        assertThat(rig.targets.get(0).content(3 * 4096, 1)[0]).as("nothing behind the damage").isZero();
        assertThat(rig.log.isDirty(0, 0)).as("the resync will").isTrue();
        assertThat(rig.events).containsExactly("connected 0 dirty");
    }

    @Test
    void shouldNotReplayWhenTheTargetIsOfAnotherGeneration() {
        hang(0);
        writeSome(5);
        restart(0);
        reconnect(0, true, GENERATION + 1);
        assertThat(news).singleElement().asString().contains("not of the generation");
        assertThat(rig.targets.get(0).content(4096, 1)[0]).isZero();
        assertThat(rig.events).containsExactly("connected 0 dirty");
    }

    @Test
    void shouldNotReplayWhenTheTargetIsInconsistent() {
        hang(0);
        writeSome(5);
        restart(0);
        reconnect(0, false, GENERATION);
        assertThat(news).singleElement().asString().contains("inconsistent");
        assertThat(rig.targets.get(0).content(4096, 1)[0]).isZero();
    }

    @Test
    void shouldNotReplayWhenWhatTheTargetShowsFitsNoPointInTheJournal() {
        make("A");
        rig.targets.get(0).fault().on(BlockCommand.FLUSH).hang();
        writeSome(3);
        rig.finish(rig.write(0, 4096, 9));
        rig.scheduler.runFor(100_000_000);
        restart(0);
        boolean[] written = new boolean[1];
        rig.targets.get(0).attach(rig.loop).submit(new org.netraid.block.BlockRequest().write(0,
                java.nio.ByteBuffer.wrap(new byte[512]), 0, done -> written[0] = true));
        rig.targets.get(0).attach(rig.loop).submit(new org.netraid.block.BlockRequest().write(8192,
                java.nio.ByteBuffer.wrap(new byte[512]), 0, done -> written[0] = true));
        rig.run();
        reconnect(0, true, GENERATION);
        assertThat(rig.events).containsExactly("connected 0 dirty");
    }

    @Test
    void shouldNotReplayIntoChunksThatAreNotDirty() {
        hang(0);
        writeSome(5);
        restart(0);
        rig.log.setSlot(0, "node0", SlotState.TRACKING, error -> assertThat(error).isEqualTo(BlockError.NONE));
        rig.run();
        reconnect(0, true, GENERATION);
        assertThat(rig.targets.get(0).content(8192, 1)[0]).isEqualTo((byte) (rig.log.isDirty(0, 0) ? 3 : 0));
    }

    @Test
    void shouldGoOnWithAReplayWhenTheTargetIsLostInTheMiddle() {
        hang(0);
        writeSome(100);
        restart(0);
        rig.targets.get(0).fault().on(BlockCommand.WRITE).once().afterPassing(10).fail(BlockError.EIO);
        reconnect(0, true, GENERATION);
        assertThat(rig.events).containsExactly("lost 0");
        rig.targets.get(0).clearFaults();
        reconnect(0, true, GENERATION);
        assertThat(rig.events).containsExactly("lost 0", "connected 0 dirty");
        rig.assertEqualCopies();
    }

    @Test
    void shouldReplayAfterASecondKillInTheMiddleOfTheFirstReplay() {
        hang(0);
        writeSome(100);
        restart(0);
        rig.targets.get(0).fault().on(BlockCommand.WRITE).once().afterPassing(30).hang();
        assertThat(rig.mirror.connectLeg(0, rig.targets.get(0).attach(rig.loop), new TargetCopy(true, GENERATION, true))).isEmpty();
        rig.scheduler.runFor(SECOND_NS);
        assertThat(rig.mirror.replay(0).doneRecords()).isEqualTo(30);
        assertThat(rig.mirror.replay(0).totalRecords()).isEqualTo(100);
        restart(0);
        reconnect(0, true, GENERATION);
        rig.assertEqualCopies();
        assertThat(rig.events).containsExactly("connected 0 dirty");
    }

    @Test
    void shouldNotReplayForATargetThatWasLostBeforeTheKill() {
        hang(0);
        writeSome(5);
        rig.mirror.legLost(0, "test");
        rig.scheduler.runFor(SECOND_NS);
        restart(0);
        assertThat(store.left()).isNull();
        reconnect(0, true, GENERATION);
        assertThat(rig.events).containsExactly("connected 0 dirty");
        assertThat(rig.targets.get(0).content(8192, 1)[0]).isZero();
    }

    @Test
    void shouldForgetTheJournalOfATargetWhoseProtocolIsNotAAnyMore() {
        writeSome(5);
        rig.scheduler.runFor(SECOND_NS);
        assertThat(store.current().isAttached(0)).isTrue();
        assertThat(rig.mirror.setProtocol(0, ReplicationProtocol.C)).isEmpty();
        assertThat(store.current().isAttached(0)).isFalse();
        rig.finish(rig.write(0, 4096, 50));
        assertThat(rig.mirror.setProtocol(0, ReplicationProtocol.A)).isEmpty();
        hang(0);
        rig.finish(rig.write(4096, 4096, 51));
        rig.finish(rig.write(8192, 4096, 52));
        assertThat(store.current().isAttached(0)).isTrue();
        restart(0);
        reconnect(0, true, GENERATION);
        rig.assertEqualCopies();
    }

    @Test
    void shouldPauseAndResumeInTheMiddleOfAReplay() {
        hang(0);
        writeSome(50);
        restart(0);
        rig.targets.get(0).fault().on(BlockCommand.WRITE).once().afterPassing(10).hang();
        assertThat(rig.mirror.connectLeg(0, rig.targets.get(0).attach(rig.loop), new TargetCopy(true, GENERATION, true))).isEmpty();
        rig.scheduler.runFor(SECOND_NS);
        assertThat(rig.mirror.pauseLeg(0)).isEmpty();
        rig.scheduler.runFor(SECOND_NS);
        assertThat(rig.mirror.replay(0)).isNull();
        rig.targets.get(0).releaseHung();
        assertThat(rig.mirror.resumeLeg(0)).isEmpty();
        rig.run();
        rig.assertEqualCopies();
        assertThat(rig.events).containsExactly("paused 0", "connected 0 dirty");
    }

    @Test
    void shouldTreatAFullDiskAsAFullQueueAndLoseNothing() {
        hang(0);
        writeSome(3);
        store.current().full = true;
        MirrorRig.Io held = rig.write(MIB, 4096, 9);
        rig.scheduler.runFor(SECOND_NS);
        assertThat(held.done).as("policy block: the write turns synchronous").isFalse();
        assertThat(rig.mirror.journal().problem()).isEqualTo("no space left");
        assertThat(news).singleElement().asString().contains("no space left");
        rig.targets.get(0).releaseHung();
        assertThat(rig.finish(held).isOk()).isTrue();
        rig.run();
        rig.assertEqualCopies();
        store.current().full = false;
        rig.finish(rig.write(2 * MIB, 4096, 9));
        assertThat(news).last().asString().contains("takes records again");
        assertThat(store.current().isAttached(0)).as("whole again").isTrue();
    }

    @Test
    void shouldReplayNothingAfterAKillWhenARecordCouldNotBeAppended() {
        make("A");
        rig.queueLimit = new QueueLimit(MIB, 0, QueueLimit.WhenFull.BLOCK);
        hang(0);
        writeSome(3);
        store.current().full = true;
        rig.write(MIB, 4096, 9);
        rig.scheduler.runFor(SECOND_NS);
        restart(0);
        assertThat(store.left()).isNull();
        reconnect(0, true, GENERATION);
        assertThat(rig.log.isDirty(0, MIB / CHUNK)).isTrue();
        assertThat(rig.targets.get(0).content(4096, 1)[0]).isZero();
    }

    @Test
    void shouldGiveATargetUpWhoseQueueCannotBeReadBack() {
        windowBytes = 0;
        make("A");
        hang(0);
        writeSome(20);
        store.current().damage(10, 70);
        rig.targets.get(0).releaseHung();
        rig.scheduler.runFor(SECOND_NS);
        assertThat(rig.events).contains("lost 0");
        assertThat(rig.mirror.snapshot().legs().get(0).lastError()).contains("cannot be read back").contains("record 10");
        assertThat(rig.log.isDirty(0, 0)).isTrue();
        rig.run();
        assertThat(rig.mirror.journal().memoryBytes()).isZero();
    }

    /** The disk is given up at its next failed write; that is noted at once. */
    private void detachAtNextWrite() {
        rig.mirror.onLocalError(LocalErrorPolicy.DETACH, new LocalMarker() {
            @Override
            public void markFailed(String why, IntentWaiter done) {
                rig.loop.execute(() -> done.onIntent(BlockError.NONE));
            }

            @Override
            public void markWhole(IntentWaiter done) {
                rig.loop.execute(() -> done.onIntent(BlockError.NONE));
            }
        });
        rig.localDisk.fault().on(BlockCommand.WRITE).fail(BlockError.EIO);
    }

    /** What only the lost disk and the journal have reaches the target that takes over before anything is read from it. */
    @Test
    void shouldReadTheBacklogOfTheLastCopyBackWhenTheLocalDiskIsLost() {
        windowBytes = 64 << 10;
        make("A");
        hang(0);
        writeSome(256);
        detachAtNextWrite();
        MirrorRig.Io write = rig.write(0, 4096, 100);
        rig.scheduler.runFor(SECOND_NS);
        assertThat(rig.mirror.localState()).isEqualTo(LocalState.DETACHED);
        MirrorRig.Io read = rig.read(200 * 4096L, 4096);
        rig.scheduler.runFor(SECOND_NS);
        assertThat(write.done || read.done).as("no copy has them yet").isFalse();
        assertThat(rig.mirror.journal().memoryBytes()).isLessThanOrEqualTo(64 << 10);
        rig.targets.get(0).clearFaults();
        assertThat(rig.finish(write).isOk()).isTrue();
        assertThat(rig.finish(read).data.array()).containsOnly(201);
        assertThat(rig.finish(rig.flush()).isOk()).isTrue();
        for (int i = 0; i < 256; i++) {
            assertThat(rig.targets.get(0).durableContent(i * 4096L, 4096)).as("write %d", i).containsOnly(i == 0 ? 100 : i + 1);
        }
        rig.run();
        assertThat(rig.events).doesNotContain("lost 0", "failed");
    }

    @Test
    void shouldServeNothingOutdatedWhenTheBacklogOfTheLastCopyCannotBeReadBack() {
        windowBytes = 0;
        make("A");
        hang(0);
        writeSome(20);
        store.current().damage(10, 70);
        detachAtNextWrite();
        MirrorRig.Io write = rig.write(0, 4096, 100);
        rig.scheduler.runFor(SECOND_NS);
        MirrorRig.Io read = rig.read(15 * 4096L, 4096);
        rig.scheduler.runFor(SECOND_NS);
        rig.targets.get(0).clearFaults();
        rig.scheduler.runFor(10 * SECOND_NS);
        assertThat(rig.events).contains("lost 0");
        assertThat(rig.mirror.snapshot().legs().get(0).lastError()).contains("cannot be read back");
        assertThat(write.done && read.done).isTrue();
        assertThat(write.error).isEqualTo(BlockError.EIO);
        assertThat(read.error).isEqualTo(BlockError.EIO);
        assertThat(rig.finish(rig.read(0, 4096)).error).isEqualTo(BlockError.EIO);
    }

    /** The target that lags is lost after the disk: the other one has everything, and what the lost one lacks is known. */
    @Test
    void shouldKnowWhatATargetWithABacklogLacksThatIsLostAfterTheLocalDisk() {
        windowBytes = 64 << 10;
        make("AC");
        hang(0);
        writeSome(100);
        detachAtNextWrite();
        MirrorRig.Io write = rig.write(0, 4096, 100);
        rig.scheduler.runFor(SECOND_NS);
        assertThat(rig.mirror.localState()).isEqualTo(LocalState.DETACHED);
        rig.mirror.legLost(0, "test");
        assertThat(rig.finish(write).isOk()).isTrue();
        for (int i = 0; i < 100; i++) {
            assertThat(rig.log.isDirty(0, i * 4096L / CHUNK)).isTrue();
            assertThat(rig.finish(rig.read(i * 4096L, 4096)).data.array()).containsOnly(i == 0 ? 100 : i + 1);
        }
        assertThat(store.current().isAttached(0)).as("nothing is replayed over newer writes").isFalse();
    }

    @Test
    void shouldDeleteTheJournalAtAnOrderlyClose() {
        writeSome(5);
        boolean[] closed = new boolean[1];
        rig.mirror.close(() -> closed[0] = true);
        rig.run();
        assertThat(closed[0]).isTrue();
        assertThat(store.current().isAttached(0)).isFalse();
    }
}
