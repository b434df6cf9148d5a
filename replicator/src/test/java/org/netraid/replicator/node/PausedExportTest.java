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
import org.netraid.sim.CrashMode;

/** Row D16: what is written on a paused target is never forgotten, whatever becomes of that node. */
class PausedExportTest {

    private final SimCluster cluster = new SimCluster(1, -1, "a", "b");

    private void pause() {
        cluster.bootAll();
        cluster.run(500);
        cluster.must("a", MirrorActionType.CREATE, null);
        cluster.awaitInSync("a", "b");
        cluster.run(2000);
        cluster.must("a", MirrorActionType.PAUSE, "a", "b");
        cluster.run(100);
    }

    private CommandResult expose(String... options) {
        return cluster.command("b", new MirrorCommand(SimCluster.TAG, MirrorActionType.EXPOSE, null, List.of(), false, false, false,
                List.of(options)));
    }

    private void exposeWritable() {
        CommandResult result = expose(MirrorCommand.WRITABLE);
        assertThat(result.code()).as("%s\n%s", result, cluster.story()).isEqualTo(ExitCode.DONE);
    }

    private void resume() {
        cluster.must("a", MirrorActionType.RESUME, "a", "b");
        cluster.awaitInSync("a", "b");
        cluster.assertEqual("a", "b");
    }

    @Test
    void shouldRefuseWritesWhenItIsExposedForReading() {
        pause();
        CommandResult exposed = expose();
        assertThat(exposed.code()).isEqualTo(ExitCode.DONE);
        assertThat(cluster.box("b").status().exportUri()).isNotEmpty();
        assertThat(exposed.lines().get(0)).endsWith(cluster.box("b").status().exportUri());
        int[] outcome = cluster.startWrite("b", 5, 55);
        cluster.await("end of the write", () -> outcome[0] != 0);
        assertThat(outcome[0]).isEqualTo(-1);
        resume();
        assertThat(cluster.target("a", "b").resyncTotalBytes()).isZero();
    }

    @Test
    void shouldSendWhatWasWrittenThereAlsoAfterAPowerCut() {
        pause();
        exposeWritable();
        cluster.write("b", 5, 55);
        cluster.write("a", 7, 7);
        cluster.crash("b", CrashMode.POWER_CUT);
        cluster.boot("b");
        cluster.run(1000);
        resume();
        assertThat(cluster.chunk("b", 5)).isZero();
    }

    @Test
    void shouldMakeEveryOtherCopyDirtyWhenTheWrittenOneIsForcedIntoService() {
        pause();
        exposeWritable();
        cluster.write("b", 5, 55);
        cluster.kill("a");
        cluster.run(1000);
        assertThat(cluster.command("b", MirrorActionType.START, null).code()).isEqualTo(ExitCode.REFUSED);
        cluster.must("b", MirrorActionType.FORCE, null);
        cluster.boot("a");
        cluster.awaitInSync("b", "a");
        cluster.assertEqual("a", "b");
        assertThat(cluster.chunk("a", 5)).isEqualTo(55);
    }

    @Test
    void shouldEndWhenAskedTo() {
        pause();
        exposeWritable();
        cluster.write("b", 5, 55);
        assertThat(expose(MirrorCommand.STOP).code()).isEqualTo(ExitCode.DONE);
        assertThat(cluster.command("b", MirrorActionType.EXPLAIN, null).lines())
                .anyMatch(line -> line.contains("was written while it was"));
        resume();
        assertThat(cluster.command("b", MirrorActionType.EXPLAIN, null).lines()).noneMatch(line -> line.contains("was written"));
    }
}
