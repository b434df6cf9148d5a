/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.node;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.netraid.block.BlockCommand;
import org.netraid.block.BlockError;
import org.netraid.replicator.config.IntentLogSettings;
import org.netraid.replicator.config.LogFailureAction;
import org.netraid.replicator.control.CommandResult;
import org.netraid.replicator.control.ExitCode;
import org.netraid.replicator.control.MirrorActionType;
import org.netraid.sim.CrashMode;
import org.netraid.sim.SimDisk;
import org.netraid.sim.SimDiskOptions;

/** What becomes of a mirror when its intent log fails, and when it gets another size or chunk size. Whole nodes, simulated. */
class IntentLogLifeTest {

    private static final long SMALL = 8 << 20;
    private static final int EXTENT_CHUNKS = (4 << 20) / SimCluster.CHUNK;

    private final SimCluster cluster = new SimCluster(7, -1, "a", "b");

    private void create(LogFailureAction action) {
        cluster.intentLog = new IntentLogSettings(SimCluster.CHUNK, 2, action);
        cluster.bootAll();
        cluster.await("b connected", () -> cluster.box("a").node.status().peers().get(0).connected());
        cluster.must("a", MirrorActionType.CREATE, null);
        cluster.awaitInSync("a", "b");
    }

    private void breakLog(BlockError error) {
        cluster.box("a").logDisk.fault().on(BlockCommand.WRITE).fail(error);
    }

    /** Two extents are hot at a time, so at least one of these waits for the log. */
    private int writeEverywhere(int value) {
        int worst = 1;
        for (int extent = 0; extent < 4; extent++) {
            int[] outcome = cluster.startWrite("a", extent * EXTENT_CHUNKS, value);
            cluster.await("write", () -> outcome[0] != 0);
            worst = Math.min(worst, outcome[0]);
        }
        return worst;
    }

    private boolean isNoted(String file) {
        return cluster.box("a").folder.read(SimCluster.TAG + "_" + file).isPresent();
    }

    // ---- failure

    @Test
    void shouldStopWritingByDefaultWhenTheLogFails() {
        create(LogFailureAction.STOP);
        breakLog(BlockError.EIO);
        assertThat(writeEverywhere(3)).isEqualTo(-1);
        assertThat(isNoted(LogNotes.FAILED)).isFalse();
    }

    @Test
    void shouldGoOnLoudlyAndResyncFullyAfterTheNextCrashWhenToldToDegrade() {
        create(LogFailureAction.DEGRADE);
        breakLog(BlockError.ENOSPC);
        assertThat(writeEverywhere(3)).isEqualTo(1);
        assertThat(isNoted(LogNotes.FAILED)).isTrue();
        assertThat(cluster.box("a").status().logFailure()).contains("THE INTENT LOG HAS FAILED", "ENOSPC", "full resync",
                "mirror_action " + SimCluster.TAG + " newlog");
        assertThat(cluster.box("a").log).anyMatch(line -> line.contains("THE INTENT LOG HAS FAILED"));
        cluster.crash("a", CrashMode.POWER_CUT);
        cluster.box("a").logDisk.clearFaults();
        cluster.boot("a");
        cluster.awaitInSync("a", "b");
        cluster.assertEqual("a", "b");
        assertThat(cluster.target("a", "b").resyncTotalBytes()).isEqualTo(SimCluster.SIZE);
        assertThat(isNoted(LogNotes.FAILED)).isFalse();
        assertThat(cluster.box("a").status().logFailure()).isEmpty();
    }

    @Test
    void shouldAcknowledgeNothingWhenTheFailureCannotBeRecorded() {
        create(LogFailureAction.DEGRADE);
        breakLog(BlockError.EIO);
        cluster.box("a").folder.failNext(SimCluster.TAG + "_" + LogNotes.FAILED);
        assertThat(writeEverywhere(3)).isEqualTo(-1);
        assertThat(isNoted(LogNotes.FAILED)).isFalse();
    }

