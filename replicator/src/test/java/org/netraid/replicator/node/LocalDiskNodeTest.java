/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.node;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.netraid.block.BlockCommand;
import org.netraid.block.BlockError;
import org.netraid.replicator.control.CommandResult;
import org.netraid.replicator.control.ExitCode;
import org.netraid.replicator.control.MirrorActionType;
import org.netraid.replicator.control.MirrorCommand;
import org.netraid.replicator.state.DiskState;
import org.netraid.sim.SimDisk;
import org.netraid.sim.SimDiskOptions;

/** A source whose own disk fails. */
class LocalDiskNodeTest {

    private SimCluster cluster;

    @BeforeEach
    void begin() {
        cluster = new SimCluster(1, -1, "a", "b", "c");
        cluster.bootAll();
        cluster.run(1000);
        cluster.must("a", MirrorActionType.CREATE, null);
        cluster.awaitInSync("a", "b", "c");
        cluster.write("a", 1, 1);
    }

    private void lose(String node) {
        cluster.box(node).disk.fault().on(BlockCommand.WRITE).fail(BlockError.EIO);
        cluster.write(node, 2, 2);
    }

    private CommandResult setPolicy(String word) {
        return cluster.command("a", new MirrorCommand(SimCluster.TAG, MirrorActionType.ON_IO_ERROR, null, List.of(), false, false, false,
                List.of(word)));
    }

    @Test
    void shouldServeFromTheTargetsAndSaySo() {
        lose("a");
        cluster.write("a", 3, 3);
        assertThat(cluster.box("a").status()).satisfies(status -> {
            assertThat(status.diskState()).isEqualTo(DiskState.FAILED);
            assertThat(status.mirrorWords()).isEqualTo("Local Disk Failed");
            assertThat(status.io().localDisk()).isEqualTo("detached");
            assertThat(status.io().localLost()).contains("WRITE of 65536 bytes at offset 131072 on a.disk failed with EIO");
            assertThat(status.io().onIoError()).isEqualTo("detach");
        });
        assertThat(cluster.box("a").log).anyMatch(line -> line.contains("G14: the local disk has failed and is given up"));
        assertThat(cluster.chunk("b", 3)).isEqualTo(3);
        assertThat(cluster.chunk("a", 3)).isZero();
        assertThat(cluster.box("b").status().diskState()).isEqualTo(DiskState.UP_TO_DATE);
        cluster.assertEqual("b", "c");
    }

    @Test
    void shouldNotStartOnTheOldDiskAfterAKillAndBeResyncedFromTheNewSource() {
        lose("a");
        cluster.write("a", 3, 3);
        cluster.kill("a");
        cluster.box("a").disk.clearFaults();
        cluster.boot("a");
        cluster.awaitBlocked("a", "G14");
        assertThat(cluster.box("a").status().blockedReason()).isEqualTo("the disk of a has failed, so writes may be missing on it");
        assertThat(cluster.command("a", MirrorActionType.START, null).ruleId()).isEqualTo("G14");
        cluster.must("b", MirrorActionType.START, null);
        cluster.write("b", 4, 4);
        cluster.must("b", MirrorActionType.FULLRESYNC, "b", "a");
        cluster.awaitInSync("b", "a", "c");
        cluster.shutdown("b");
        cluster.assertEqual("a", "b");
        assertThat(cluster.chunk("a", 3)).isEqualTo(3);
    }

    @Test
    void shouldFillAReplacedDiskWhileTheMirrorIsInService() {
        lose("a");
        cluster.box("a").disk = new SimDisk(cluster.scheduler, "a.new", SimDiskOptions.ofSize(SimCluster.SIZE));
        cluster.must("a", MirrorActionType.ATTACH, null);
        cluster.write("a", 3, 3);
        cluster.await("whole", () -> cluster.box("a").status().io().localDisk().equals("attached"));
        assertThat(cluster.box("a").status().diskState()).isEqualTo(DiskState.UP_TO_DATE);
        assertThat(cluster.box("a").status().mirrorWords()).isEqualTo("Fully Operational");
        assertThat(cluster.command("a", MirrorActionType.ATTACH, null).code()).as("again").isEqualTo(ExitCode.DONE);
        cluster.write("a", 5, 5);
        cluster.shutdown("a");
        cluster.assertEqual("a", "b");
        cluster.boot("a");
        cluster.awaitInSync("a", "b", "c");
    }

