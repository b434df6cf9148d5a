/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.resync;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.netraid.block.BlockCommand;
import org.netraid.block.BlockError;
import org.netraid.intentlog.IntentWaiter;
import org.netraid.mirror.LegState;
import org.netraid.mirror.LocalErrorPolicy;
import org.netraid.mirror.LocalMarker;
import org.netraid.mirror.LocalState;
import org.netraid.mirror.Mirror;
import org.netraid.mirror.MirrorRig;
import org.netraid.sim.CrashMode;
import org.netraid.sim.SimDisk;
import org.netraid.sim.SimDiskOptions;

/**
 * What other replication engines got wrong, by the numbers of docs/pitfalls.md, as far as no other test shows it. Each names the mistake.
 */
class PitfallTest {

    private static final int MIB = 1 << 20;
    private static final int CHUNK = 64 << 10;

    private static ResyncRig inSync(String protocols) {
        MirrorRig rig = new MirrorRig(1, 8 * MIB, protocols.length());
        rig.protocols = protocols;
        return new ResyncRig(rig).startEqual();
    }

    private static void giveLocalDiskUp(MirrorRig rig) {
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
        assertThat(rig.finish(rig.write(0, 4096, 1)).isOk()).isTrue();
        assertThat(rig.mirror.localState()).isEqualTo(LocalState.DETACHED);
    }

    /** An error of the middle part of a long zeroing was overwritten by the success of the last part. */
    @Test
    void p01ShouldReportTheErrorOfAPartThoughALaterPartSucceeds() {
        MirrorRig rig = new MirrorRig(1, 8 * MIB, 0);
        rig.config = rig.config.withMemory(64L << 20, MIB);
        rig.startEqual();
        rig.localDisk.fault().on(BlockCommand.WRITE_ZEROES).afterPassing(3).once().fail(BlockError.EIO);
        assertThat(rig.finish(rig.zero(BlockCommand.WRITE_ZEROES, 0, 8L * MIB, 0)).error).isEqualTo(BlockError.EIO);
    }

    /** A note that all peers are in sync cleared a bit that had been set meanwhile. */
    @Test
    void p02ShouldKeepABitThatIsSetWhileItsChunkIsBeingResynced() {
        ResyncRig r = inSync("CC");
        r.rig.mirror.pauseLeg(1);
        r.rig.run();
        r.rig.finish(r.rig.write(0, 4096, 1));
        r.rig.targets.get(1).fault().on(BlockCommand.FLUSH).slow(100);
        r.rig.mirror.resumeLeg(1);
        assertThat(r.rig.scheduler.runUntil(() -> r.rig.targets.get(1).content(0, 1)[0] == 1, MirrorRig.STEPS)).isTrue();
        r.rig.mirror.pauseLeg(1);
        r.rig.finish(r.rig.write(0, 4096, 2));
        r.rig.run();
        assertThat(r.rig.log.isDirty(1, 0)).isTrue();
        r.rig.mirror.resumeLeg(1);
        r.rig.run();
        r.assertInSyncAndEqual();
    }

    /** A paused, outdated target received neither the data nor a mark. */
    @Test
    void p03ShouldGiveEveryTargetTheWriteOrAMarkWhateverItsState() {
        ResyncRig r = inSync("CCCCC");
        r.rig.mirror.pauseLeg(1);
        r.rig.mirror.legLost(2, "gone");
        r.rig.targets.get(3).fault().on(BlockCommand.WRITE).fail(BlockError.EIO);
        r.refusal = "not now";
        r.rig.mirror.fullResync(4);
        r.rig.scheduler.runFor(100_000_000L);
        for (int chunk = 0; chunk < 8; chunk++) {
            r.rig.finish(r.rig.write(chunk * (long) CHUNK, 4096, chunk + 1));
        }
        for (int slot = 0; slot < 5; slot++) {
            for (int chunk = 0; chunk < 8; chunk++) {
                boolean has = r.rig.targets.get(slot).content(chunk * (long) CHUNK, 1)[0] == chunk + 1;
                assertThat(has || r.rig.log.isDirty(slot, chunk)).as("target %d chunk %d", slot, chunk).isTrue();
            }
        }
        assertThat(r.rig.mirror.legState(0)).isEqualTo(LegState.IN_SYNC);
    }