    @Test
    void shouldNeedNoFullResyncWhenTheLogIsMadeAnewInTime() {
        create(LogFailureAction.DEGRADE);
        breakLog(BlockError.EIO);
        assertThat(writeEverywhere(3)).isEqualTo(1);
        CommandResult still = cluster.command("a", MirrorActionType.NEWLOG, null);
        assertThat(still.code()).isEqualTo(ExitCode.DEVICE_ERROR);
        assertThat(isNoted(LogNotes.FAILED)).isTrue();
        assertThat(writeEverywhere(4)).isEqualTo(1);
        cluster.box("a").logDisk.clearFaults();
        cluster.must("a", MirrorActionType.NEWLOG, null);
        assertThat(isNoted(LogNotes.FAILED)).isFalse();
        assertThat(cluster.box("a").status().logFailure()).isEmpty();
        cluster.kill("b");
        cluster.write("a", 5, 5);
        cluster.crash("a", CrashMode.POWER_CUT);
        cluster.boot("a");
        cluster.boot("b");
        cluster.awaitInSync("a", "b");
        cluster.assertEqual("a", "b");
        assertThat(cluster.target("a", "b").resyncTotalBytes()).isLessThan(SimCluster.SIZE);
    }

    @Test
    void shouldSendEverythingToThePreviousSourceWhenItsLogHadFailed() {
        create(LogFailureAction.DEGRADE);
        breakLog(BlockError.EIO);
        assertThat(writeEverywhere(3)).isEqualTo(1);
        cluster.crash("a", CrashMode.POWER_CUT);
        cluster.await("b sees it", () -> !cluster.box("b").node.status().peers().get(0).connected());
        cluster.must("b", MirrorActionType.START, null);
        cluster.write("b", 9, 9);
        cluster.box("a").logDisk.clearFaults();
        cluster.boot("a");
        cluster.awaitInSync("b", "a");
        cluster.assertEqual("a", "b");
        assertThat(cluster.target("b", "a").resyncTotalBytes()).isEqualTo(SimCluster.SIZE);
        assertThat(isNoted(LogNotes.FAILED)).isFalse();
    }

    // ---- another size

    private void createSmall() {
        cluster.mirrorBytes = SMALL;
        create(LogFailureAction.STOP);
        cluster.write("a", 3, 3);
    }

    private void restart(long mirrorBytes, int chunkBytes) {
        cluster.mirrorBytes = mirrorBytes;
        cluster.intentLog = new IntentLogSettings(chunkBytes, 2, LogFailureAction.STOP);
        cluster.shutdown("a");
        cluster.boot("a");
        cluster.awaitInSync("a", "b");
    }

    @Test
    void shouldGrowAndSendOnlyTheNewPart() {
        createSmall();
        restart(SimCluster.SIZE, SimCluster.CHUNK);
        assertThat(cluster.box("a").status().sizeBytes()).isEqualTo(SMALL);
        cluster.must("a", MirrorActionType.RESIZE, null);
        cluster.awaitInSync("a", "b");
        assertThat(cluster.box("a").status().sizeBytes()).isEqualTo(SimCluster.SIZE);
        assertThat(cluster.target("a", "b").resyncTotalBytes()).isEqualTo(SimCluster.SIZE - SMALL);
        cluster.box("a").app = null;
        cluster.write("a", 200, 8);
        cluster.assertEqual("a", "b");
        assertThat(isNoted(LogNotes.RESIZE)).isFalse();
        assertThat(cluster.box("b").status().sizeBytes()).isEqualTo(SimCluster.SIZE);
    }

    @Test
    void shouldCarryAResizeOnAfterACrash() {
        crashDuringResizes(120, 600, 240);
    }

    @Test
    @Tag("slow")
    void shouldCarryAResizeOnWhereverItCrashed() {
        assertThat(crashDuringResizes(0, 1000, 31)).as("crashes between the new size and its end").isGreaterThan(3);
    }

    private static int crashDuringResizes(int from, int to, int stride) {
        int underWay = 0;
        for (int steps = from; steps < to; steps += stride) {
            underWay += crashDuringResize(steps) ? 1 : 0;
        }
        return underWay;
    }

