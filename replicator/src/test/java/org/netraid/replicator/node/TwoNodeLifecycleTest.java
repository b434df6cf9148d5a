/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.node;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.netraid.block.BlockCommand;
import org.netraid.block.BlockError;
import org.netraid.mirror.LocalErrorPolicy;
import org.netraid.replicator.config.UndoSettings;
import org.netraid.replicator.config.UpkeepSettings;
import org.netraid.replicator.config.VerifySettings;
import org.netraid.replicator.control.CommandResult;
import org.netraid.replicator.control.ExitCode;
import org.netraid.replicator.control.MirrorActionType;
import org.netraid.replicator.control.MirrorCommand;
import org.netraid.replicator.control.TargetState;
import org.netraid.replicator.io.Units;
import org.netraid.replicator.state.DiskState;
import org.netraid.replicator.state.Role;

/** DataKeeper's failover scenarios 1 to 4 with two whole nodes, and the operator's commands around them. */
class TwoNodeLifecycleTest {

    private final SimCluster cluster = new SimCluster(42, -1, "a", "b");

    private void create() {
        cluster.bootAll();
        cluster.await("b connected", () -> cluster.box("a").node.status().peers().get(0).connected());
        cluster.must("a", MirrorActionType.CREATE, null);
        cluster.awaitInSync("a", "b");
    }

    @Test
    void shouldCreateMirrorAndCopyEverything() {
        create();
        cluster.write("a", 3, 7);
        assertThat(cluster.chunk("b", 3)).isEqualTo(7);
        cluster.assertEqual("a", "b");
        assertThat(cluster.box("a").has("last_owner")).isTrue();
        assertThat(cluster.box("b").has("last_owner")).isFalse();
        assertThat(cluster.box("b").sourceFlag()).isEqualTo("a");
        assertThat(cluster.box("b").status().words()).isEqualTo("Target");
        assertThat(cluster.box("a").status().mirrorWords()).isEqualTo("Fully Operational");
    }

    @Test
    void d13ShouldSendOnlyWhatTheTargetMissedWhenItReturns() {
        create();
        cluster.write("a", 1, 1);
        cluster.kill("b");
        cluster.write("a", 10, 2);
        cluster.write("a", 11, 3);
        cluster.boot("b");
        cluster.awaitInSync("a", "b");
        cluster.assertEqual("a", "b");
        assertThat(cluster.target("a", "b").resyncSentBytes()).isBetween(2L * SimCluster.CHUNK, 4L * SimCluster.CHUNK);
    }

    @Test
    void d1ShouldFailOverAndResyncTheOldSourcePartially() {
        create();
        for (int chunk = 0; chunk < 8; chunk++) {
            cluster.write("a", chunk, chunk + 1);
        }
        cluster.startWrite("a", 20, 5);
        cluster.kill("a");
        cluster.await("b sees it", () -> !cluster.box("b").node.status().peers().get(0).connected());
        cluster.must("b", MirrorActionType.START, null);
        assertThat(cluster.box("b").has("last_owner")).isTrue();
        assertThat(cluster.box("b").sourceFlag()).isEqualTo("a");
        for (int chunk = 0; chunk < 8; chunk++) {
            assertThat(cluster.chunk("b", chunk)).isEqualTo(chunk + 1);
        }
        cluster.write("b", 40, 9);
        cluster.boot("a");
        cluster.awaitInSync("b", "a");
        cluster.assertEqual("a", "b");
        assertThat(cluster.box("a").has("last_owner")).isFalse();
        assertThat(cluster.box("a").sourceFlag()).isEqualTo("b");
        assertThat(cluster.box("a").status().role()).isEqualTo(Role.TARGET);
        assertThat(cluster.box("b").log).anyMatch(line -> line.contains("D7: the previous source's dirty chunks are merged"));
    }

    @Test
    void d3ShouldSetDataCorruptAndStartOnlyByForce() {
        create();
        cluster.write("a", 1, 1);
        cluster.kill("a");
        cluster.kill("b");
        cluster.boot("a");
        cluster.awaitBlocked("a", "D3");
        cluster.await("data_corrupt", () -> cluster.box("a").has("data_corrupt"));
        CommandResult refused = cluster.command("a", MirrorActionType.START, null);
        assertThat(refused.code()).isEqualTo(ExitCode.REFUSED);
        assertThat(refused.ruleId()).isEqualTo("D3");
        cluster.must("a", MirrorActionType.FORCE, "a");
        assertThat(cluster.box("a").has("data_corrupt")).isFalse();
        cluster.write("a", 2, 2);
        cluster.boot("b");
        cluster.awaitInSync("a", "b");
        cluster.assertEqual("a", "b");
        assertThat(cluster.target("a", "b").resyncSentBytes()).isLessThan(SimCluster.SIZE);
    }

