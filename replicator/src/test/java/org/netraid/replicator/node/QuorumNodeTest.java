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
import org.netraid.replicator.config.QuorumSettings;
import org.netraid.replicator.config.QuorumSettings.Loss;
import org.netraid.replicator.control.CommandResult;
import org.netraid.replicator.control.ExitCode;
import org.netraid.replicator.control.MirrorActionType;
import org.netraid.replicator.control.MirrorCommand;
import org.netraid.replicator.state.Role;

/** Quorum by the votes of the mirror's nodes, on whole nodes. */
class QuorumNodeTest {

    private SimCluster cluster;

    private void inSync(QuorumSettings quorum, String... names) {
        cluster = new SimCluster(5, -1, names);
        cluster.quorum = quorum;
        cluster.bootAll();
        cluster.run(500);
        cluster.must("a", MirrorActionType.CREATE, null);
        for (String name : names) {
            if (!name.equals("a") && !name.equals(quorum.tieBreaker())) {
                cluster.awaitInSync("a", name);
            }
        }
        cluster.write("a", 1, 1);
    }

    private void isolate(String name) {
        cluster.boxes.keySet().stream().filter(other -> !other.equals(name)).forEach(other -> cluster.cut(name, other));
    }

    private void startWithPatience(String node) {
        cluster.await(node + " starts", () -> {
            cluster.run(100);
            return cluster.command(node, MirrorActionType.START, null).code() == ExitCode.DONE;
        });
    }

    @Test
    void shouldGoOnWithAMajorityWithoutAPauseOfAnOperator() {
        inSync(QuorumSettings.majority(""), "a", "b", "c");
        cluster.kill("c");
        cluster.write("a", 2, 2);
        assertThat(cluster.box("a").status().io().modifications()).isEqualTo("running");
    }

    @Test
    void shouldSayBeforehandThatAStartWouldFindNoMajority() {
        inSync(QuorumSettings.majority(""), "a", "b", "c");
        cluster.kill("a");
        cluster.kill("c");
        cluster.run(5_000);
        CommandResult dryRun = cluster.command("b", new MirrorCommand(SimCluster.TAG, MirrorActionType.START, null, List.of(), true, false,
                false));
        assertThat(dryRun.ruleId()).isEqualTo("Q1");
        assertThat(dryRun.lines().get(0)).startsWith("would not start: Q1: no quorum for data: 1 of 3 votes, 2 are needed; a does not");
        assertThat(cluster.command("b", MirrorActionType.EXPLAIN, null).lines()).anyMatch(line -> line.startsWith(
                "start here is refused: Q1: no quorum for data"));
        assertThat(cluster.command("b", MirrorActionType.START, null).ruleId()).isEqualTo("Q1");
    }

    @Test
    void shouldNeverAcknowledgeOnAnIsolatedSourceWhoseTargetWasPromoted() {
        inSync(QuorumSettings.majority(""), "a", "b", "c");
        isolate("a");
        int[] lonely = cluster.startWrite("a", 3, 3);
        startWithPatience("b");
        cluster.write("b", 4, 4);
        cluster.run(30_000);
        assertThat(lonely[0]).as(cluster.story()).isNotEqualTo(1);
        assertThat(cluster.box("a").status().io().modifications()).isEqualTo("waiting");
        assertThat(cluster.box("a").status().io().reasons()).containsExactly(
                "no quorum for data: 1 of 3 votes, 2 are needed; b does not answer; c does not answer");
        assertThat(cluster.box("a").status().quorum()).satisfies(quorum -> {
            assertThat(quorum.votesWithinReach()).isEqualTo(1);
            assertThat(quorum.missing()).containsExactly("b", "c");
            assertThat(quorum.lost()).startsWith("no quorum for data");
        });
        assertThat(cluster.box("c").status().quorum()).satisfies(quorum -> {
            assertThat(quorum.votesWithinReach()).isEqualTo(2);
            assertThat(quorum.agreedTo()).startsWith("b in generation ");
        });
        cluster.network.healAll();
        cluster.awaitInSync("b", "a", "c");
        assertThat(lonely[0]).isEqualTo(-1);
        cluster.assertEqual("a", "b");
        cluster.assertEqual("c", "b");
    }

    @Test
    void shouldLeaveServiceForASuccessorThatWasRestarted() {
        inSync(QuorumSettings.majority("w"), "a", "b", "w");
        isolate("a");
        int[] lonely = cluster.startWrite("a", 3, 3);
        startWithPatience("b");
        cluster.write("b", 4, 4);
        cluster.kill("b");
        cluster.network.healAll();
        cluster.run(5_000);
        assertThat(lonely[0]).as("w has agreed to b").isZero();
        cluster.boot("b");
        cluster.awaitInSync("b", "a");
        assertThat(lonely[0]).isEqualTo(-1);
        assertThat(cluster.box("a").log).anyMatch(line -> line.contains("D1: b has newer data; a leaves service"));
        assertThat(cluster.chunk("b", 4)).isEqualTo(4);
        cluster.assertEqual("a", "b");
    }

