/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.node;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.netraid.replicator.control.CommandResult;
import org.netraid.replicator.control.ExitCode;
import org.netraid.replicator.control.MirrorActionType;
import org.netraid.replicator.control.TargetState;
import org.netraid.replicator.state.DiskState;
import org.netraid.replicator.state.Role;

/** Failover with three whole nodes: the previous source, the wait for it, and what survivors know of each other. */
class ThreeNodeLifecycleTest {

    private SimCluster cluster;

    private void create(long waitNs) {
        cluster = new SimCluster(7, waitNs, "a", "b", "c");
        cluster.regionsNs = 0; // what follows when targets remember nothing; else: SurvivorTest
        cluster.bootAll();
        cluster.await("everybody connected", () -> cluster.boxes.values().stream()
                .allMatch(box -> box.node.status().peers().stream().allMatch(peer -> peer.connected())));
        cluster.must("a", MirrorActionType.CREATE, null);
        cluster.awaitInSync("a", "b", "c");
        cluster.write("a", 1, 1);
    }

    private void killAndWait(String node) {
        cluster.kill(node);
        cluster.await(node + " is missed", () -> cluster.boxes.values().stream().filter(box -> box.loop.isAlive())
                .allMatch(box -> box.node.status().peers().stream().noneMatch(peer -> peer.node().equals(node) && peer.connected())));
    }

    @Test
    void d6d7ShouldWaitForThePreviousSourceThenResyncBothPartially() {
        create(-1);
        cluster.startWrite("a", 30, 4);
        killAndWait("a");
        cluster.must("b", MirrorActionType.START, null);
        cluster.write("b", 2, 2);
        cluster.awaitTarget("b", "c", TargetState.WAIT_PREVIOUS_SOURCE);
        cluster.awaitTarget("b", "a", TargetState.UNKNOWN);
        cluster.run(5000);
        assertThat(cluster.target("b", "c").state()).isEqualTo(TargetState.WAIT_PREVIOUS_SOURCE);
        cluster.boot("a");
        cluster.awaitTarget("b", "a", TargetState.PREVIOUS_SOURCE);
        cluster.awaitInSync("b", "a", "c");
        cluster.assertEqual("a", "b");
        cluster.assertEqual("c", "b");
        assertThat(cluster.box("a").sourceFlag()).isEqualTo("b");
        assertThat(cluster.box("c").sourceFlag()).isEqualTo("b");
        assertThat(cluster.box("a").has("last_owner")).isFalse();
        assertThat(cluster.target("b", "c").resyncSentBytes() + cluster.target("b", "c").zeroBytes()).isLessThan(SimCluster.SIZE);
    }

    @Test
    void d8ShouldResyncFullyWhenTheWaitIsOverAndStillTakeThePreviousSourcePartially() {
        create(500 * SimCluster.MS);
        killAndWait("a");
        cluster.must("b", MirrorActionType.START, null);
        cluster.write("b", 2, 2);
        cluster.awaitInSync("b", "c");
        cluster.assertEqual("b", "c");
        assertThat(cluster.target("b", "c").resyncTotalBytes()).isEqualTo(SimCluster.SIZE);
        cluster.boot("a");
        cluster.awaitInSync("b", "a");
        assertThat(cluster.target("b", "a").resyncTotalBytes()).isLessThan(SimCluster.SIZE);
        cluster.assertEqual("a", "b");
        cluster.assertEqual("c", "b");
    }

    @Test
    void g9ShouldGoOnWithTheWaitWhereItWasWhenTheNewSourceIsRestarted() {
        create(10_000 * SimCluster.MS);
        killAndWait("a");
        cluster.must("b", MirrorActionType.START, null);
        cluster.write("b", 2, 2);
        cluster.awaitTarget("b", "c", TargetState.WAIT_PREVIOUS_SOURCE);
        cluster.run(7000);
        killAndWait("b");
        cluster.boot("b");
        cluster.run(1000);
        cluster.must("b", MirrorActionType.FORCE, null);
        cluster.awaitTarget("b", "c", TargetState.WAIT_PREVIOUS_SOURCE);
        cluster.run(3000);
        cluster.awaitInSync("b", "c");
        assertThat(cluster.box("b").log).anyMatch(line -> line.contains("D8: a, the previous source, is not waited for any longer"));
        assertThat(cluster.target("b", "c").resyncTotalBytes()).isEqualTo(SimCluster.SIZE);
        assertThat(cluster.scheduler.nanoTime()).isLessThan(18_000 * SimCluster.MS);
    }

    @Test
    void d10ShouldResyncFullyWhenAnOperatorGivesUpTheWait() {
        create(-1);
        killAndWait("a");
        cluster.must("b", MirrorActionType.START, null);
        cluster.awaitTarget("b", "c", TargetState.WAIT_PREVIOUS_SOURCE);
        cluster.must("b", MirrorActionType.FULLRESYNC, "b", "c");
        cluster.awaitInSync("b", "c");
        cluster.assertEqual("b", "c");
    }

    @Test
    void g2ShouldRefuseTakeoverByATargetThatASurvivorKnowsToBeStale() {
        create(-1);
        cluster.cut("a", "b");
        cluster.await("a lost b", () -> cluster.target("a", "b").state() != TargetState.IN_SYNC);
        cluster.write("a", 5, 5);
        cluster.await("c has it", () -> cluster.chunk("c", 5) == 5);
        cluster.kill("a");
        cluster.run(1000);
        CommandResult refused = cluster.command("b", MirrorActionType.START, null);
        assertThat(refused.code()).as(cluster.story()).isEqualTo(ExitCode.REFUSED);
        cluster.must("c", MirrorActionType.START, null);
        cluster.write("c", 6, 6);
        cluster.network.healAll();
        cluster.boot("a");
        cluster.awaitInSync("c", "a", "b");
        cluster.assertEqual("a", "c");
        cluster.assertEqual("b", "c");
        assertThat(cluster.chunk("b", 5)).isEqualTo(5);
    }