    @Test
    void d3bShouldStartByItselfWhenTheTargetAnswers() {
        create();
        cluster.write("a", 1, 1);
        cluster.kill("a");
        cluster.kill("b");
        cluster.boot("a");
        cluster.awaitBlocked("a", "D3");
        cluster.boot("b");
        cluster.awaitInSync("a", "b");
        assertThat(cluster.box("a").has("data_corrupt")).isFalse();
        cluster.assertEqual("a", "b");
    }

    @Test
    void d4ShouldWaitForTheSourceWhenTheTargetIsUpFirst() {
        create();
        cluster.write("a", 1, 1);
        cluster.kill("a");
        cluster.kill("b");
        cluster.boot("b");
        cluster.run(3000);
        cluster.awaitBlocked("b", "D4");
        assertThat(cluster.command("b", MirrorActionType.START, null).code()).isEqualTo(ExitCode.REFUSED);
        cluster.boot("a");
        cluster.awaitInSync("a", "b");
        assertThat(cluster.box("a").has("data_corrupt")).isFalse();
        cluster.assertEqual("a", "b");
    }

    @Test
    void d3cShouldLetTheOneThatTookOverStartWhenBothReturn() {
        create();
        cluster.kill("a");
        cluster.await("b sees it", () -> !cluster.box("b").node.status().peers().get(0).connected());
        cluster.must("b", MirrorActionType.START, null);
        cluster.write("b", 5, 5);
        cluster.kill("b");
        cluster.boot("a");
        cluster.awaitBlocked("a", "D3");
        cluster.boot("b");
        cluster.awaitInSync("b", "a");
        assertThat(cluster.chunk("a", 5)).isEqualTo(5);
        assertThat(cluster.box("a").has("data_corrupt")).isFalse();
        assertThat(cluster.box("a").has("last_owner")).isFalse();
        cluster.assertEqual("a", "b");
    }

    @Test
    void d5ShouldSwitchOverWithoutResync() {
        create();
        cluster.write("a", 1, 1);
        cluster.must("a", MirrorActionType.SWITCHOVER, null, "a");
        assertThat(cluster.box("a").status().role()).as("in service there already").isEqualTo(Role.SOURCE);
        cluster.must("a", MirrorActionType.SWITCHOVER, null, "b");
        cluster.awaitInSync("b", "a");
        assertThat(cluster.target("b", "a").resyncSentBytes()).isZero();
        assertThat(cluster.box("a").has("last_owner")).isFalse();
        assertThat(cluster.box("b").has("last_owner")).isTrue();
        assertThat(cluster.box("a").sourceFlag()).isEqualTo("b");
        cluster.write("b", 2, 2);
        cluster.must("a", MirrorActionType.SWITCHOVER, "b", "a");
        cluster.awaitInSync("a", "b");
        cluster.write("a", 3, 3);
        cluster.assertEqual("a", "b");
    }

    @Test
    void d12ShouldStartAnywhereAfterAStopInOrder() {
        create();
        cluster.write("a", 1, 1);
        cluster.must("a", MirrorActionType.STOP, null);
        assertThat(cluster.box("a").status().role()).isEqualTo(Role.STOPPED);
        cluster.kill("a");
        cluster.run(1000);
        cluster.must("b", MirrorActionType.START, null);
        cluster.write("b", 2, 2);
        cluster.boot("a");
        cluster.awaitInSync("b", "a");
        cluster.assertEqual("a", "b");
        assertThat(cluster.target("b", "a").resyncSentBytes()).isLessThanOrEqualTo(2L * SimCluster.CHUNK);
    }

    @Test
    void d12ShouldStartAgainAfterTheDaemonsWereEnded() {
        create();
        cluster.write("a", 1, 1);
        cluster.shutdown("a");
        cluster.shutdown("b");
        cluster.boot("b");
        cluster.boot("a");
        cluster.awaitInSync("a", "b");
        assertThat(cluster.target("a", "b").resyncSentBytes()).isZero();
    }

    @Test
    void d2ShouldResumeAnInterruptedResyncAndNeverStartTheTarget() {
        create();
        cluster.kill("b");
        for (int chunk = 0; chunk < 60; chunk++) {
            cluster.write("a", chunk, 3);
        }
        cluster.boot("b");
        cluster.await("b is inconsistent", () -> cluster.box("b").status().diskState() == DiskState.INCONSISTENT);
        cluster.kill("a");
        cluster.await("b sees it", () -> !cluster.box("b").node.status().peers().get(0).connected());
        CommandResult refused = cluster.command("b", MirrorActionType.START, null);
        assertThat(refused.code()).isEqualTo(ExitCode.REFUSED);
        assertThat(refused.ruleId()).isEqualTo("D2");
        assertThat(cluster.command("b", MirrorActionType.FORCE, null).ruleId()).isEqualTo("G1");
        cluster.boot("a");
        cluster.awaitInSync("a", "b");
        cluster.assertEqual("a", "b");
    }