    @Test
    void shouldGoOnWhenTheQuorumIsBackAndNobodyTookOver() {
        inSync(QuorumSettings.majority(""), "a", "b", "c");
        isolate("a");
        int[] lonely = cluster.startWrite("a", 3, 3);
        cluster.run(3_000);
        assertThat(lonely[0]).isZero();
        cluster.network.healAll();
        cluster.await("the write is acknowledged", () -> lonely[0] == 1);
        cluster.awaitInSync("a", "b", "c");
        cluster.assertEqual("a", "b");
    }

    @Test
    void shouldRefuseToTakeOverWithoutAMajority() {
        inSync(QuorumSettings.majority(""), "a", "b", "c");
        isolate("b");
        cluster.await("b misses the others", () -> cluster.box("b").status().sourceNode().isEmpty());
        CommandResult refused = cluster.command("b", MirrorActionType.START, null);
        assertThat(refused.code()).isEqualTo(ExitCode.REFUSED);
        assertThat(refused.ruleId()).isEqualTo("Q1");
        assertThat(refused.lines().get(0)).isEqualTo(
                "no quorum for data: 1 of 3 votes, 2 are needed; a does not answer; c does not answer");
        cluster.write("a", 5, 5);
        cluster.network.healAll();
        cluster.awaitInSync("a", "b", "c");
        cluster.assertEqual("a", "b");
    }

    @Test
    void shouldLetTheTieBreakerDecideBetweenTwo() {
        inSync(QuorumSettings.majority("w"), "a", "b", "w");
        isolate("a");
        int[] lonely = cluster.startWrite("a", 3, 3);
        startWithPatience("b");
        cluster.write("b", 4, 4);
        cluster.run(3_000);
        assertThat(lonely[0]).isZero();
        cluster.network.healAll();
        cluster.awaitInSync("b", "a");
        cluster.assertEqual("a", "b");
        CommandResult explained = cluster.command("w", MirrorActionType.EXPLAIN, null);
        assertThat(explained.lines().get(0)).startsWith("w is the tie-breaker of data; it has agreed that b goes on in generation ");
    }

    @Test
    void shouldNotPromoteWhileTheTieBreakerSeesTheSource() {
        inSync(QuorumSettings.majority("w"), "a", "b", "w");
        cluster.cut("a", "b");
        cluster.await("b misses a", () -> cluster.box("b").status().sourceNode().isEmpty());
        CommandResult refused = cluster.command("b", MirrorActionType.START, null);
        assertThat(refused.ruleId()).isEqualTo("G6");
        assertThat(refused.lines().get(0)).isEqualTo("a is alive and in service, as w, the tie-breaker, sees");
        cluster.write("a", 2, 2);
        isolate("a");
        cluster.run(2_000);
        // a's write without b is known to w: b lacks it for certain
        CommandResult stale = cluster.command("b", MirrorActionType.START, null);
        assertThat(stale.ruleId()).isEqualTo("Q1");
        assertThat(stale.lines().get(0)).contains("w has agreed that a goes on in generation ");
    }

    @Test
    void shouldRememberItsVoteOverARestart() {
        inSync(QuorumSettings.majority("w"), "a", "b", "w");
        cluster.cut("a", "b");
        cluster.write("a", 2, 2);
        cluster.kill("a");
        cluster.kill("w");
        cluster.boot("w");
        cluster.run(3_000);
        CommandResult refused = cluster.command("b", MirrorActionType.START, null);
        assertThat(refused.ruleId()).as(refused.toString()).isEqualTo("Q1");
        assertThat(refused.lines().get(0)).contains("w has agreed that a goes on in generation ");
        cluster.network.healAll();
        cluster.boot("a");
        cluster.awaitInSync("a", "b");
    }

    @Test
    void shouldRestartTheLastSourceWithAMajorityThoughOneNodeIsMissing() {
        inSync(QuorumSettings.majority(""), "a", "b", "c");
        cluster.kill("c");
        cluster.kill("a");
        cluster.boot("a");
        cluster.awaitInSync("a", "b");
        cluster.write("a", 6, 6);
    }

    @Test
    void shouldTakeAVoteBackThatWasNeverUsed() {
        inSync(QuorumSettings.majority(""), "a", "b", "c");
        cluster.kill("a");
        cluster.run(2_000);
        cluster.box("b").folder.failNext("data_state.0");
        cluster.box("b").folder.failNext("data_state.1");
        CommandResult failed = cluster.command("b", MirrorActionType.START, null);
        assertThat(failed.code()).isNotEqualTo(ExitCode.DONE);
        cluster.run(1_000);
        startWithPatience("c");
        cluster.write("c", 7, 7);
    }

