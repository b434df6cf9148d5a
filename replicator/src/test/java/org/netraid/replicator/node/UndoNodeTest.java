/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.node;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.netraid.replicator.config.ResyncSettings;
import org.netraid.replicator.config.UndoSettings;
import org.netraid.replicator.config.UpkeepSettings;
import org.netraid.replicator.config.VerifySettings;
import org.netraid.replicator.control.CommandResult;
import org.netraid.replicator.control.ExitCode;
import org.netraid.replicator.control.MirrorActionType;
import org.netraid.replicator.control.MirrorCommand;
import org.netraid.replicator.control.TargetState;
import org.netraid.replicator.state.DiskState;
import org.netraid.replicator.state.Role;
import org.netraid.sim.CrashMode;
import org.netraid.sim.SimRandom;

/** A resync is interrupted, at a random moment in most tests: it goes on to equal copies, or is taken back to what was there before. */
class UndoNodeTest {

    private static final int CHUNKS = 200;

    private SimCluster cluster;
    private byte[] before;

    /** Source a, target b which lacks {@link #CHUNKS} chunks and is down. */
    private void begin(long seed, long undoBytes) {
        cluster = new SimCluster(seed, -1, undoBytes, "a", "b");
        cluster.resync = new ResyncSettings(4 << 20, 0, 16);
        cluster.bootAll();
        cluster.run(1000);
        cluster.must("a", MirrorActionType.CREATE, null);
        cluster.awaitInSync("a", "b");
        for (int chunk = 0; chunk < CHUNKS; chunk += 3) {
            cluster.write("a", chunk, 1 + chunk % 100);
        }
        cluster.awaitInSync("a", "b");
        cluster.shutdown("b");
        for (int chunk = 0; chunk < CHUNKS; chunk++) {
            cluster.write("a", chunk, 101 + chunk % 20);
        }
        before = content("b");
    }

    private byte[] content(String node) {
        return cluster.box(node).disk.content(0, (int) SimCluster.SIZE);
    }

    /** Each time a journal is begun, what is there then is what a roll-back must bring back. */
    private void bootB() {
        cluster.boot("b");
        cluster.box("b").node.onEvent(event -> {
            if (event.text().contains("what the resync overwrites is kept")) {
                before = content("b");
            }
        });
    }

    private void bootAndResync() {
        bootB();
        cluster.await("the resync runs", () -> cluster.box("b").status().diskState() == DiskState.INCONSISTENT
                && cluster.target("a", "b").resyncSentBytes() > 0);
    }

    private void awaitInconsistentAlone() {
        cluster.await("b blocked", () -> cluster.box("b").status().role() == Role.BLOCKED);
    }

    private CommandResult rollback() {
        return cluster.command("b", MirrorActionType.ROLLBACK, null);
    }

    private void assertRolledBack() {
        assertThat(cluster.box("b").status().diskState()).isEqualTo(DiskState.OUTDATED);
        assertThat(cluster.box("b").status().undo().state()).isEqualTo("ROLLED_BACK");
        assertThat(Arrays.mismatch(content("b"), before)).as("where it differs from before the resync\n%s", cluster.story()).isEqualTo(-1);
    }

    @Test
    void shouldTakeTheResyncBackWhenTheSourceIsLostAndServeThatStateWhenForced() {
        begin(1, 20 << 20);
        bootAndResync();
        cluster.run(500);
        assertThat(cluster.box("b").status().undo().state()).isEqualTo("KEEPING");
        assertThat(rollback().lines().get(0)).contains("a is in service").contains("the resync goes on");
        cluster.crash("a", CrashMode.POWER_CUT);
        awaitInconsistentAlone();
        assertThat(content("b")).isNotEqualTo(before);

        assertThat(cluster.command("b", MirrorActionType.FORCE, null).ruleId()).as("G4 stands").isEqualTo("G1");
        assertThat(cluster.box("b").status().cure()).contains("mirror_action data rollback b").contains("--i-accept-inconsistent-data");
        assertThat(cluster.command("b", MirrorActionType.EXPLAIN, null).lines()).anySatisfy(line -> assertThat(line)
                .contains("can be taken back").contains(" old"));
        CommandResult dryRun = cluster.command("b", new MirrorCommand("data", MirrorActionType.ROLLBACK, null, List.of(), true, false,
                false));
        assertThat(dryRun.lines().get(0)).contains("would take the resync from a back");

        CommandResult done = rollback();
        assertThat(done.code()).as(done.toString()).isEqualTo(ExitCode.DONE);
        assertThat(done.lines().get(0)).contains(" old");
        assertRolledBack();
        assertThat(rollback().lines().get(0)).contains("taken back already");
        CommandResult start = cluster.command("b", MirrorActionType.START, null);
        assertThat(start.ruleId()).isEqualTo("D17");
        assertThat(start.lines().get(0)).contains("rolled back to");
        cluster.must("b", MirrorActionType.FORCE, null);
        assertThat(cluster.box("b").status().undo().state()).isEqualTo("NONE");
        assertThat(cluster.chunk("b", 3)).isEqualTo(4);
        cluster.write("b", 7, 55);

        cluster.boot("a");
        cluster.awaitTarget("b", "a", TargetState.SPLIT_BRAIN);
        cluster.awaitBlocked("a", "D19");
        cluster.must("b", MirrorActionType.FULLRESYNC, "b", "a");
        cluster.awaitInSync("b", "a");
        cluster.assertEqual("a", "b");
    }

