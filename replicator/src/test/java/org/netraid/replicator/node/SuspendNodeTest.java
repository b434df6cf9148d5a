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
import org.netraid.replicator.control.CommandResult;
import org.netraid.replicator.control.ExitCode;
import org.netraid.replicator.control.MirrorActionType;
import org.netraid.replicator.control.MirrorCommand;

class SuspendNodeTest {

    private SimCluster cluster;

    @BeforeEach
    void begin() {
        cluster = new SimCluster(1, -1, "a", "b");
        cluster.bootAll();
        cluster.run(1000);
        cluster.must("a", MirrorActionType.CREATE, null);
        cluster.awaitInSync("a", "b");
        cluster.write("a", 1, 1);
    }

    private CommandResult suspend(String seconds) {
        return cluster.command("a", suspension(seconds));
    }

    private static MirrorCommand suspension(String seconds) {
        return new MirrorCommand(SimCluster.TAG, MirrorActionType.SUSPEND_IO, null, List.of(), false, false, false,
                List.of(MirrorCommand.FOR + seconds));
    }

    @Test
    void shouldHoldWritesAtAConsistentPointUntilResumed() {
        assertThat(suspend("30").lines().get(0)).contains("data is suspended");
        assertThat(cluster.box("a").disk.unflushedCount()).as("a snapshot of the disk has everything").isZero();
        int[] held = cluster.startWrite("a", 2, 2);
        cluster.run(5000);
        assertThat(held[0]).isZero();
        assertThat(cluster.chunk("a", 2)).isZero();
        assertThat(cluster.box("a").status().io()).satisfies(io -> {
            assertThat(io.modifications()).isEqualTo("waiting");
            assertThat(io.reasons()).containsExactly("an operator has suspended it");
            assertThat(io.waiting()).isEqualTo(1);
            assertThat(io.resumesInSeconds()).isBetween(24L, 25L);
        });
        assertThat(cluster.command("a", MirrorActionType.RESUME_IO, null).lines()).containsExactly("data goes on");
        cluster.await("the held write", () -> held[0] == 1);
        assertThat(cluster.box("a").status().io().modifications()).isEqualTo("running");
        assertThat(cluster.command("a", MirrorActionType.RESUME_IO, null).code()).as("again").isEqualTo(ExitCode.DONE);
        cluster.shutdown("a");
        cluster.assertEqual("a", "b");
    }

    @Test
    void shouldGoOnByItselfWhenTheTimeIsOver() {
        suspend("3");
        int[] held = cluster.startWrite("a", 2, 2);
        cluster.run(2000);
        suspend("3");
        cluster.run(2000);
        assertThat(held[0]).as("given again it begins anew").isZero();
        cluster.run(1500);
        assertThat(held[0]).isEqualTo(1);
        assertThat(cluster.box("a").log).anyMatch(line -> line.contains("the operator's suspension has ended: its time is over"));
    }

    @Test
    void shouldNotBeSuspendedAfterARestart() {
        suspend("3600");
        cluster.kill("a");
        cluster.boot("a");
        cluster.awaitInSync("a", "b");
        cluster.write("a", 2, 2);
    }

    @Test
    void shouldGoOutOfServiceWhileSuspended() {
        suspend("3600");
        int[] held = cluster.startWrite("a", 2, 2);
        cluster.run(10);
        cluster.must("a", MirrorActionType.SWITCHOVER, "a", "b");
        cluster.await("the held write ends", () -> held[0] != 0);
        cluster.write("b", 3, 3);
    }

    @Test
    void shouldSayWhenTheTimeIsOverBeforeTheConsistentPoint() {
        cluster.box("a").disk.fault().hang();
        cluster.startWrite("a", 2, 2);
        cluster.run(10);
        List<CommandResult> results = new ArrayList<>();
        cluster.box("a").loop.execute(() -> cluster.box("a").node.execute(suspension("2"), results::add));
        cluster.run(3000);
        assertThat(results).singleElement().satisfies(result -> {
            assertThat(result.code()).isEqualTo(ExitCode.TIMEOUT);
            assertThat(result.lines().get(0)).contains("its time is over");
        });
        assertThat(cluster.box("a").status().io().modifications()).isEqualTo("running");
    }

    @Test
    void shouldRefuseATimeOutOfRange() {
        assertThat(suspend("0").code()).isEqualTo(ExitCode.USAGE);
        assertThat(suspend("3601").code()).isEqualTo(ExitCode.USAGE);
    }
}
