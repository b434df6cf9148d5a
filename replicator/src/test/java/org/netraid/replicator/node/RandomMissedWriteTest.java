/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.node;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.netraid.replicator.control.MirrorActionType;
import org.netraid.replicator.control.MirrorCommand;
import org.netraid.replicator.control.TargetState;
import org.netraid.sim.CrashMode;
import org.netraid.sim.SimRandom;

/**
 * Goal: G5. Method: targets are paused, resumed, cut off and killed a few microseconds before or after writes begin; whenever a write is
 * acknowledged, a target without it must have another generation than the source, and so cannot take over.
 */
class RandomMissedWriteTest {

    private static final int CHUNKS = (int) (SimCluster.SIZE / SimCluster.CHUNK);
    private static final int STEPS = 60;

    private SimCluster cluster;
    private SimRandom random;
    private final List<String> steps = new ArrayList<>();
    private int missed;
    private int open;
    private int next = 1;

    @ParameterizedTest
    @MethodSource("seeds")
    void shouldAcknowledgeNoWriteThatATargetLacksWhichPassesForWhole(long seed) {
        cluster = new SimCluster(seed, -1, "a", "b", "c");
        random = cluster.scheduler.random("test");
        cluster.bootAll();
        cluster.run(500);
        cluster.must("a", MirrorActionType.CREATE, null);
        cluster.awaitInSync("a", "b", "c");
        cluster.write("a", 0, 1);
        for (int i = 0; i < STEPS; i++) {
            step();
        }
        assertThat(missed).as("writes that a target missed").isPositive();
        converge();
    }

    static LongStream seeds() {
        return LongStream.rangeClosed(1, Long.getLong("netraid.missed.seeds", 6));
    }

    private void step() {
        int writesFirst = random.nextInt(3);
        write(writesFirst);
        disturb(random.nextBoolean() ? "b" : "c");
        runAMoment();
        if (random.chance(300)) {
            disturb(random.nextBoolean() ? "b" : "c");
            runAMoment();
        }
        write(1 + random.nextInt(2));
        cluster.await("all writes have ended", () -> open == 0);
        if (random.nextBoolean()) {
            cluster.run(random.between(0, 300));
        }
    }

    private void write(int count) {
        for (int i = 0; i < count; i++) {
            int chunk = next++ % CHUNKS; // never two at once
            int value = (cluster.chunk("a", chunk) + 1) % 120;
            steps.add("write " + chunk + "=" + value);
            open++;
            cluster.startWrite("a", chunk, value, acknowledged -> {
                open--;
                assertThat(acknowledged).as("write %d=%d\n%s", chunk, value, story()).isTrue();
                check("b", chunk);
                check("c", chunk);
            });
            runAMoment();
        }
    }

    private void check(String target, int chunk) {
        if (cluster.chunk(target, chunk) == cluster.chunk("a", chunk)) {
            return;
        }
        missed++;
        assertThat(cluster.box(target).status().generation()).as("generation of %s, which lacks the acknowledged write of chunk %d\n%s",
                target, chunk, story()).isNotEqualTo(cluster.box("a").status().generation());
    }

    /** Up to 7 milliseconds, and the shorter the more often. */
    private void runAMoment() {
        cluster.scheduler.runFor(random.nextLong(100L << random.nextInt(17)));
    }

    private void disturb(String target) {
        boolean alive = cluster.box(target).loop.isAlive();
        boolean paused = cluster.target("a", target).state() == TargetState.PAUSED;
        switch (random.nextInt(8)) {
            case 0, 1, 2 -> order(paused ? MirrorActionType.RESUME : MirrorActionType.PAUSE, target);
            case 3 -> {
                steps.add("cut a " + target);
                cluster.cut("a", target);
            }
            case 4, 5 -> {
                steps.add("heal");
                cluster.network.healAll();
            }
            case 6 -> {
                if (alive) {
                    steps.add("kill " + target);
                    cluster.crash(target, CrashMode.PROCESS_KILL);
                }
            }
            default -> {
                if (!alive) {
                    steps.add("boot " + target);
                    cluster.boot(target);
                }
            }
        }
    }

    private void order(MirrorActionType action, String target) {
        steps.add(action.word() + " " + target);
        SimCluster.Box a = cluster.box("a");
        a.loop.execute(() -> a.node.execute(MirrorCommand.of(SimCluster.TAG, action, "a", target), result -> { }));
    }

    private void converge() {
        cluster.network.healAll();
        for (String target : List.of("b", "c")) {
            if (!cluster.box(target).loop.isAlive()) {
                cluster.boot(target);
            }
            if (cluster.target("a", target).state() == TargetState.PAUSED) {
                cluster.must("a", MirrorActionType.RESUME, "a", target);
            }
        }
        cluster.awaitInSync("a", "b", "c");
        cluster.assertEqual("a", "b");
        cluster.assertEqual("a", "c");
    }

    private String story() {
        return String.join("\n", steps) + "\n" + cluster.story();
    }
}
