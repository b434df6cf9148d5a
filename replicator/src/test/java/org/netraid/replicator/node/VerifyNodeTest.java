/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.node;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.netraid.replicator.config.UndoSettings;
import org.netraid.replicator.config.UpkeepSettings;
import org.netraid.replicator.config.VerifySettings;
import org.netraid.replicator.control.CommandResult;
import org.netraid.replicator.control.ExitCode;
import org.netraid.replicator.control.MirrorActionType;
import org.netraid.replicator.control.MirrorCommand;
import org.netraid.replicator.control.TargetState;
import org.netraid.replicator.control.VerifyStatus;

class VerifyNodeTest {

    private SimCluster cluster;

    private void begin(long seed, UpkeepSettings upkeep, String... names) {
        cluster = new SimCluster(seed, -1, names);
        cluster.upkeep = upkeep;
        cluster.bootAll();
        cluster.run(1000);
        cluster.must("a", MirrorActionType.CREATE, null);
        for (String name : names) {
            if (!name.equals("a")) {
                cluster.awaitInSync("a", name);
            }
        }
    }

    private CommandResult verify(String... options) {
        return cluster.command("a", new MirrorCommand(SimCluster.TAG, MirrorActionType.VERIFY, null, List.of(), false, false, false,
                List.of(options)));
    }

    private VerifyStatus status(String target) {
        return cluster.box("a").status().verifies().stream().filter(status -> status.node().equals(target)).findFirst().orElseThrow();
    }

    private VerifyStatus awaitEnd(String target) {
        cluster.await("verify of " + target, () -> List.of(VerifyStatus.DONE, VerifyStatus.STOPPED).contains(status(target).state()));
        return status(target);
    }

    /** {@code verify --wait} printed the report before, or none, when it looked between the last comparison and the report. */
    @Test
    void shouldCountAsRunningUntilItsOwnReportIsThere() {
        begin(5, UpkeepSettings.DEFAULT, "a", "b");
        assertThat(verify().code()).isEqualTo(ExitCode.DONE);
        cluster.await("the first report", () -> !status("b").running());
        assertThat(status("b").state()).isEqualTo(VerifyStatus.DONE);
        cluster.box("b").disk.rot(3 * SimCluster.CHUNK + 17, 4);
        assertThat(verify().code()).isEqualTo(ExitCode.DONE);
        cluster.await("the second report", () -> !status("b").running());
        assertThat(status("b").chunksDiffering()).isEqualTo(1);
    }

    @Test
    void shouldVerifyEveryTargetFromTheCommandAndKeepTheReport() {
        begin(1, UpkeepSettings.DEFAULT, "a", "b", "c");
        cluster.write("a", 3, 7);
        assertThat(status("b").state()).isEqualTo(VerifyStatus.NEVER);
        cluster.box("b").disk.rot(3 * SimCluster.CHUNK + 17, 4);
        assertThat(verify().code()).isEqualTo(ExitCode.DONE);
        VerifyStatus found = awaitEnd("b");
        assertThat(found.chunksCompared()).isEqualTo(SimCluster.SIZE / SimCluster.CHUNK);
        assertThat(found.differences()).containsExactly(new VerifyStatus.Difference(3 * SimCluster.CHUNK + 17, 1, 1, false));
        assertThat(awaitEnd("c").chunksDiffering()).isZero();
        assertThat(cluster.target("a", "b").dirtyChunks()).isEqualTo(1);
        assertThat(cluster.box("a").log).anySatisfy(line -> assertThat(line).contains("b differs from a at byte 196625").contains("dirty"))
                .anySatisfy(line -> assertThat(line).contains("1 differ, 0 repaired").contains("--repair"));

        assertThat(verify("repair").code()).isEqualTo(ExitCode.DONE);
        cluster.await("repaired", () -> status("b").chunksRepaired() == 1);
        awaitEnd("b");
        cluster.awaitInSync("a", "b");
        cluster.assertEqual("a", "b");
        assertThat(cluster.target("a", "b").dirtyChunks()).isZero();

        cluster.shutdown("a");
        cluster.boot("a");
        cluster.awaitInSync("a", "b");
        assertThat(status("b").chunksRepaired()).as("the report outlives the daemon").isEqualTo(1);
    }

    @Test
    void shouldRefuseToVerifyWhatIsNotInSyncAndStopOnRequest() {
        begin(2, new UpkeepSettings(new VerifySettings(0, 1 << 20), UndoSettings.DEFAULT, ""), "a", "b");
        assertThat(verify().code()).isEqualTo(ExitCode.DONE);
        assertThat(verify().lines().get(0)).contains("already");
        assertThat(verify("stop").lines()).containsExactly("the verify of b is stopped");
        assertThat(awaitEnd("b").state()).isEqualTo(VerifyStatus.STOPPED);
        assertThat(verify("stop").lines()).containsExactly("no verify of b runs");
        cluster.kill("b");
        cluster.awaitTarget("a", "b", TargetState.UNKNOWN);
        CommandResult refused = verify();
        assertThat(refused.code()).isEqualTo(ExitCode.REFUSED);
        assertThat(refused.lines().get(0)).contains("only a target that is in sync");
    }

    @Test
    void shouldVerifyByScheduleAlsoAcrossRestarts() {
        begin(3, new UpkeepSettings(new VerifySettings(600_000_000_000L, 0), UndoSettings.DEFAULT, ""), "a", "b");
        cluster.run(400_000);
        assertThat(status("b").state()).isEqualTo(VerifyStatus.NEVER);
        assertThat(status("b").nextMillis()).isBetween(600_000L, 610_000L);
        cluster.shutdown("a");
        cluster.boot("a");
        cluster.awaitInSync("a", "b");
        cluster.run(260_000);
        VerifyStatus first = awaitEnd("b");
        assertThat(first.scheduled()).isTrue();
        assertThat(first.startedMillis()).isBetween(600_000L, 670_000L);
        cluster.run(700_000);
        assertThat(status("b").startedMillis()).isGreaterThan(first.startedMillis() + 599_000);
    }

    @Test
    void shouldGoOnWithADamagedReport() {
        begin(4, UpkeepSettings.DEFAULT, "a", "b");
        cluster.shutdown("a");
        cluster.box("a").folder.write(SimCluster.TAG + "_verify", "{ torn".getBytes(StandardCharsets.UTF_8));
        cluster.boot("a");
        cluster.awaitInSync("a", "b");
        assertThat(cluster.box("a").log).anySatisfy(line -> assertThat(line).contains(SimCluster.TAG + "_verify is damaged"));
        assertThat(verify().code()).isEqualTo(ExitCode.DONE);
        awaitEnd("b");
    }
}
