/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.node;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.netraid.replicator.control.CommandResult;
import org.netraid.replicator.control.ExitCode;
import org.netraid.replicator.control.MirrorActionType;
import org.netraid.replicator.control.MirrorCommand;
import org.netraid.replicator.control.TargetState;
import org.netraid.replicator.state.Role;
import org.netraid.sim.CrashMode;

/** The journal of whole nodes: who is replayed, and who must not be. */
class JournalNodeTest {

    private static SimCluster asynchronous(String... nodes) {
        SimCluster cluster = new SimCluster(21, 0, nodes);
        cluster.bootAll();
        cluster.run(500);
        cluster.must(nodes[0], MirrorActionType.CREATE, nodes[0]);
        String[] targets = List.of(nodes).subList(1, nodes.length).toArray(new String[0]);
        cluster.awaitInSync(nodes[0], targets);
        protocol(cluster, nodes[0], targets[0], "A");
        return cluster;
    }

    private static void protocol(SimCluster cluster, String source, String target, String word) {
        CommandResult result = cluster.command(source, new MirrorCommand(SimCluster.TAG, MirrorActionType.PROTOCOL, source,
                List.of(target), false, false, false, List.of(word)));
        assertThat(result.code()).as("%s", result).isEqualTo(ExitCode.DONE);
    }

    /** Writes that the target does not get before the source dies. */
    private static void backlog(SimCluster cluster, String source, String target) {
        cluster.box(target).disk.fault().hang();
        for (int chunk = 1; chunk <= 8; chunk++) {
            cluster.write(source, chunk, 40 + chunk);
        }
        assertThat(cluster.target(source, target).replication().lagBytes()).isEqualTo(8 * SimCluster.CHUNK);
        assertThat(cluster.box(source).status().journal().records()).isEqualTo(8);
    }

    private static void heal(SimCluster cluster, String target) {
        cluster.box(target).disk.clearFaults();
        cluster.box(target).disk.releaseHung();
    }

    @Test
    void shouldReplayTheQueueOfAKilledSourceBeforeTheResync() {
        SimCluster cluster = asynchronous("adam", "eve");
        backlog(cluster, "adam", "eve");
        cluster.kill("adam");
        heal(cluster, "eve");
        cluster.run(1000);
        cluster.boot("adam");
        cluster.awaitInSync("adam", "eve");
        assertThat(cluster.box("adam").log).anyMatch(line -> line.contains("target eve: replayed"));
        assertThat(cluster.chunk("eve", 8)).isEqualTo(48);
        cluster.assertEqual("adam", "eve");
        assertThat(cluster.box("adam").status().journal().open()).isTrue();
    }

    @Test
    void shouldNotReplayAfterAPowerCut() {
        SimCluster cluster = asynchronous("adam", "eve");
        backlog(cluster, "adam", "eve");
        cluster.crash("adam", CrashMode.POWER_CUT);
        heal(cluster, "eve");
        cluster.run(1000);
        cluster.boot("adam");
        cluster.awaitInSync("adam", "eve");
        assertThat(cluster.box("adam").log).noneMatch(line -> line.contains("replayed"));
        cluster.assertEqual("adam", "eve");
    }

    @Test
    void shouldNeverReplayOverATargetThatWasPromoted() {
        SimCluster cluster = asynchronous("adam", "eve");
        backlog(cluster, "adam", "eve");
        cluster.kill("adam");
        heal(cluster, "eve");
        cluster.run(1000);
        if (cluster.command("eve", MirrorActionType.START, "eve").code() != ExitCode.DONE) {
            cluster.must("eve", MirrorActionType.FORCE, "eve");
        }
        cluster.await("eve in service", () -> cluster.box("eve").status().role() == Role.SOURCE);
        cluster.write("eve", 3, 99);
        cluster.boot("adam");
        cluster.run(5000);
        assertThat(cluster.box("adam").log).noneMatch(line -> line.contains("replayed"));
        assertThat(cluster.chunk("eve", 3)).isEqualTo(99);
    }

    @Test
    void shouldGoOnInMemoryWhenTheJournalCannotBeOpened() {
        SimCluster cluster = new SimCluster(22, 0, "adam", "eve");
        cluster.box("adam").journalFailure = "no journal today";
        cluster.bootAll();
        cluster.run(500);
        cluster.must("adam", MirrorActionType.CREATE, "adam");
        cluster.awaitInSync("adam", "eve");
        protocol(cluster, "adam", "eve", "A");
        cluster.write("adam", 1, 5);
        cluster.await("eve has it", () -> cluster.chunk("eve", 1) == 5);
        assertThat(cluster.box("adam").log).anyMatch(line -> line.contains("no journal today") && line.contains("in memory"));
        assertThat(cluster.target("adam", "eve").state()).isEqualTo(TargetState.IN_SYNC);
    }
}