    @Test
    void shouldSendWhatWasTakenBackAgainWhenTheSourceReturns() {
        begin(2, 20 << 20);
        bootAndResync();
        cluster.run(1500);
        cluster.kill("a");
        awaitInconsistentAlone();
        assertThat(rollback().code()).isEqualTo(ExitCode.DONE);
        cluster.boot("a");
        cluster.awaitInSync("a", "b");
        cluster.assertEqual("a", "b");
        assertThat(cluster.box("b").folder.list()).doesNotContain("data_undo", "data_undone");
    }

    @Test
    void shouldDropTheJournalWhenTheResyncHasEnded() {
        begin(3, 20 << 20);
        bootAndResync();
        cluster.write("a", 150, 9);
        cluster.awaitInSync("a", "b");
        cluster.assertEqual("a", "b");
        assertThat(cluster.box("b").status().undo().state()).isEqualTo("NONE");
        assertThat(cluster.box("b").folder.list()).doesNotContain("data_undo");
        assertThat(rollback().code()).isEqualTo(ExitCode.REFUSED);
    }

    @Test
    void shouldSayWhenTheBoundIsExceededAndRefuseToGoBack() {
        begin(4, 1 << 20);
        bootAndResync();
        cluster.run(1000);
        assertThat(cluster.box("b").status().undo().state()).isEqualTo("GIVEN_UP");
        cluster.kill("a");
        awaitInconsistentAlone();
        CommandResult refused = rollback();
        assertThat(refused.code()).isEqualTo(ExitCode.REFUSED);
        assertThat(refused.lines().get(0)).contains("cannot be taken back: too small");
        assertThat(cluster.box("b").status().blockedReason()).contains("cannot be taken back");
        cluster.boot("a");
        cluster.awaitInSync("a", "b");
        cluster.assertEqual("a", "b");
    }

    @Test
    void shouldGiveUpWhenTheApplicationOverwritesMoreThanFits() {
        begin(5, 15 << 20);
        bootAndResync();
        for (int chunk = 0; chunk < 256; chunk++) {
            cluster.write("a", chunk, 3);
        }
        cluster.awaitInSync("a", "b");
        cluster.assertEqual("a", "b");
    }

    @Test
    void shouldKeepNothingWhenSwitchedOff() {
        cluster = new SimCluster(6, -1, "a", "b");
        cluster.upkeep = new UpkeepSettings(VerifySettings.DEFAULT, new UndoSettings(UndoSettings.Mode.OFF, 1 << 30), "");
        cluster.bootAll();
        cluster.run(1000);
        cluster.must("a", MirrorActionType.CREATE, null);
        cluster.awaitInSync("a", "b");
        cluster.kill("b");
        cluster.write("a", 1, 5);
        bootB();
        cluster.awaitInSync("a", "b");
        assertThat(cluster.box("b").undoDisk.writes()).isZero();
    }

    @ParameterizedTest
    @MethodSource("fewSeeds")
    void shouldEndInEqualCopiesOrInTheStateBefore(long seed) {
        run(seed);
    }

    /** {@code -Dnetraid.undo.seeds=1000} for the long run. */
    @Tag("slow")
    @ParameterizedTest
    @MethodSource("manySeeds")
    void shouldEndInEqualCopiesOrInTheStateBeforeWithManySeeds(long seed) {
        run(seed);
    }

    static LongStream fewSeeds() {
        return LongStream.range(0, 2);
    }

    static LongStream manySeeds() {
        return LongStream.range(100, 100 + Long.getLong("netraid.undo.seeds", 12));
    }

    private void run(long seed) {
        begin(seed, 20 << 20);
        SimRandom random = cluster.scheduler.random("undo" + seed);
        bootB();
        // crashes of either side at random moments of the resync, the application writing meanwhile
        for (int crashes = random.nextInt(4); crashes >= 0; crashes--) {
            cluster.run(random.between(1, 3000));
            if (cluster.box("a").loop.isAlive() && cluster.box("a").status().role() == Role.SOURCE && random.nextBoolean()) {
                cluster.startWrite("a", random.nextInt(256), 1 + random.nextInt(120));
            }
            cluster.run(random.between(1, 500));
            String victim = random.nextBoolean() ? "a" : "b";
            cluster.crash(victim, CrashMode.values()[random.nextInt(CrashMode.values().length)]);
            cluster.run(random.between(1, 1500));
            if (victim.equals("b")) {
                bootB();
            } else {
                cluster.boot(victim);
            }
        }
        cluster.run(random.between(1, 3000));
        if (random.nextBoolean() && cluster.box("b").status().diskState() == DiskState.INCONSISTENT) {
            goBack(random);
        }
        if (!cluster.box("a").loop.isAlive()) {
            cluster.boot("a");
        }
        cluster.awaitInSync("a", "b");
        cluster.assertEqual("a", "b");
    }

    private void goBack(SimRandom random) {
        cluster.crash("a", CrashMode.POWER_CUT);
        awaitInconsistentAlone();
        assertThat(cluster.box("b").status().undo().state()).as(cluster.story()).isIn("KEEPING", "ROLLING_BACK");
        if (random.nextBoolean()) {
            // the roll-back is interrupted
            SimCluster.Box box = cluster.box("b");
            box.loop.execute(() -> box.node.execute(MirrorCommand.of("data", MirrorActionType.ROLLBACK, null), result -> { }));
            cluster.run(random.between(0, 60));
            cluster.crash("b", CrashMode.values()[random.nextInt(CrashMode.values().length)]);
            bootB();
            cluster.run(2000);
        }
        if (cluster.box("b").status().diskState() == DiskState.INCONSISTENT && random.nextInt(4) > 0) {
            CommandResult result = rollback();
            assertThat(result.code()).as("%s\n%s", result, cluster.story()).isEqualTo(ExitCode.DONE);
        }
        if (cluster.box("b").status().diskState() == DiskState.OUTDATED) {
            assertRolledBack();
        }
    }
}
