/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.netraid.intentlog.format.DirtyMapCodec;
import org.netraid.replicator.control.ExitCode;
import org.netraid.replicator.control.MirrorActionType;
import org.netraid.replicator.control.TargetState;
import org.netraid.replicator.decide.Relation;
import org.netraid.replicator.state.MirrorRecord;
import org.netraid.replicator.state.Role;
import org.netraid.sim.CrashMode;
import org.netraid.sim.SimRandom;
import org.roaringbitmap.RoaringBitmap;

/**
 * Row S1: the source is gone for good while it writes, and the survivors become equal without it, partially. Checked from outside: where
 * the disks of two survivors differ, one of them remembers to have been written there; every write that was acknowledged while the source
 * had the survivor that takes over is on it; the resync is partial.
 */
class SurvivorTest {

    private static final int CHUNKS = 64;
    private static final long SETTLED_MS = 3000;

    private SimCluster cluster;
    private SimRandom random;
    /** Per chunk the values that a copy may hold that has all that was acknowledged. */
    private final List<List<Integer>> allowed = new ArrayList<>();
    /** As {@link #allowed}, for each target: what was acknowledged while the source knew that it misses it is lost if it takes over. */
    private final Map<String, List<List<Integer>>> allowedOn = new TreeMap<>();
    private final List<Pending> pending = new ArrayList<>();
    private final List<String> steps = new ArrayList<>();