    /** Bits were cleared between two nodes of which neither had good data. */
    @Test
    void p04ShouldClearNoBitWhileTheSourcesOwnDiskIsWorthNothing() {
        ResyncRig r = inSync("CC");
        r.rig.mirror.legLost(1, "gone");
        r.rig.run();
        r.rig.finish(r.rig.write(MIB, 4096, 1));
        giveLocalDiskUp(r.rig);
        long dirty = r.rig.log.dirtyChunks(1);
        r.connect(1);
        r.rig.run();
        r.rig.finish(r.rig.flush());
        assertThat(r.rig.mirror.legState(1)).isEqualTo(LegState.CONNECTED);
        assertThat(r.rig.log.dirtyChunks(1)).isEqualTo(dirty);
        assertThat(r.rig.targets.get(1).content(MIB, 1)[0]).as("nothing came from the failed disk").isZero();
    }

    /** A resync was declared done with flushes still pending. */
    @Test
    void p05ShouldNotEndAResyncBeforeItsLastFlush() {
        ResyncRig r = inSync("C");
        r.rig.mirror.pauseLeg(0);
        r.rig.run();
        r.rig.finish(r.rig.write(0, 4096, 1));
        r.rig.run();
        r.rig.targets.get(0).fault().on(BlockCommand.FLUSH).hang();
        r.rig.mirror.resumeLeg(0);
        assertThat(r.rig.scheduler.runUntil(() -> r.rig.targets.get(0).hungCount() > 0, MirrorRig.STEPS)).isTrue();
        assertThat(r.rig.targets.get(0).content(0, 1)[0]).as("copied, not flushed").isEqualTo((byte) 1);
        assertThat(r.rig.mirror.legState(0)).isEqualTo(LegState.RESYNCING);
        assertThat(r.rig.log.isDirty(0, 0)).isTrue();
        r.rig.targets.get(0).clearFaults();
        r.rig.targets.get(0).releaseHung();
        r.rig.run();
        r.assertInSyncAndEqual();
    }

    /** Another node was told that a chunk differs before the own bit was set: after a crash nobody knew. */
    @Test
    void p06ShouldMarkHereBeforeAnybodyHearsOfIt() {
        ResyncRig r = inSync("C");
        r.rig.logDisk.fault().hang();
        r.rig.targets.get(0).fault().on(BlockCommand.WRITE).fail(BlockError.EIO);
        MirrorRig.Io write = r.rig.write(0, 4096, 1);
        r.rig.scheduler.runFor(1_000_000_000L);
        assertThat(write.done).isFalse();
        r.rig.logDisk.clearFaults();
        r.rig.logDisk.releaseHung();
        assertThat(r.rig.finish(write).isOk()).isTrue();
        r.rig.crashSource(CrashMode.PROCESS_KILL);
        r.rig.boot(false);
        assertThat(r.rig.log.isDirty(0, 0)).isTrue();
    }

    /** A resync gave zeros to one target as a discard, and a third copy was not marked. */
    @Test
    void p07ShouldMarkZerosForTargetsThatMissThem() {
        ResyncRig r = inSync("CC");
        r.rig.finish(r.rig.write(0, 4096, 9));
        r.rig.mirror.legLost(1, "gone");
        r.rig.finish(r.rig.zero(BlockCommand.TRIM, 0, CHUNK, 0));
        r.rig.run();
        assertThat(r.rig.log.isDirty(1, 0)).isTrue();
        r.connect(1);
        r.rig.run();
        r.assertInSyncAndEqual();
    }

    /** After detach, write, attach the marks for targets that were not in sync were lost. */
    @Test
    void p08ShouldKeepTheMarksOfAnOutdatedTargetOverADetachedDisk() {
        ResyncRig r = inSync("CC");
        r.rig.mirror.legLost(1, "gone");
        r.rig.run();
        r.rig.finish(r.rig.write(MIB, 4096, 1));
        giveLocalDiskUp(r.rig);
        r.rig.finish(r.rig.write(2 * MIB, 4096, 2));
        Mirror mirror = r.rig.mirror;
        mirror.releaseLocal(() -> { });
        r.rig.run();
        SimDisk fresh = new SimDisk(r.rig.scheduler, "fresh", SimDiskOptions.ofSize(8 * MIB));
        mirror.attachLocal(fresh.attach(r.rig.loop), (error, detail) -> assertThat(error).isEqualTo(BlockError.NONE));
        r.rig.run();
        assertThat(mirror.localState()).isEqualTo(LocalState.ATTACHED);
        for (long offset : new long[] {0, MIB, 2 * MIB}) {
            assertThat(r.rig.log.isDirty(1, offset / CHUNK)).as("missed at %d", offset).isTrue();
        }
        r.connect(1);
        r.rig.run();
        assertThat(mirror.legState(1)).isEqualTo(LegState.IN_SYNC);
        assertThat(fresh.equalContent(r.rig.targets.get(1), 0, 8 * MIB)).isTrue();
        assertThat(fresh.equalContent(r.rig.targets.get(0), 0, 8 * MIB)).isTrue();
    }

