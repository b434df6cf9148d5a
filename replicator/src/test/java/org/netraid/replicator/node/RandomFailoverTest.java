/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.node;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.netraid.replicator.control.CommandResult;
import org.netraid.replicator.control.ExitCode;
import org.netraid.replicator.control.MirrorActionType;
import org.netraid.replicator.state.Role;
import org.netraid.sim.CrashMode;
import org.netraid.sim.SimRandom;

/**
 * Goal: after any row of crashes, restarts, starts and switchovers without {@code force}, no acknowledged write is lost, and all copies are
 * equal in the end. Method: one operator who only uses {@code start} and {@code switchover}, an application that writes (FUA) wherever the
 * mirror is in
 * service and remembers what was acknowledged, and a checker that looks at the disks.
 */
class RandomFailoverTest {

    private static final int CHUNKS = 32;

    private SimCluster cluster;
    private SimRandom random;
    /** Per chunk: values the disk may hold. The last acknowledged one, and those of writes whose end was never heard. */
    private final List<List<Integer>> allowed = new ArrayList<>();
    private int nextValue = 1;
    private final List<String> steps = new ArrayList<>();

    /** Seeds that have found something once: 8, a target that forgot the newer copy it had seen; 12, a previous source opened too early. */
    @ParameterizedTest
    @ValueSource(longs = {1, 8, 12})
    void shouldLoseNoAcknowledgedWriteWhateverCrashes(long seed) {
        run(seed);
    }

    @Tag("slow")
    @ParameterizedTest
    @MethodSource("manySeeds")
    void shouldLoseNoAcknowledgedWriteWithManySeeds(long seed) {
        run(seed);
    }

    static LongStream manySeeds() {
        return LongStream.rangeClosed(100, 100 + Long.getLong("netraid.failover.seeds", 40));
    }

    private void run(long seed) {
        boolean three = seed % 2 == 0;
        cluster = three ? new SimCluster(seed, -1, "a", "b", "c") : new SimCluster(seed, -1, "a", "b");
        random = cluster.scheduler.random("test");
        for (int chunk = 0; chunk < CHUNKS; chunk++) {
            allowed.add(new ArrayList<>(List.of(0)));
        }
        cluster.bootAll();
        cluster.run(1000);
        cluster.must("a", MirrorActionType.CREATE, null);
        for (int i = 0; i < 25; i++) {
            step();
        }
        converge();
    }

    private void step() {
        List<String> names = new ArrayList<>(cluster.boxes.keySet());
        String name = names.get(random.nextInt(names.size()));
        boolean alive = cluster.box(name).loop.isAlive();
        switch (random.nextInt(6)) {
            case 0 -> {
                if (alive) {
                    CrashMode mode = CrashMode.values()[random.nextInt(CrashMode.values().length)];
                    steps.add(mode + " " + name);
                    cluster.crash(name, mode);
                }
            }
            case 1 -> {
                if (!alive) {
                    steps.add("boot " + name);
                    cluster.boot(name);
                }
            }
            case 2 -> {
                if (alive) {
                    operator(name, MirrorActionType.START);
                }
            }
            case 3 -> {
                if (alive && cluster.box(name).status().role() == Role.SOURCE) {
                    operator(name, MirrorActionType.SWITCHOVER);
                }
            }
            default -> writes();
        }
        cluster.run(random.between(0, 2000));
    }

    private void operator(String name, MirrorActionType action) {
        CommandResult result = cluster.command(name, action, null);
        steps.add(action.word() + " on " + name + ": " + result.code() + " " + result.ruleId());
        assertThat(result.code()).as("%s\n%s\n%s", result, steps, cluster.story())
                .isIn(ExitCode.DONE, ExitCode.REFUSED, ExitCode.BUSY, ExitCode.UNREACHABLE);
    }

    private void writes() {
        for (SimCluster.Box box : cluster.boxes.values()) {
            if (!box.loop.isAlive() || box.status().role() != Role.SOURCE) {
                continue;
            }
            for (int i = 0; i < 4; i++) {
                int chunk = random.nextInt(CHUNKS);
                int value = nextValue++ % 120 + 1;
                int[] outcome = cluster.startWrite(box.name, chunk, value);
                allowed.get(chunk).add(value);
                cluster.run(random.between(0, 400));
                if (outcome[0] == 1) {
                    steps.add("write " + chunk + "=" + value + " on " + box.name);
                    allowed.get(chunk).clear();
                    allowed.get(chunk).add(value);
                } else {
                    steps.add("unheard " + chunk + "=" + value + " on " + box.name);
                    return;
                }
            }
        }
    }

    private void converge() {
        for (SimCluster.Box box : cluster.boxes.values()) {
            if (!box.loop.isAlive()) {
                cluster.boot(box.name);
            }
        }
        cluster.run(3000);
        steps.add("everybody is up");
        if (cluster.boxes.values().stream().noneMatch(box -> box.status().role() == Role.SOURCE)) {
            for (String name : cluster.boxes.keySet()) {
                if (cluster.boxes.values().stream().noneMatch(box -> box.status().role() == Role.SOURCE)) {
                    operator(name, MirrorActionType.START);
                    cluster.run(1000);
                }
            }
        }
        try {
            String source = cluster.boxes.values().stream().filter(box -> box.status().role() == Role.SOURCE).findFirst().orElseThrow()
                    .name;
            for (String name : cluster.boxes.keySet()) {
                if (!name.equals(source)) {
                    cluster.awaitInSync(source, name);
                }
            }
            for (int chunk = 0; chunk < CHUNKS; chunk++) {
                assertThat(cluster.chunk(source, chunk)).as("chunk %d", chunk).isIn(allowed.get(chunk));
            }
            for (String name : cluster.boxes.keySet()) {
                cluster.assertEqual(source, name);
            }
        } catch (AssertionError | RuntimeException e) {
            throw new AssertionError(e.getMessage() + "\n" + String.join("\n", steps) + "\n" + cluster.story(), e);
        }
    }
}