    @Test
    void shouldLetAnOperatorForceWithoutQuorumAndGoOnWithIt() {
        inSync(QuorumSettings.majority(""), "a", "b", "c");
        cluster.kill("a");
        cluster.kill("c");
        cluster.run(2_000);
        cluster.must("b", MirrorActionType.FORCE, null);
        cluster.write("b", 8, 8);
        cluster.boot("c");
        cluster.await("c votes", () -> cluster.box("b").log.stream().anyMatch(line -> line.contains("overridden by force is there again")));
        cluster.boot("a");
        cluster.awaitInSync("b", "a", "c");
        cluster.assertEqual("a", "b");
    }

    @Test
    void shouldFailWritesWithIoErrorAndStartAnewWhenTheQuorumIsBack() {
        inSync(QuorumSettings.majority("").withLoss(Loss.IO_ERROR), "a", "b", "c");
        isolate("a");
        int[] lonely = cluster.startWrite("a", 3, 3);
        cluster.await("the write fails", () -> lonely[0] == -1);
        cluster.network.healAll();
        cluster.run(5_000);
        cluster.awaitInSync("a", "b", "c");
        cluster.write("a", 3, 4);
        cluster.assertEqual("a", "b");
    }

    @Test
    void shouldLeaveServiceWhenSoConfiguredAndComeBack() {
        inSync(QuorumSettings.majority("").withLoss(Loss.STOP), "a", "b", "c");
        isolate("a");
        cluster.await("a leaves service", () -> cluster.box("a").status().role() != Role.SOURCE);
        cluster.network.healAll();
        cluster.awaitInSync("a", "b", "c");
        cluster.write("a", 3, 4);
    }

    @Test
    void shouldStopAnIsolatedSourceOnCommand() {
        inSync(QuorumSettings.majority(""), "a", "b", "c");
        isolate("a");
        int[] lonely = cluster.startWrite("a", 3, 3);
        cluster.run(5_000);
        cluster.command("a", MirrorActionType.STOP, null);
        assertThat(cluster.box("a").status().role()).isNotEqualTo(Role.SOURCE);
        cluster.await("the write fails", () -> lonely[0] == -1);
    }

    // ---- fence-peer

    private void fencing(QuorumSettings.Fencing policy, int status) {
        inSync(QuorumSettings.NONE.withFencing(policy), "a", "b");
        cluster.hookStatus.put(HookRunner.FENCE_PEER, status);
        cluster.hookCalls.clear();
    }

    @Test
    void shouldGoOnWithoutATargetWhenFencePeerHasOutdatedIt() {
        for (int status : new int[] {3, 4, 5, 7}) {
            fencing(QuorumSettings.Fencing.RESOURCE_AND_STONITH, status);
            cluster.kill("b");
            cluster.write("a", 2, 2);
            cluster.write("a", 3, 2);
            assertThat(cluster.hookCalls).containsExactly("fence-peer on a for b");
            cluster.boot("b");
            cluster.awaitInSync("a", "b");
        }
    }

    @Test
    void shouldHoldWritesUntilFencePeerKnowsWithStonith() {
        fencing(QuorumSettings.Fencing.RESOURCE_AND_STONITH, 1);
        cluster.kill("b");
        int[] held = cluster.startWrite("a", 2, 2);
        cluster.run(3_000);
        assertThat(held[0]).isZero();
        assertThat(cluster.box("a").status().io().reasons()).containsExactly("fence-peer of b says: nothing is known of it");
        assertThat(cluster.hookCalls).contains("quorum-lost on a for ");
        cluster.hookStatus.put(HookRunner.FENCE_PEER, 7);
        cluster.await("the write is acknowledged", () -> held[0] == 1);
    }

    @Test
    void shouldLetThePeerBackInWhileFencePeerKnowsNothing() {
        fencing(QuorumSettings.Fencing.RESOURCE_AND_STONITH, 1);
        cluster.kill("b");
        int[] held = cluster.startWrite("a", 2, 2);
        cluster.run(1_000);
        assertThat(held[0]).isZero();
        cluster.boot("b");
        cluster.await("the write is acknowledged", () -> held[0] == 1);
        cluster.awaitInSync("a", "b");
        cluster.assertEqual("a", "b");
    }

    @Test
    void shouldGoOnWithoutAnAnswerUnlessThePeerIsInServiceWhenTheResourceAloneIsFenced() {
        fencing(QuorumSettings.Fencing.RESOURCE_ONLY, 1);
        cluster.kill("b");
        cluster.write("a", 2, 2);
        fencing(QuorumSettings.Fencing.RESOURCE_ONLY, 6);
        cluster.kill("b");
        int[] held = cluster.startWrite("a", 2, 2);
        cluster.run(3_000);
        assertThat(held[0]).isZero();
    }