    @Test
    void g2ShouldKeepARemovedTargetFromTakingOver() {
        create(-1);
        cluster.must("a", MirrorActionType.REMOVE, "a", "c");
        cluster.write("a", 5, 5);
        cluster.await("c knows", () -> cluster.box("c").status().diskState() == DiskState.OUTDATED);
        cluster.kill("a");
        cluster.kill("b");
        cluster.run(4000);
        CommandResult refused = cluster.command("c", MirrorActionType.START, null);
        assertThat(refused.code()).as(cluster.story()).isEqualTo(ExitCode.REFUSED);
        assertThat(refused.ruleId()).isEqualTo("D17");
        cluster.boot("a");
        cluster.boot("b");
        cluster.awaitInSync("a", "b");
        cluster.must("a", MirrorActionType.SWITCHOVER, "a", "b");
        cluster.write("b", 6, 6);
        assertThat(cluster.box("b").status().targets()).as("b knows that c is removed").hasSize(1);
        cluster.must("b", MirrorActionType.ADD, "b", "c");
        cluster.awaitInSync("b", "a", "c");
        cluster.assertEqual("c", "b");
        assertThat(cluster.chunk("c", 5)).isEqualTo(5);
    }

    @Test
    void g2ShouldKeepAMemberThatWasDeletedFromTheConfigurationFromTakingOver() {
        create(-1);
        cluster.boxes.keySet().forEach(cluster::kill);
        SimCluster.Box deleted = cluster.boxes.remove("c");
        cluster.bootAll();
        cluster.awaitInSync("a", "b");
        cluster.write("a", 5, 5);
        cluster.must("a", MirrorActionType.STOP, null);
        cluster.boxes.keySet().forEach(cluster::kill);
        cluster.boxes.put("c", deleted);
        cluster.bootAll();
        cluster.await("everybody connected", () -> cluster.boxes.values().stream()
                .allMatch(box -> box.node.status().peers().stream().allMatch(peer -> peer.connected())));
        CommandResult refused = cluster.command("c", MirrorActionType.START, null);
        assertThat(refused.code()).as(cluster.story()).isEqualTo(ExitCode.REFUSED);
        cluster.must("a", MirrorActionType.START, null);
        cluster.awaitInSync("a", "b", "c");
        cluster.assertEqual("b", "a");
        cluster.assertEqual("c", "a");
        assertThat(cluster.chunk("c", 5)).isEqualTo(5);
    }

    @Test
    void shouldGoOnWithTheOthersWhenOneTargetDies() {
        create(-1);
        cluster.kill("c");
        cluster.write("a", 8, 8);
        assertThat(cluster.chunk("b", 8)).isEqualTo(8);
        cluster.awaitInSync("a", "b");
        cluster.boot("c");
        cluster.awaitInSync("a", "b", "c");
        cluster.assertEqual("a", "c");
    }

    @Test
    void shouldDoNothingWhenOneOfTheNamedTargetsIsNoPartOfTheMirror() {
        create(-1);
        cluster.must("a", MirrorActionType.REMOVE, null, "c");
        CommandResult pause = cluster.command("a", MirrorActionType.PAUSE, null, "b", "c");
        assertThat(pause.code()).isEqualTo(ExitCode.USAGE);
        assertThat(pause.lines()).containsExactly("c is no part of data now, so nothing was done", "mirror_action data add a c");
        assertThat(cluster.target("a", "b").state()).isEqualTo(TargetState.IN_SYNC);
    }

    @Test
    void d5ShouldSwitchOverWithThreeNodesWithoutResync() {
        create(-1);
        cluster.must("a", MirrorActionType.SWITCHOVER, null, "c");
        cluster.awaitInSync("c", "a", "b");
        assertThat(cluster.target("c", "a").resyncSentBytes()).isZero();
        assertThat(cluster.target("c", "b").resyncSentBytes()).isZero();
        cluster.write("c", 3, 3);
        cluster.assertEqual("a", "c");
        cluster.assertEqual("b", "c");
    }

    @Test
    void shouldCascadeThroughTwoFailovers() {
        create(-1);
        killAndWait("a");
        cluster.must("b", MirrorActionType.START, null);
        cluster.write("b", 2, 2);
        cluster.boot("a");
        cluster.awaitInSync("b", "a", "c");
        killAndWait("b");
        cluster.must("c", MirrorActionType.START, null);
        cluster.write("c", 3, 3);
        cluster.boot("b");
        cluster.awaitInSync("c", "a", "b");
        assertThat(cluster.chunk("a", 2)).isEqualTo(2);
        cluster.assertEqual("a", "c");
        cluster.assertEqual("b", "c");
    }

    @Test
    void shouldWaitAgainForThePreviousSourceAfterTheNewOneRestarts() {
        create(-1);
        killAndWait("a");
        cluster.must("b", MirrorActionType.START, null);
        cluster.write("b", 2, 2);
        killAndWait("b");
        cluster.boot("b");
        cluster.awaitBlocked("b", "D3");
        cluster.boot("a");
        cluster.awaitInSync("b", "a", "c");
        assertThat(cluster.box("b").status().role()).isEqualTo(Role.SOURCE);
        assertThat(cluster.box("a").status().diskState()).isEqualTo(DiskState.UP_TO_DATE);
        cluster.assertEqual("a", "b");
        cluster.assertEqual("c", "b");
    }
}