    @Test
    void shouldRefuseToAttachADiskToAMirrorThatHasStopped() {
        setPolicy("pass_on");
        cluster.box("a").disk.fault().on(BlockCommand.FLUSH).once().fail(BlockError.EIO);
        cluster.await("stopped", () -> !cluster.box("a").status().io().reasons().isEmpty());
        CommandResult result = cluster.command("a", MirrorActionType.ATTACH, null);
        assertThat(result.code()).isEqualTo(ExitCode.REFUSED);
        assertThat(result.lines()).anySatisfy(line -> assertThat(line).contains("in use, but mirror data has stopped writing")
                .contains("FLUSH").contains("restart the mirror"));
    }

    @Test
    void shouldRefuseToAttachADiskToAMirrorThatHasStoppedSinceItWasLost() {
        lose("a");
        cluster.box("a").logDisk.fault().on(BlockCommand.WRITE).fail(BlockError.EIO);
        cluster.cut("a", "b");
        cluster.await("stopped", () -> cluster.box("a").status().io().reasons().stream().anyMatch(why -> why.contains("intent log")));
        cluster.box("a").disk = new SimDisk(cluster.scheduler, "a.new", SimDiskOptions.ofSize(SimCluster.SIZE));
        CommandResult result = cluster.command("a", MirrorActionType.ATTACH, null);
        assertThat(result.code()).isEqualTo(ExitCode.REFUSED);
        assertThat(result.lines()).anySatisfy(line -> assertThat(line)
                .contains("a disk cannot be attached: mirror data has stopped writing"));
        assertThat(cluster.box("a").status().io().localDisk()).isEqualTo("detached");
    }

    /** What a crash in the middle of the filling leaves must not be taken for a copy. */
    @Test
    void shouldStillBeFailedAfterACrashWhileItIsFilled() {
        lose("a");
        cluster.box("a").disk = new SimDisk(cluster.scheduler, "a.new", SimDiskOptions.ofSize(SimCluster.SIZE));
        cluster.must("a", MirrorActionType.ATTACH, null);
        assertThat(cluster.box("a").status().io().localDisk()).isEqualTo("filling");
        cluster.kill("a");
        cluster.boot("a");
        cluster.awaitBlocked("a", "G14");
    }

    @Test
    void shouldMoveTheMirrorToATargetInOrder() {
        lose("a");
        cluster.must("a", MirrorActionType.SWITCHOVER, "a", "b");
        cluster.write("b", 4, 4);
        cluster.awaitInSync("b", "c");
        cluster.awaitBlocked("a", "G14");
        cluster.box("a").disk.clearFaults();
        cluster.must("b", MirrorActionType.FULLRESYNC, "b", "a");
        cluster.awaitInSync("b", "a");
        cluster.shutdown("b");
        cluster.assertEqual("a", "b");
    }

    /** With no copy left nothing is acknowledged, so a target that is lost then may still take over. */
    @Test
    void shouldLetATargetTakeOverThatWasLostAfterTheDisk() {
        lose("a");
        cluster.cut("a", "b");
        cluster.cut("a", "c");
        int[] outcome = cluster.startWrite("a", 3, 3);
        cluster.await("an answer", () -> outcome[0] != 0);
        assertThat(outcome[0]).isEqualTo(-1);
        cluster.kill("a");
        cluster.must("b", MirrorActionType.START, null);
        cluster.write("b", 4, 4);
        assertThat(cluster.chunk("b", 2)).as("acknowledged after the disk was lost").isEqualTo(2);
    }

    @Test
    void shouldFollowAPolicyChangedWhileItRuns() {
        assertThat(setPolicy("stop").lines().get(0)).contains("leads to stop").contains("the configuration says detach");
        cluster.box("a").disk.fault().on(BlockCommand.WRITE).once().fail(BlockError.EIO);
        int[] outcome = cluster.startWrite("a", 2, 2);
        cluster.await("an answer", () -> outcome[0] != 0);
        assertThat(outcome[0]).isEqualTo(-1);
        assertThat(cluster.box("a").status().io().modifications()).isEqualTo("refused");
        assertThat(cluster.box("a").status().io().reasons().get(0)).contains("on_io_error is stop");
        assertThat(setPolicy("panic").code()).isEqualTo(ExitCode.USAGE);
    }

    @Test
    void shouldTellTheApplicationWhenErrorsArePassedOn() {
        setPolicy("pass_on");
        cluster.box("a").disk.fault().on(BlockCommand.WRITE).once().fail(BlockError.EIO);
        int[] outcome = cluster.startWrite("a", 2, 2);
        cluster.await("an answer", () -> outcome[0] != 0);
        assertThat(outcome[0]).isEqualTo(-1);
        assertThat(cluster.target("a", "b").dirtyChunks()).isEqualTo(1);
        assertThat(cluster.target("a", "c").dirtyChunks()).isEqualTo(1);
        cluster.write("a", 3, 3);
        assertThat(cluster.box("a").status().io().localDisk()).isEqualTo("attached");
    }
}