    @Test
    void shouldFenceTheOldSourceBeforeTakingOver() {
        fencing(QuorumSettings.Fencing.RESOURCE_AND_STONITH, 1);
        cluster.kill("a");
        cluster.run(2_000);
        CommandResult refused = cluster.command("b", MirrorActionType.START, null);
        assertThat(refused.code()).isEqualTo(ExitCode.REFUSED);
        assertThat(refused.ruleId()).isEqualTo("F2");
        assertThat(refused.lines().get(0)).isEqualTo("fence-peer of a says: nothing is known of it");
        cluster.hookStatus.put(HookRunner.FENCE_PEER, 7);
        startWithPatience("b");
        cluster.write("b", 2, 2);
    }

    // ---- engines outside

    @Test
    void shouldAskTheCommandBeforeStartingAndWatchIt() {
        inSync(new QuorumSettings(QuorumSettings.Kind.COMMAND, Loss.SUSPEND_IO, "", 1_000_000_000L,
                QuorumSettings.Fencing.DONT_CARE), "a", "b");
        cluster.hookStatus.put(HookRunner.QUORUM, 1);
        cluster.await("writes wait", () -> cluster.box("a").status().io().modifications().equals("waiting"));
        assertThat(cluster.box("a").status().io().reasons()).containsExactly("no quorum for data: hook quorum ended with status 1");
        int[] held = cluster.startWrite("a", 2, 2);
        cluster.run(2_000);
        assertThat(held[0]).isZero();
        cluster.hookStatus.put(HookRunner.QUORUM, 0);
        cluster.await("the write is acknowledged", () -> held[0] == 1);
        cluster.must("a", MirrorActionType.STOP, null);
        cluster.hookStatus.put(HookRunner.QUORUM, 1);
        CommandResult refused = cluster.command("a", MirrorActionType.START, null);
        assertThat(refused.ruleId()).isEqualTo("Q1");
    }

    @Test
    void shouldAskCorosync() {
        inSync(QuorumSettings.NONE.withKind(QuorumSettings.Kind.COROSYNC), "a", "b");
        cluster.hookOutput = java.util.List.of("Quorate:          No", "Expected votes: 2", "Total votes: 1");
        cluster.await("writes wait", () -> cluster.box("a").status().io().modifications().equals("waiting"));
        assertThat(cluster.box("a").status().io().reasons()).containsExactly("no quorum for data: corosync is not quorate (1 of 2 votes)");
        cluster.hookOutput = java.util.List.of("Quorate:          Yes");
        cluster.await("writes go on", () -> cluster.box("a").status().io().modifications().equals("running"));
    }

    @Test
    void shouldAskTheProgramThatEmbedsTheNode() {
        boolean[] quorate = {true};
        cluster = new SimCluster(5, -1, "a", "b");
        cluster.quorum = QuorumSettings.NONE.withKind(QuorumSettings.Kind.EMBEDDED);
        cluster.guard = (question, answer) -> answer.accept(quorate[0] ? "" : "the program says no at " + question.moment().word());
        cluster.bootAll();
        cluster.run(500);
        cluster.must("a", MirrorActionType.CREATE, null);
        cluster.awaitInSync("a", "b");
        quorate[0] = false;
        cluster.kill("b");
        int[] held = cluster.startWrite("a", 2, 2);
        cluster.run(3_000);
        assertThat(held[0]).isZero();
        quorate[0] = true;
        cluster.await("the write is acknowledged", () -> held[0] == 1);
    }

    // ---- the other handlers

    @Test
    void shouldTellOfASplitBrainOnBothSidesOnce() {
        inSync(QuorumSettings.NONE, "a", "b");
        isolate("a");
        cluster.write("a", 2, 2);
        cluster.must("b", MirrorActionType.FORCE, null);
        cluster.write("b", 3, 3);
        cluster.hookCalls.clear();
        cluster.network.healAll();
        cluster.await("both are told", () -> cluster.hookCalls.contains("split-brain on a for b")
                && cluster.hookCalls.contains("split-brain on b for a"));
        cluster.run(3_000);
        assertThat(cluster.hookCalls).containsOnlyOnce("split-brain on a for b").containsOnlyOnce("split-brain on b for a");
    }

    @Test
    void shouldTellOfErrorsOfTheDiskAtMostOnceAMinute() {
        inSync(QuorumSettings.NONE, "a", "b");
        cluster.hookCalls.clear();
        cluster.box("a").disk.fault().on(BlockCommand.WRITE).fail(BlockError.EIO);
        for (int i = 0; i < 3; i++) {
            int[] outcome = cluster.startWrite("a", 2, 2);
            cluster.await("the write ends", () -> outcome[0] != 0);
        }
        assertThat(cluster.hookCalls).containsOnlyOnce("local-io-error on a for ");
    }
}