    @Test
    void d17ShouldRefuseATargetThatMissedWritesWhileItWasAway() {
        create();
        cluster.kill("b");
        cluster.write("a", 1, 1);
        cluster.kill("a");
        cluster.boot("b");
        cluster.run(2000);
        assertThat(cluster.command("b", MirrorActionType.START, null).code()).isEqualTo(ExitCode.REFUSED);
        cluster.boot("a");
        cluster.awaitInSync("a", "b");
        assertThat(cluster.chunk("b", 1)).isEqualTo(1);
    }

    @Test
    void d19ShouldDetectSplitBrainAndOverwriteNothing() {
        create();
        cluster.write("a", 1, 1);
        cluster.cut("a", "b");
        cluster.await("b is alone", () -> !cluster.box("b").node.status().peers().get(0).connected());
        cluster.write("a", 2, 22);
        cluster.must("b", MirrorActionType.START, null);
        cluster.write("b", 2, 33);
        cluster.network.healAll();
        cluster.await("a sees it", () -> cluster.target("a", "b").state() == TargetState.SPLIT_BRAIN);
        cluster.await("b sees it", () -> cluster.target("b", "a").state() == TargetState.SPLIT_BRAIN);
        cluster.run(5000);
        assertThat(cluster.chunk("a", 2)).isEqualTo(22);
        assertThat(cluster.chunk("b", 2)).isEqualTo(33);
        // the operator keeps b
        cluster.must("a", MirrorActionType.STOP, "a");
        cluster.must("b", MirrorActionType.FULLRESYNC, "b", "a");
        cluster.awaitInSync("b", "a");
        assertThat(cluster.chunk("a", 2)).isEqualTo(33);
        cluster.assertEqual("a", "b");
    }

    /** Heartbeats tell in 300 ms what the timeout of a request, 500 ms, would tell later. */
    @Test
    void shouldHoldAWriteUpNoLongerThanANodeMayBeSilent() {
        create();
        cluster.write("a", 1, 1);
        cluster.cut("a", "b");
        long beginNs = cluster.scheduler.nanoTime();
        cluster.write("a", 2, 22);
        assertThat(cluster.scheduler.nanoTime() - beginNs).isLessThan(400 * SimCluster.MS);
        cluster.run(5000);
        cluster.network.healAll();
        cluster.awaitInSync("a", "b");
        cluster.assertEqual("a", "b");
    }

    /** A node whose heartbeats are lost, but whose disk answers, stays in the mirror. */
    @Test
    void shouldKeepATargetThatAnswersThoughItIsSilent() {
        create();
        cluster.write("a", 1, 1);
        cluster.box("a").node.onPeerDown("b", "planted");
        cluster.write("a", 2, 22);
        assertThat(cluster.chunk("b", 2)).isEqualTo(22);
        assertThat(cluster.target("a", "b").connected()).isTrue();
    }

    @Test
    void f1ShouldDeposeAnIdleSourceThatWasCutOff() {
        create();
        cluster.write("a", 1, 1);
        cluster.run(500);
        cluster.cut("a", "b");
        cluster.await("b is alone", () -> !cluster.box("b").node.status().peers().get(0).connected());
        cluster.must("b", MirrorActionType.START, null);
        cluster.write("b", 2, 33);
        cluster.network.healAll();
        cluster.awaitInSync("b", "a");
        assertThat(cluster.box("a").status().role()).isEqualTo(Role.TARGET);
        cluster.assertEqual("a", "b");
    }

    @Test
    void shouldPauseAndResume() {
        create();
        cluster.must("a", MirrorActionType.PAUSE, null);
        cluster.awaitTarget("a", "b", TargetState.PAUSED);
        cluster.write("a", 9, 9);
        assertThat(cluster.chunk("b", 9)).isZero();
        cluster.must("a", MirrorActionType.RESUME, null);
        cluster.awaitInSync("a", "b");
        cluster.assertEqual("a", "b");
        cluster.must("a", MirrorActionType.FULLRESYNC, null, "b");
        cluster.awaitInSync("a", "b");
        cluster.must("a", MirrorActionType.REMOVE, null, "b");
        cluster.write("a", 10, 10);
        cluster.must("a", MirrorActionType.ADD, null, "b");
        cluster.awaitInSync("a", "b");
        cluster.assertEqual("a", "b");
    }

