/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.node;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.netraid.replicator.config.QuorumSettings;
import org.netraid.replicator.control.CommandResult;
import org.netraid.replicator.control.MirrorActionType;
import org.netraid.replicator.control.MirrorCommand;
import org.netraid.replicator.control.TargetState;
import org.netraid.sim.CrashMode;

/** G5: no write is acknowledged that a target lacks which still passes for whole, whenever during the write it is left out. */
class MissedWriteTest {

    private static final long STEP_NS = 40_000;
    private static final long DELAY_NS = 300_000;
    private static final int LAST_CHUNK = (int) (SimCluster.SIZE / SimCluster.CHUNK) - 1;

    private SimCluster cluster;
    private int chunk;
    private int missed;

    @BeforeEach
    void setUp() {
        cluster = new SimCluster(1, -1, "a", "b");
        cluster.bootAll();
        cluster.run(500);
        cluster.must("a", MirrorActionType.CREATE, null);
        cluster.awaitInSync("a", "b");
        cluster.write("a", 0, 1);
    }

    @Test
    void shouldKeepAPausedTargetFromTakingOverWithoutAWriteThatWasUnderWay() {
        for (long headStartNs = -3_000_000; headStartNs <= 3_000_000; headStartNs += STEP_NS) {
            int[] written = headStartNs > 0 ? write() : null;
            if (headStartNs > 0) {
                cluster.scheduler.runFor(headStartNs);
            }
            List<CommandResult> paused = order(MirrorActionType.PAUSE);
            if (headStartNs <= 0) {
                cluster.scheduler.runFor(-headStartNs);
                written = write();
            }
            int[] end = written;
            cluster.await("the write and the pause", () -> end[0] != 0 && !paused.isEmpty());
            cluster.run(20);
            assertThat(end[0]).isEqualTo(1);
            checkThatTheTargetIsWholeOrKnowsNot("write begun " + headStartNs + " ns before the pause");
            cluster.must("a", MirrorActionType.RESUME, "a", "b");
            cluster.awaitInSync("a", "b");
            cluster.assertEqual("a", "b");
        }
        assertThat(missed).as("writes that b missed").isPositive();
    }

    /** The target is being told that it is in sync while it is paused, and while writes begin to miss it. */
    @Test
    void shouldNotMarkATargetInSyncThatIsPausedMeanwhile() {
        for (long afterNs = 3_500_000; afterNs <= 6_500_000; afterNs += STEP_NS) {
            cluster.must("a", MirrorActionType.PAUSE, "a", "b");
            int[] first = write();
            cluster.await("a write while paused", () -> first[0] != 0);
            List<CommandResult> resumed = order(MirrorActionType.RESUME);
            cluster.scheduler.runFor(afterNs);
            List<CommandResult> paused = order(MirrorActionType.PAUSE);
            cluster.scheduler.runFor(DELAY_NS);
            int[] second = write();
            cluster.await("all of it", () -> second[0] != 0 && !paused.isEmpty() && !resumed.isEmpty());
            cluster.run(50);
            checkThatTheTargetIsWholeOrKnowsNot("paused " + afterNs + " ns after resume");
            cluster.must("a", MirrorActionType.RESUME, "a", "b");
            cluster.awaitInSync("a", "b");
            cluster.assertEqual("a", "b");
        }
        assertThat(missed).as("writes that b missed").isPositive();
    }

    /** The log knew already that the target was lost; the generation was still to be changed by the next write. */
    @Test
    void shouldChangeTheGenerationAtTheFirstWriteOfALifeWhenATargetWasLostInTheOneBefore() {
        cluster.cut("a", "b");
        cluster.await("b is lost", () -> cluster.target("a", "b").state() != TargetState.IN_SYNC);
        cluster.run(100);
        cluster.crash("a", CrashMode.PROCESS_KILL);
        cluster.boot("a");
        cluster.awaitBlocked("a", "D3");
        cluster.must("a", MirrorActionType.FORCE, null);
        writeWithoutB();
    }

    /** The same, where nobody needs to force anything: the majority answers. */
    @Test
    void shouldChangeTheGenerationAtTheFirstWriteOfALifeThatAMajorityAgreesTo() {
        cluster = new SimCluster(1, -1, "a", "b", "c");
        cluster.quorum = QuorumSettings.majority("");
        cluster.bootAll();
        cluster.run(1000);
        cluster.must("a", MirrorActionType.CREATE, null);
        cluster.awaitInSync("a", "b", "c");
        cluster.write("a", 0, 1);
        cluster.cut("a", "b");
        cluster.cut("c", "b");
        cluster.await("b is lost", () -> cluster.target("a", "b").state() != TargetState.IN_SYNC);
        cluster.run(100);
        cluster.crash("a", CrashMode.PROCESS_KILL);
        cluster.boot("a");
        writeWithoutB();
    }

    private void writeWithoutB() {
        cluster.await("a is in service", () -> !cluster.box("a").status().exportUri().isEmpty());
        int[] written = write();
        cluster.await("a write", () -> written[0] != 0);
        assertThat(written[0]).isEqualTo(1);
        checkThatTheTargetIsWholeOrKnowsNot("the first write after a restart");
        assertThat(missed).as("writes that b missed").isPositive();
        cluster.network.healAll();
        cluster.awaitInSync("a", "b");
        cluster.assertEqual("a", "b");
    }

    /** A chunk that is not hot: the log has to be written first. */
    private int[] write() {
        chunk = chunk == LAST_CHUNK ? 1 : chunk + 1;
        return cluster.startWrite("a", chunk, cluster.chunk("a", chunk) + 1);
    }

    private List<CommandResult> order(MirrorActionType action) {
        List<CommandResult> answer = new ArrayList<>();
        SimCluster.Box a = cluster.box("a");
        a.loop.execute(() -> a.node.execute(MirrorCommand.of(SimCluster.TAG, action, "a", "b"), answer::add));
        return answer;
    }

    private void checkThatTheTargetIsWholeOrKnowsNot(String when) {
        if (cluster.chunk("b", chunk) != cluster.chunk("a", chunk)) {
            missed++;
            assertThat(cluster.box("b").status().generation()).as("generation of b, which lacks chunk %d: %s\n%s", chunk, when,
                    cluster.story()).isNotEqualTo(cluster.box("a").status().generation());
        }
    }
}
