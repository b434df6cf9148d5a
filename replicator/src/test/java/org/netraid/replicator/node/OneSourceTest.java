/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.node;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.netraid.replicator.control.CommandResult;
import org.netraid.replicator.control.ExitCode;
import org.netraid.replicator.control.MirrorActionType;
import org.netraid.replicator.control.MirrorCommand;
import org.netraid.replicator.state.Role;

/**
 * Nodes that reach each other never go in service together, whatever the moment of a {@code start}. Real daemons did: three were killed and
 * booted, and while the last owner started by itself an operator's start was accepted on another node (RandomFailoverProcessTest, seeds
 * 102, 103, 104). Here the start comes at every millisecond that matters.
 */
class OneSourceTest {


    private SimCluster cluster;

    private void killedWhileInSync(String... names) {
        cluster = new SimCluster(3, -1, names);
        cluster.bootAll();
        cluster.run(500);
        cluster.must("a", MirrorActionType.CREATE, null);
        for (String target : names) {
            if (!target.equals("a")) {
                cluster.awaitInSync("a", target);
            }
        }
        cluster.write("a", 1, 1);
        for (String name : names) {
            cluster.kill(name);
        }
        cluster.bootAll();
    }

    private List<CommandResult> startLater(String node) {
        List<CommandResult> results = new ArrayList<>();
        SimCluster.Box box = cluster.box(node);
        box.loop.execute(() -> box.node.execute(MirrorCommand.of(SimCluster.TAG, MirrorActionType.START, null), results::add));
        return results;
    }

    private long sources() {
        return cluster.boxes.values().stream().filter(box -> box.status().role() == Role.SOURCE).count();
    }

    private void runAndWatch(int ms) {
        for (int i = 0; i < ms; i++) {
            cluster.run(1);
            assertThat(sources()).as(cluster.story()).isLessThan(2);
        }
    }

    @Test
    void shouldNotStartOnATargetWhileTheLastOwnerStartsByItself() {
        for (int afterMs = 0; afterMs <= 12; afterMs++) {
            killedWhileInSync("a", "b", "c");
            cluster.await("b has found the others", () -> cluster.box("b").node.status().peers().stream()
                    .allMatch(peer -> peer.connected()));
            runAndWatch(afterMs);
            List<CommandResult> result = startLater("b");
            runAndWatch(1_500);
            assertThat(result).as("start on b after %d ms is answered", afterMs).hasSize(1);
            assertThat(sources()).as("start on b after %d ms\n%s", afterMs, cluster.story()).isEqualTo(1);
        }
    }

    @Test
    void shouldLetOneOfTwoOperatorsStart() {
        for (int afterMs = 0; afterMs <= 6; afterMs++) {
            killedWhileInSync("a", "b", "c");
            cluster.run(1_500);
            cluster.must("a", MirrorActionType.STOP, null);
            cluster.run(500);
            List<CommandResult> onB = startLater("b");
            runAndWatch(afterMs);
            List<CommandResult> onC = startLater("c");
            runAndWatch(1_500);
            assertThat(onB).hasSize(1);
            assertThat(onC).hasSize(1);
            List<ExitCode> codes = List.of(onB.get(0).code(), onC.get(0).code());
            assertThat(codes).as("%s %s", onB, onC).containsAnyOf(ExitCode.BUSY, ExitCode.REFUSED);
            if (!codes.contains(ExitCode.DONE)) {
                // each was agreed to by somebody; whoever asks again is let in
                cluster.must("b", MirrorActionType.START, null);
            }
            assertThat(sources()).isEqualTo(1);
        }
    }

    @Test
    void shouldNotStartWhileAThirdNodeIsTheTargetOfALiveSource() {
        cluster = new SimCluster(3, -1, "a", "b", "c");
        cluster.bootAll();
        cluster.run(500);
        cluster.must("a", MirrorActionType.CREATE, null);
        cluster.awaitInSync("a", "b", "c");
        cluster.cut("a", "b");
        cluster.await("b misses a", () -> cluster.box("b").status().sourceNode().isEmpty());
        CommandResult refused = cluster.command("b", MirrorActionType.START, null);
        assertThat(refused.code()).as("%s", refused).isEqualTo(ExitCode.REFUSED);
        assertThat(refused.ruleId()).isEqualTo("G6");
        assertThat(refused.lines().get(0)).isEqualTo("a is alive and in service, as c, its target, sees");
        cluster.write("a", 2, 2);
        cluster.network.healAll();
        cluster.awaitInSync("a", "b", "c");
        cluster.assertEqual("a", "b");
    }

    @Test
    void shouldLetAnOperatorForceAgainstTheWitness() {
        cluster = new SimCluster(3, -1, "a", "b", "c");
        cluster.bootAll();
        cluster.run(500);
        cluster.must("a", MirrorActionType.CREATE, null);
        cluster.awaitInSync("a", "b", "c");
        cluster.cut("a", "b");
        cluster.await("b misses a", () -> cluster.box("b").status().sourceNode().isEmpty());
        cluster.must("b", MirrorActionType.FORCE, null);
        assertThat(cluster.box("b").status().role()).isEqualTo(Role.SOURCE);
    }

    /** The peer channel to the old source is gone, its data connection is not: as with a firewall, or a hung peer thread. */
    @Test
    void shouldCutTheOldSourceBeforeTheNewOneAcceptsItsFirstWrite() {
        cluster = new SimCluster(3, -1, "a", "b", "c");
        cluster.bootAll();
        cluster.run(500);
        cluster.must("a", MirrorActionType.CREATE, null);
        cluster.awaitInSync("a", "b", "c");
        cluster.cut("a", "b");
        cluster.cut("a", "c");
        cluster.run(350);
        // b and c have given a up; its connections to their disks have not timed out yet
        int[] late = cluster.startWrite("a", 1, 9);
        List<CommandResult> started = startLater("b");
        cluster.await("b is in service", () -> !started.isEmpty());
        assertThat(started.get(0).code()).as("%s", started).isEqualTo(ExitCode.DONE);
        cluster.write("b", 1, 5);
        cluster.network.healAll();
        cluster.run(2_000);
        assertThat(cluster.chunk("b", 1)).isEqualTo(5);
        assertThat(cluster.chunk("c", 1)).as("what a sent late is not on c").isIn(0, 5);
        assertThat(late[0]).isNotEqualTo(0);
    }

    @Test
    void shouldNoticeALostNodeInLessThanASecondWithoutDataTraffic() {
        cluster = new SimCluster(3, -1, "a", "b");
        cluster.bootAll();
        cluster.run(500);
        cluster.must("a", MirrorActionType.CREATE, null);
        cluster.awaitInSync("a", "b");
        cluster.run(5_000);
        cluster.cut("a", "b");
        cluster.run(900);
        assertThat(cluster.box("a").node.status().peers().get(0).connected()).isFalse();
        assertThat(cluster.box("b").status().sourceNode()).isEmpty();
    }

    @Test
    void shouldForgetAPromiseWhenTheOtherIsLost() {
        killedWhileInSync("a", "b");
        cluster.await("b has found a", () -> cluster.box("b").node.status().peers().get(0).connected());
        startLater("b");
        cluster.run(1);
        cluster.kill("b");
        cluster.run(2_000);
        cluster.boot("b");
        cluster.await("one is in service", () -> sources() == 1);
    }
}