    private static boolean crashDuringResize(int steps) {
        IntentLogLifeTest run = new IntentLogLifeTest();
        SimCluster cluster = run.cluster;
        run.createSmall();
        run.restart(SimCluster.SIZE, SimCluster.CHUNK);
        SimCluster.Box a = cluster.box("a");
        a.loop.execute(() -> a.node.execute(org.netraid.replicator.control.MirrorCommand.of(SimCluster.TAG, MirrorActionType.RESIZE, null),
                result -> { }));
        for (int i = 0; i < steps; i++) {
            cluster.scheduler.step();
        }
        boolean noted = run.isNoted(LogNotes.RESIZE);
        cluster.crash("a", steps % 2 == 0 ? CrashMode.POWER_CUT : CrashMode.PROCESS_KILL);
        cluster.boot("a");
        cluster.awaitInSync("a", "b");
        if (noted) {
            assertThat(a.status().sizeBytes()).as("after %d steps", steps).isEqualTo(SimCluster.SIZE);
            assertThat(cluster.target("a", "b").resyncTotalBytes()).as("after %d steps\n%s", steps, cluster.story())
                    .isLessThan(SimCluster.SIZE);
        }
        assertThat(a.disk.equalContent(cluster.box("b").disk, 0, a.status().sizeBytes())).as("after %d steps", steps).isTrue();
        return noted;
    }

    @Test
    void shouldRefuseToShrinkWithTheNumbers() {
        create(LogFailureAction.STOP);
        restart(SMALL, SimCluster.CHUNK);
        CommandResult result = cluster.command("a", MirrorActionType.RESIZE, null);
        assertThat(result.code()).isEqualTo(ExitCode.REFUSED);
        assertThat(result.lines().toString()).contains("has 16777216 bytes and cannot shrink to 8388608");
        cluster.awaitInSync("a", "b");
    }

    @Test
    void shouldRefuseWhenTheTargetIsSmallerWithTheNumbers() {
        cluster.box("b").disk = new SimDisk(cluster.scheduler, "b.disk", SimDiskOptions.ofSize(SMALL));
        createSmall();
        restart(SimCluster.SIZE, SimCluster.CHUNK);
        CommandResult result = cluster.command("a", MirrorActionType.RESIZE, null);
        assertThat(result.code()).isEqualTo(ExitCode.REFUSED);
        assertThat(result.lines().toString()).contains("cannot have 16777216 bytes: the disk on b has 8388608");
        cluster.awaitInSync("a", "b");
        assertThat(cluster.box("a").status().sizeBytes()).isEqualTo(SMALL);
    }

    @Test
    void shouldKeepWhatIsDirtyWhenTheChunkSizeIsChanged() {
        create(LogFailureAction.STOP);
        cluster.kill("b");
        cluster.write("a", 9, 9);
        cluster.mirrorBytes = 0;
        cluster.intentLog = new IntentLogSettings(4096, 4, LogFailureAction.STOP);
        cluster.shutdown("a");
        cluster.boot("a");
        cluster.boot("b");
        cluster.awaitInSync("a", "b");
        cluster.assertEqual("a", "b");
        assertThat(cluster.box("a").status().chunkBytes()).isEqualTo(4096);
        assertThat(cluster.target("a", "b").resyncTotalBytes()).isLessThan(SMALL);
    }

    @Test
    void shouldKeepWhatIsDirtyWhenALogGetsRoomForMoreHotExtents() {
        create(LogFailureAction.STOP);
        cluster.kill("b");
        cluster.write("a", 9, 9);
        cluster.mirrorBytes = 0;
        cluster.intentLog = new IntentLogSettings(SimCluster.CHUNK, IntentLogSettings.AUTO, LogFailureAction.STOP);
        cluster.kill("a");
        cluster.boot("a");
        cluster.boot("b");
        cluster.awaitInSync("a", "b");
        cluster.assertEqual("a", "b");
        assertThat(cluster.target("a", "b").resyncTotalBytes()).isPositive();
    }
}
