/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.node;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.netraid.replicator.control.CommandResult;
import org.netraid.replicator.control.MirrorActionType;
import org.netraid.replicator.control.MirrorCommand;
import org.netraid.replicator.control.MirrorStatus;
import org.netraid.replicator.control.TargetPreview;
import org.netraid.replicator.control.TargetPreview.Amount;
import org.netraid.replicator.control.TargetState;
import org.netraid.replicator.io.RecordJson;

/** What a dry run says of each target is what then happens. */
class DryRunTest {

    private static final long CHUNK = SimCluster.CHUNK;

    private SimCluster cluster;

    private void inSync(String... names) {
        cluster = new SimCluster(5, -1, names);
        cluster.bootAll();
        cluster.run(500);
        cluster.must("a", MirrorActionType.CREATE, null);
        for (String name : List.of(names).subList(1, names.length)) {
            cluster.awaitInSync("a", name);
        }
        cluster.write("a", 1, 1);
    }

    private CommandResult dryRun(String node, MirrorActionType action) {
        MirrorStatus before = cluster.box(node).status();
        byte[] log = logOf(node);
        CommandResult result = cluster.command(node, new MirrorCommand(SimCluster.TAG, action, null, List.of(), true, false, false));
        assertThat(cluster.box(node).status()).as("a dry run changes nothing").isEqualTo(before);
        assertThat(logOf(node)).as("nor in the log").isEqualTo(log);
        assertThat(result.targets()).extracting(TargetPreview::text).isEqualTo(result.lines().subList(1, result.lines().size()));
        assertThat(RecordJson.read(RecordJson.write(result), CommandResult.class)).isEqualTo(result);
        return result;
    }

    private byte[] logOf(String node) {
        return cluster.box(node).logDisk.content(0, 8 << 20);
    }

    private static TargetPreview only(CommandResult result) {
        assertThat(result.targets()).as("%s", result).hasSize(1);
        return result.targets().get(0);
    }

    @Test
    void shouldSayThatATargetWithEverythingGetsNothing() {
        inSync("a", "b");
        cluster.must("a", MirrorActionType.STOP, null);
        TargetPreview preview = only(dryRun("a", MirrorActionType.START));
        assertThat(preview.amount()).isEqualTo(Amount.NONE);
        assertThat(preview.text()).isEqualTo("no resync: would send nothing to b: D12: b has everything");
        cluster.must("a", MirrorActionType.START, null);
        cluster.awaitInSync("a", "b");
        assertThat(cluster.target("a", "b").resyncTotalBytes()).isZero();
    }

    @Test
    void shouldSayHowMuchATargetLacksThatMissedWrites() {
        inSync("a", "b");
        // b has flushed what it got
        cluster.run(1_000);
        cluster.kill("b");
        for (int chunk = 2; chunk < 5; chunk++) {
            cluster.write("a", chunk, chunk);
        }
        cluster.must("a", MirrorActionType.STOP, null);
        TargetPreview away = only(dryRun("a", MirrorActionType.START));
        assertThat(away.amount()).isEqualTo(Amount.UNKNOWN);
        assertThat(away.bytes()).isEqualTo(-1);
        assertThat(away.text()).isEqualTo("b: full or partial is not known: b does not answer, so which data it has by now cannot be told; "
                + "by what is recorded here: partial resync: would send what differs, a -> b, 192 KiB; D13: b lacks 3 chunks");

        cluster.boot("b");
        cluster.run(1_000);
        for (MirrorActionType action : List.of(MirrorActionType.START, MirrorActionType.FORCE)) {
            TargetPreview preview = only(dryRun("a", action));
            assertThat(preview).isEqualTo(new TargetPreview("a", "b", Amount.PARTIAL, 3 * CHUNK, "D13",
                    "partial resync: would send what differs, a -> b, 192 KiB; D13: b lacks 3 chunks"));
        }
        cluster.must("a", MirrorActionType.START, null);
        cluster.awaitInSync("a", "b");
        assertThat(cluster.target("a", "b").resyncTotalBytes()).isEqualTo(3 * CHUNK);
        cluster.assertEqual("a", "b");
    }

    @Test
    void shouldSayThatEverythingIsSentWhereAnOperatorGaveTheTargetUp() {
        inSync("a", "b");
        cluster.kill("b");
        cluster.run(2_000);
        cluster.must("a", MirrorActionType.FULLRESYNC, null, "b");
        cluster.must("a", MirrorActionType.STOP, null);
        cluster.boot("b");
        cluster.run(1_000);
        TargetPreview preview = only(dryRun("a", MirrorActionType.START));
        assertThat(preview.amount()).isEqualTo(Amount.FULL);
        assertThat(preview.bytes()).isEqualTo(SimCluster.SIZE);
        assertThat(preview.text()).startsWith("full resync: would send everything, a -> b, 16 MiB; D14: ");
        cluster.must("a", MirrorActionType.START, null);
        cluster.awaitInSync("a", "b");
        assertThat(cluster.target("a", "b").resyncTotalBytes()).isEqualTo(SimCluster.SIZE);
    }

    @Test
    void shouldSayOfATakeoverWhatOnlyTheOldSourceAndTheOtherSurvivorCanTell() {
        inSync("a", "b", "c");
        cluster.kill("a");
        cluster.await("b misses a", () -> cluster.box("b").status().sourceNode().isEmpty());
        CommandResult result = dryRun("b", MirrorActionType.START);
        assertThat(result.lines().get(0)).startsWith("would start: D1: ");
        assertThat(result.targets()).extracting(TargetPreview::target).containsExactly("a", "c");
        assertThat(result.targets()).extracting(TargetPreview::amount).containsExactly(Amount.UNKNOWN, Amount.PARTIAL);
        assertThat(result.lines().get(1)).contains("a does not answer", "by what is recorded here: partial resync: would take over the "
                + "dirty chunks of a, then send what differs, b -> a, how much is known when it is connected; D7: ");
        assertThat(result.lines().get(2)).startsWith("partial resync: would send what differs, b -> c, how much is known when it is "
                + "connected; S1: ").endsWith("if it remembers nothing, a is needed (D6)");
        cluster.must("b", MirrorActionType.START, null);
        cluster.awaitInSync("b", "c");
        cluster.boot("a");
        cluster.awaitInSync("b", "a");
        assertThat(cluster.target("b", "a").resyncTotalBytes()).isLessThan(SimCluster.SIZE);
        assertThat(cluster.target("b", "c").resyncTotalBytes()).isLessThan(SimCluster.SIZE);
    }

    @Test
    void shouldSayThatAPausedTargetGetsNothing() {
        inSync("a", "b");
        cluster.must("a", MirrorActionType.PAUSE, null);
        cluster.awaitTarget("a", "b", TargetState.PAUSED);
        cluster.must("a", MirrorActionType.STOP, null);
        assertThat(only(dryRun("a", MirrorActionType.START)).text())
                .isEqualTo("no resync: would send nothing to b: it is paused; resume sends what it misses");
    }

    @Test
    void shouldGiveAnOperatorOnAnotherNodeTheSameAnswer() {
        inSync("a", "b");
        cluster.must("a", MirrorActionType.STOP, null);
        CommandResult here = dryRun("a", MirrorActionType.START);
        CommandResult there = cluster.command("b", new MirrorCommand(SimCluster.TAG, MirrorActionType.START, "a", List.of(), true, false,
                false));
        assertThat(there).isEqualTo(here);
    }
}