    private record Pending(int chunk, int value, int[] outcome) {
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6})
    void shouldNeedNoSourceToBecomeEqual(long seed) {
        run(seed, "");
    }

    /** Here the source acknowledges alone, after it has lost both, and nobody is left who knows. */
    @ParameterizedTest
    @ValueSource(longs = {101, 138, 163, 167, 197})
    void shouldBecomeEqualWhereTheSourceWroteAloneBeforeItDied(long seed) {
        run(seed, "");
    }

    /** One target is lost while the other cannot be told: that one was tracked from a generation that it never took. */
    @Test
    void shouldNotWaitForASourceThatLostBothTargetsAtOnce() {
        run(184, "");
    }

    /** One target is lost while the other, just cut off, is asked to take the new generation: perhaps it has it, perhaps not. */
    @ParameterizedTest
    @ValueSource(longs = {201, 467, 470})
    void shouldNotWaitForASourceThatDoesNotKnowWhichGenerationATargetTook(long seed) {
        run(seed, "");
    }

    @Test
    void shouldSendOnlyWhatIsLackingAfterBothTargetsWereLostAtOnce() {
        start(1);
        cluster.cut("a", "c");
        cluster.run(400);
        cluster.crash("b", CrashMode.PROCESS_KILL);
        cluster.run(50);
        cluster.write("a", 5, 5);
        cluster.network.healAll();
        cluster.boot("b");
        cluster.awaitInSync("a", "b", "c");
        cluster.assertEqual("a", "b");
        cluster.assertEqual("a", "c");
        assertThat(cluster.story()).contains("c lacks 1 chunks").doesNotContain("was not tracked");
    }

    @Tag("slow")
    @ParameterizedTest
    @MethodSource("manySeeds")
    void shouldNeedNoSourceToBecomeEqualWithManySeeds(long seed) {
        run(seed, "");
    }

    static LongStream manySeeds() {
        return LongStream.rangeClosed(100, 99 + Long.getLong("netraid.survivor.seeds", 100));
    }

    @ParameterizedTest
    @ValueSource(strings = {"forget-regions", "forget-regions-early"})
    void shouldNoticeAPlantedDefect(String defect) {
        assertThatThrownBy(() -> {
            for (long seed = 1; seed <= 60; seed++) {
                reset();
                run(seed, defect);
            }
        }).isInstanceOf(AssertionError.class).hasMessageContaining("differ in chunk");
    }

    private void reset() {
        allowed.clear();
        allowedOn.clear();
        pending.clear();
        steps.clear();
    }

    private void run(long seed, String defect) {
        cluster = new SimCluster(seed, -1, "a", "b", "c");
        cluster.planted = defect;
        random = cluster.scheduler.random("test");
        for (int chunk = 0; chunk < CHUNKS; chunk++) {
            allowed.add(new ArrayList<>(List.of(0)));
        }
        allowedOn.put("b", copy(allowed));
        allowedOn.put("c", copy(allowed));
        cluster.bootAll();
        cluster.run(500);
        cluster.must("a", MirrorActionType.CREATE, null);
        cluster.awaitInSync("a", "b", "c");
        cluster.run(SETTLED_MS);
        try {
            live();
            loseTheSource();
        } catch (AssertionError e) {
            throw new AssertionError("seed " + seed + ": " + e.getMessage() + "\n" + String.join("\n", steps), e);
        }
    }

    /** Writes, and targets that go and come back. */
    private void live() {
        for (int i = random.nextInt(12); i >= 0; i--) {
            writes(random.nextInt(8));
            cluster.run(random.between(0, 1500));
            String name = random.nextInt(2) == 0 ? "b" : "c";
            switch (random.nextInt(5)) {
                case 0 -> {
                    steps.add("cut a from " + name);
                    cluster.cut("a", name);
                }
                case 1 -> {
                    steps.add("heal");
                    cluster.network.healAll();
                }
                case 2 -> restart(name, CrashMode.values()[random.nextInt(3)]);
                default -> { }
            }
            heard();
        }
    }

    private void restart(String name, CrashMode mode) {
        steps.add(mode + " " + name);
        cluster.crash(name, mode);
        cluster.run(random.between(0, 1000));
        cluster.boot(name);
        cluster.run(random.between(0, 2000));
    }

    private void writes(int count) {
        for (int i = 0; i < count; i++) {
            int chunk = random.nextInt(CHUNKS);
            int value = steps.size() % 120 + 1;
            allowed.get(chunk).add(value);
            allowedOn.values().forEach(values -> values.get(chunk).add(value));
            pending.add(new Pending(chunk, value, cluster.startWrite("a", chunk, value)));
            steps.add("write " + chunk + "=" + value);
        }
    }

    /** What was acknowledged in the meantime replaces what was there; overlapping writes still under way stay possible. */
    private void heard() {
        for (Pending write : List.copyOf(pending)) {
            if (write.outcome()[0] == 1) {
                pending.remove(write);
                boolean alone = pending.stream().noneMatch(other -> other.chunk() == write.chunk());
                if (alone) {
                    List<Integer> values = allowed.get(write.chunk());
                    int at = values.lastIndexOf(write.value());
                    if (at == values.size() - 1) {
                        values.clear();
                        values.add(write.value());
                    }
                }
            }
        }
        for (String node : List.of("b", "c")) {
            if (cluster.target("a", node).state() == TargetState.IN_SYNC) {
                allowedOn.put(node, copy(allowed));
            }
        }
    }

    private static List<List<Integer>> copy(List<List<Integer>> values) {
        List<List<Integer>> copy = new ArrayList<>();
        values.forEach(ofChunk -> copy.add(new ArrayList<>(ofChunk)));
        return copy;
    }

    private void loseTheSource() {
        if (random.nextInt(3) == 0) {
            cluster.cut("a", random.nextInt(2) == 0 ? "b" : "c");
        }
        writes(1 + random.nextInt(12));
        cluster.run(random.between(0, 40));
        heard();
        steps.add("a is destroyed");
        cluster.kill("a");
        cluster.network.healAll();
        cluster.run(2000);
        boolean whole = remembers("b") && remembers("c");
        if (whole) {
            checkMemory();
        }
        String taker = starts("b") ? "b" : starts("c") ? "c" : "";
        if (taker.isEmpty()) {
            steps.add("nobody may start");
            return;
        }
        String other = taker.equals("b") ? "c" : "b";
        steps.add(taker + " takes over");
        cluster.run(SETTLED_MS);
        if (cluster.target(taker, other).state() == TargetState.WAIT_PREVIOUS_SOURCE) {
            // of one that was lost while it was asked to take a new generation the source cannot know which it has: that is no base for S1
            Relation relation = Relation.between(taker, record(taker), other, record(other));
            assertThat(whole && relation == Relation.SELF_NEWER).as("%s waits although both remember\n%s", other, cluster.story())
                    .isFalse();
            return;
        }
        cluster.awaitInSync(taker, other);
        cluster.assertEqual(taker, other);
        for (int chunk = 0; chunk < CHUNKS; chunk++) {
            assertThat(cluster.chunk(taker, chunk)).as("chunk %d on %s\n%s", chunk, taker, cluster.story())
                    .isIn(allowedOn.get(taker).get(chunk));
        }
    }

    private MirrorRecord record(String node) {
        return cluster.box(node).node.agent(SimCluster.TAG).record();
    }

    private boolean starts(String node) {
        return cluster.command(node, MirrorActionType.START, null).code() == ExitCode.DONE;
    }

    /**
     * Only what a copy is told to remember up to its loss counts: one that was restarted and not yet opened again has it on its disk alone.
     */
    private boolean remembers(String node) {
        return cluster.box(node).node.agent(SimCluster.TAG).regions().isWhole()
                && cluster.box(node).node.agent(SimCluster.TAG).regions().map() != null;
    }

    private void checkMemory() {
        RoaringBitmap both = RoaringBitmap.or(memory("b"), memory("c"));
        for (int chunk = 0; chunk < CHUNKS; chunk++) {
            byte[] one = cluster.box("b").disk.content((long) chunk * SimCluster.CHUNK, SimCluster.CHUNK);
            byte[] other = cluster.box("c").disk.content((long) chunk * SimCluster.CHUNK, SimCluster.CHUNK);
            assertThat(Arrays.equals(one, other) || both.contains(chunk)).as("b and c differ in chunk %d, and neither remembers it\n%s",
                    chunk, cluster.story()).isTrue();
        }
    }

    private RoaringBitmap memory(String node) {
        byte[] map = cluster.box(node).node.agent(SimCluster.TAG).regions().map();
        return DirtyMapCodec.decode(map, SimCluster.CHUNK, SimCluster.SIZE);
    }

    private void start(long seed) {
        cluster = new SimCluster(seed, -1, "a", "b", "c");
        cluster.bootAll();
        cluster.run(500);
        cluster.must("a", MirrorActionType.CREATE, null);
        cluster.awaitInSync("a", "b", "c");
        cluster.run(SETTLED_MS);
    }

    @Test
    void shouldWaitForThePreviousSourceWhenATargetHasLostItsMemory() {
        start(1);
        cluster.write("a", 3, 3);
        cluster.kill("a");
        cluster.kill("c");
        cluster.box("c").folder.delete(SimCluster.TAG + "_regions");
        cluster.boot("c");
        cluster.run(1000);
        cluster.must("b", MirrorActionType.START, null);
        cluster.awaitTarget("b", "c", TargetState.WAIT_PREVIOUS_SOURCE);
        cluster.boot("a");
        cluster.awaitInSync("b", "a", "c");
        cluster.assertEqual("b", "c");
    }

    @Test
    void shouldTakeAPreviousSourceBackThatReturnsAfterTheSurvivorsAreEqual() {
        start(1);
        cluster.cut("a", "b");
        cluster.cut("a", "c");
        cluster.startWrite("a", 9, 9);
        cluster.run(20);
        cluster.kill("a");
        cluster.network.healAll();
        cluster.run(1000);
        cluster.must("b", MirrorActionType.START, null);
        cluster.awaitInSync("b", "c");
        cluster.write("b", 4, 4);
        cluster.boot("a");
        cluster.awaitInSync("b", "a", "c");
        cluster.assertEqual("b", "a");
        cluster.assertEqual("b", "c");
    }
}