    /** A barrier was acknowledged while conflicting writes were held back: its promise covered what had not been written. */
    @Test
    void p09ShouldNotCoolAnExtentThatAHeldBackWriteIsWaitingFor() {
        ResyncRig r = inSync("C");
        r.rig.localDisk.fault().on(BlockCommand.WRITE).once().hang();
        MirrorRig.Io first = r.rig.write(0, 4096, 1);
        MirrorRig.Io held = r.rig.write(0, 4096, 2);
        r.rig.scheduler.runFor(1_000_000L);
        r.rig.finish(r.rig.flush());
        assertThat(first.done).isFalse();
        assertThat(held.done).isFalse();
        assertThat(r.rig.log.isHot(0)).isTrue();
        r.rig.localDisk.releaseHung();
        r.rig.finish(held);
        assertThat(r.rig.log.isHot(0)).as("written after the flush").isTrue();
        r.rig.crashSource(CrashMode.PROCESS_KILL);
        r.rig.boot(false);
        assertThat(r.rig.log.isDirty(0, 0)).isTrue();
    }

    /** An unaligned discard left other edges on each copy. */
    @Test
    void p10ShouldZeroTheEdgesOfAnUnalignedTrimOnEveryCopy() {
        ResyncRig r = inSync("CC");
        byte[] data = new byte[3 * CHUNK];
        Arrays.fill(data, (byte) 7);
        r.rig.finish(r.rig.write(r.rig.mirror, 0, data, 0));
        r.rig.finish(r.rig.zero(BlockCommand.TRIM, 100, 2 * CHUNK + 33, 0));
        for (SimDisk disk : new SimDisk[] {r.rig.localDisk, r.rig.targets.get(0), r.rig.targets.get(1)}) {
            assertThat(disk.content(99, 1)[0]).isEqualTo((byte) 7);
            assertThat(disk.content(100, 2 * CHUNK + 33)).containsOnly(0);
            assertThat(disk.content(2 * CHUNK + 133, 1)[0]).isEqualTo((byte) 7);
        }
    }

    /** A flush with nothing written here did not wait for the targets. */
    @Test
    void p28ShouldWaitForTheTargetsWhenAFlushHasNothingToFlushHere() {
        ResyncRig r = inSync("C");
        r.rig.finish(r.rig.flush());
        r.rig.targets.get(0).fault().on(BlockCommand.FLUSH).hang();
        MirrorRig.Io flush = r.rig.flush();
        r.rig.scheduler.runFor(100_000_000L);
        assertThat(flush.done).isFalse();
        r.rig.targets.get(0).releaseHung();
        assertThat(r.rig.finish(flush).isOk()).isTrue();
    }

    /** A completion that came after the command was given up wrote into memory that was somebody else's by then. */
    @Test
    void p29ShouldNotLetALateReadOfAGivenUpTargetTouchTheApplicationsBuffer() {
        ResyncRig r = inSync("CC");
        r.rig.finish(r.rig.write(MIB, 4096, 5));
        giveLocalDiskUp(r.rig);
        r.rig.targets.get(0).fault().on(BlockCommand.READ).hang();
        MirrorRig.Io read = r.rig.finish(r.rig.read(MIB, 4096));
        assertThat(read.data.array()).as("from the second target").containsOnly(5);
        Arrays.fill(read.data.array(), (byte) 77);
        r.rig.targets.get(0).releaseHung();
        r.rig.run();
        assertThat(read.data.array()).containsOnly(77);
    }

    /** The error of a remote write that came after the application was answered left no mark. */
    @Test
    void p38ShouldMarkAWriteThatFailsOnAnAsynchronousTargetLongAfterItWasAcknowledged() {
        ResyncRig r = inSync("A");
        r.rig.targets.get(0).fault().on(BlockCommand.WRITE).slow(1000).fail(BlockError.EIO);
        assertThat(r.rig.finish(r.rig.write(0, 4096, 1)).isOk()).isTrue();
        assertThat(r.rig.mirror.legState(0)).isEqualTo(LegState.IN_SYNC);
        r.rig.run();
        assertThat(r.rig.mirror.legState(0)).isEqualTo(LegState.DISCONNECTED);
        assertThat(r.rig.log.isDirty(0, 0)).isTrue();
    }
}