    @Test
    void shouldSayWhatAFullResyncWouldSendAndSendNothing() {
        create();
        MirrorCommand dryRun = new MirrorCommand(SimCluster.TAG, MirrorActionType.FULLRESYNC, null, List.of("b"), true, false, false);
        assertThat(cluster.command("a", dryRun).lines()).containsExactly("full resync: would send everything, a -> b, "
                + Units.ofBytes(SimCluster.SIZE) + "; D10: an operator gave up what b holds");
        assertThat(cluster.target("a", "b").state()).isEqualTo(TargetState.IN_SYNC);
        assertThat(cluster.target("a", "b").dirtyChunks()).isZero();
    }

    @Test
    void shouldRefuseWithReasonsAndExplain() {
        cluster.bootAll();
        assertThat(cluster.command("a", MirrorActionType.START, null).ruleId()).isEqualTo("D0");
        assertThat(cluster.command("a", MirrorCommand.of("x", MirrorActionType.START, null)).code()).isEqualTo(ExitCode.NO_SUCH_MIRROR);
        cluster.run(500);
        cluster.must("a", MirrorActionType.CREATE, null);
        cluster.awaitInSync("a", "b");
        CommandResult again = cluster.command("b", MirrorActionType.CREATE, null);
        assertThat(again.code()).isEqualTo(ExitCode.REFUSED);
        assertThat(again.lines()).containsExactly("data exists already on b", "it is in service on a; mirror_status data shows it there");
        assertThat(cluster.command("b", MirrorActionType.PAUSE, null, "a").lines()).contains(
                "name the source: mirror_action data pause a b");
        assertThat(cluster.command("b", MirrorCommand.of("data", MirrorActionType.PAUSE, "zorro")).lines()).contains("its nodes are a, b");
        assertThat(cluster.command("b", MirrorActionType.START, null).ruleId()).isEqualTo("D5");
        assertThat(cluster.command("b", MirrorActionType.FORCE, null).ruleId()).isEqualTo("D5");
        CommandResult pause = cluster.command("b", MirrorActionType.PAUSE, null);
        assertThat(pause.lines()).anyMatch(line -> line.contains("mirror_action data pause a"));
        assertThat(cluster.command("a", MirrorActionType.PAUSE, null, "zorro").code()).isEqualTo(ExitCode.USAGE);
        assertThat(cluster.command("b", MirrorActionType.EXPLAIN, null).lines()).isNotEmpty();
    }

    /** The write hung for ever before: nobody told it that its generation could not be made durable. */
    @Test
    void shouldFailWritesInsteadOfHoldingThemWhenTheStateFolderCannotBeWritten() {
        create();
        cluster.write("a", 1, 1);
        cluster.box("a").folder.setBroken(true);
        cluster.kill("b");
        int[] outcome = cluster.startWrite("a", 2, 2);
        cluster.await("an answer", () -> outcome[0] != 0);
        assertThat(outcome[0]).as("nobody could keep b from taking over without it").isEqualTo(-1);
        int[] later = cluster.startWrite("a", 3, 3);
        cluster.await("another answer", () -> later[0] != 0);
        assertThat(later[0]).isEqualTo(-1);
    }

    /** A restart believed the page cache after a failed flush, and would have copied lost blocks over the target's good ones. */
    @Test
    void g14ShouldNotBelieveADiskThatHasFailedAFlush() {
        cluster.upkeep = new UpkeepSettings(VerifySettings.DEFAULT, UndoSettings.DEFAULT, LocalErrorPolicy.PASS_ON, "");
        create();
        cluster.write("a", 1, 1);
        cluster.box("a").disk.fault().on(BlockCommand.FLUSH).fail(BlockError.EIO);
        cluster.startWrite("a", 2, 2);
        cluster.await("the mirror's own flush", () -> cluster.box("a").status().diskState() == DiskState.FAILED);
        int[] outcome = cluster.startWrite("a", 3, 3);
        cluster.await("an answer", () -> outcome[0] != 0);
        assertThat(outcome[0]).isEqualTo(-1);
        cluster.kill("a");
        cluster.box("a").disk.clearFaults();
        cluster.boot("a");
        cluster.awaitBlocked("a", "G14");
        cluster.must("b", MirrorActionType.START, null);
        cluster.write("b", 3, 3);
        cluster.run(5_000);
        assertThat(cluster.box("a").status().blockedRule()).isEqualTo("G14");
        cluster.must("b", MirrorActionType.FULLRESYNC, "b", "a");
        cluster.awaitInSync("b", "a");
        cluster.assertEqual("a", "b");
        assertThat(cluster.chunk("a", 1)).isEqualTo(1);
    }
}
