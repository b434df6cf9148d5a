/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.node;

import java.util.ArrayList;
import java.util.List;
import org.netraid.replicator.config.QuorumSettings;
import org.netraid.replicator.config.QuorumSettings.Loss;
import org.netraid.replicator.control.CommandResult;
import org.netraid.replicator.control.MirrorActionType;
import org.netraid.replicator.control.MirrorCommand;
import org.netraid.replicator.control.TargetState;
import org.netraid.replicator.state.Role;
import org.netraid.sim.CrashMode;
import org.netraid.sim.SimRandom;

/**
 * Whole nodes with {@code quorum = "majority"} under random partitions, one-way cuts, crashes, and operators who say {@code start} anywhere
 * at any time and never {@code force}. What must hold: no two nodes acknowledge writes in turns in different generations; there is never a
 * split brain; and in the end, with everybody back, the last acknowledged write of each chunk is on every copy.
 */
public final class QuorumSim {

    /** What {@code bin/sim --quorum --break} can plant. */
    public static final List<String> DEFECTS = List.of("agree-to-every-generation", "forget-votes", "pass-the-gate-alone");

    private static final int CHUNKS = 24;
    private static final int MAX_VALUE = 120;
    private static final int POLL_MS = 5;

    /** A write and what became of it. */
    private static final class Write {
        String node;
        int chunk;
        int value;
        int[] outcome;
        long issued;
        long acknowledged = -1;
    }

    private final long seed;
    private final int steps;
    private final SimCluster cluster;
    private final SimRandom random;
    private final QuorumSettings quorum;
    private final List<Write> writes = new ArrayList<>();
    private final List<String> story = new ArrayList<>();
    /** Who acknowledged last, and in which generation; older generations must not come back. */
    private final List<String> generations = new ArrayList<>();
    private String lastAcknowledger = "";
    private long sequence;
    private int nextValue;
    private int acknowledged;
    private int sourcesSeen;

    private QuorumSim(long seed, int steps, String defect) {
        this.seed = seed;
        this.steps = steps;
        List<List<String>> groups = List.of(List.of("a", "b", "c"), List.of("a", "b", "w"), List.of("a", "b", "c", "d", "e"));
        List<String> names = groups.get((int) Math.floorMod(seed, 3L));
        cluster = new SimCluster(seed, -1, names.toArray(String[]::new));
        random = cluster.scheduler.random("quorum");
        Loss loss = random.nextInt(4) == 0 ? Loss.values()[random.nextInt(3)] : Loss.SUSPEND_IO;
        quorum = QuorumSettings.majority(names.contains("w") ? "w" : "").withLoss(loss);
        cluster.quorum = quorum;
        cluster.planted = defect;
    }

    /**
     * Runs one seed.
     *
     * @param defect one of {@link #DEFECTS}, or ""
     * @return what was done, in a line
     * @throws AssertionError if something does not hold, with the whole story
     */
    public static String run(long seed, int steps, String defect) {
        QuorumSim sim = new QuorumSim(seed, steps, defect);
        try {
            return sim.run();
        } catch (AssertionError | RuntimeException e) {
            throw new AssertionError("seed " + seed + ": " + e.getMessage() + "\n" + String.join("\n", sim.story) + "\n"
                    + sim.cluster.story(), e);
        }
    }

    private List<String> members() {
        return cluster.boxes.keySet().stream().filter(name -> !name.equals(quorum.tieBreaker())).toList();
    }

    private String run() {
        cluster.bootAll();
        cluster.run(1000);
        cluster.must("a", MirrorActionType.CREATE, null);
        cluster.awaitInSync("a", members().stream().filter(name -> !name.equals("a")).toArray(String[]::new));
        for (int i = 0; i < steps; i++) {
            step();
        }
        converge();
        return "seed " + seed + ": " + cluster.boxes.size() + " nodes, " + quorum.loss().word() + ", " + writes.size() + " writes, "
                + acknowledged
                + " acknowledged, " + generations.size() + " generations, " + sourcesSeen + " changes of the source that writes";
    }

    private void say(String what) {
        story.add(cluster.scheduler.nanoTime() / SimCluster.MS + " ms: " + what);
    }

    private String any(List<String> names) {
        return names.get(random.nextInt(names.size()));
    }

    private void step() {
        List<String> all = new ArrayList<>(cluster.boxes.keySet());
        String name = any(all);
        switch (random.nextInt(16)) {
            case 14, 15 -> usurp();
            case 0, 1 -> {
                say("isolate " + name);
                isolate(name);
            }
            case 2 -> {
                String other = any(all);
                if (!other.equals(name)) {
                    say("cut " + name + " to " + other);
                    cluster.network.cut(name, other);
                }
            }
            case 3 -> {
                String other = any(all);
                if (!other.equals(name)) {
                    say("cut " + name + " and " + other);
                    cluster.cut(name, other);
                }
            }
            case 4, 5 -> {
                say("heal");
                cluster.network.healAll();
            }
            case 6 -> crashOrBoot(name);
            case 7, 8, 9 -> operator(any(members()), MirrorActionType.START);
            case 10 -> operator(any(members()), MirrorActionType.SWITCHOVER);
            default -> writeEverywhere();
        }
        pass(random.between(0, 1500));
    }

    /** The hardest case: a source is cut off in the middle of writes, another starts, loses everybody too, and the voters restart. */
    private void usurp() {
        List<String> sources = members().stream().filter(this::isSource).toList();
        if (sources.isEmpty()) {
            return;
        }
        String old = any(sources);
        List<String> others = members().stream().filter(name -> !name.equals(old)).toList();
        String next = any(others);
        cluster.boxes.keySet().stream().filter(name -> !cluster.box(name).loop.isAlive()).forEach(cluster::boot);
        cluster.network.healAll();
        pass(random.between(500, 3000));
        say("usurp " + old + " by " + next);
        writeEverywhere();
        isolate(old);
        pass(random.between(350, 900));
        operator(next, MirrorActionType.START);
        writeEverywhere();
        if (random.nextInt(2) == 0) {
            say("isolate " + next + ", restart the voters, heal " + old);
            isolate(next);
            cluster.boxes.keySet().stream().filter(name -> !name.equals(old) && !name.equals(next)).toList().forEach(voter -> {
                cluster.kill(voter);
                cluster.boot(voter);
            });
            cluster.network.healAll();
            isolate(next);
            pass(random.between(500, 3000));
            writeEverywhere();
        }
    }

    private void isolate(String name) {
        cluster.boxes.keySet().stream().filter(other -> !other.equals(name)).forEach(other -> cluster.cut(name, other));
    }

    private boolean isSource(String name) {
        SimCluster.Box box = cluster.box(name);
        return box.loop.isAlive() && !name.equals(quorum.tieBreaker()) && box.status().role() == Role.SOURCE;
    }

    private void crashOrBoot(String name) {
        if (cluster.box(name).loop.isAlive()) {
            CrashMode mode = CrashMode.values()[random.nextInt(CrashMode.values().length)];
            say(mode + " " + name);
            cluster.crash(name, mode);
        } else {
            say("boot " + name);
            cluster.boot(name);
        }
    }

    private void operator(String name, MirrorActionType action) {
        if (!cluster.box(name).loop.isAlive() || action == MirrorActionType.SWITCHOVER && !isSource(name)) {
            return;
        }
        SimCluster.Box box = cluster.box(name);
        List<CommandResult> results = new ArrayList<>();
        box.loop.execute(() -> box.node.execute(MirrorCommand.of(SimCluster.TAG, action, null), results::add));
        for (int i = 0; i < 400 && results.isEmpty(); i++) {
            pass(POLL_MS);
        }
        say(action.word() + " on " + name + ": " + (results.isEmpty() ? "no answer yet"
                : results.get(0).code() + " " + results.get(0).ruleId()));
    }

    private void writeEverywhere() {
        for (String name : members()) {
            if (isSource(name) && !box(name).status().exportUri().isEmpty()) {
                for (int i = 0; i < 3; i++) {
                    Write write = new Write();
                    write.node = name;
                    write.chunk = random.nextInt(CHUNKS);
                    write.value = nextValue++ % MAX_VALUE + 1;
                    write.issued = sequence++;
                    write.outcome = cluster.tryWrite(name, write.chunk, write.value);
                    writes.add(write);
                    pass(random.between(0, 100));
                }
            }
        }
    }

    private SimCluster.Box box(String name) {
        return cluster.box(name);
    }

    /** Lets time pass and looks who acknowledges. */
    private void pass(long ms) {
        for (long passed = 0; passed <= ms; passed += POLL_MS) {
            cluster.run(POLL_MS);
            for (Write write : writes) {
                if (write.acknowledged < 0 && write.outcome[0] == 1) {
                    write.acknowledged = sequence++;
                    acknowledged++;
                    onAcknowledged(write);
                }
            }
        }
    }

    private void onAcknowledged(Write write) {
        if (!box(write.node).loop.isAlive()) {
            return;
        }
        String generation = write.node + " in " + box(write.node).status().generation();
        int known = generations.indexOf(generation);
        if (known < 0) {
            generations.add(generation);
        } else if (known < generations.size() - 1 && !lastAcknowledger.equals(write.node)) {
            throw new AssertionError("two nodes acknowledge writes: " + generation + ", after " + generations.get(generations.size() - 1));
        }
        sourcesSeen += lastAcknowledger.equals(write.node) ? 0 : 1;
        lastAcknowledger = write.node;
    }

    private void converge() {
        say("everybody back");
        cluster.network.healAll();
        cluster.boxes.keySet().stream().filter(name -> !cluster.box(name).loop.isAlive()).forEach(cluster::boot);
        pass(3_000);
        for (int round = 0; round < 10 && members().stream().noneMatch(this::isSource); round++) {
            members().forEach(name -> {
                if (members().stream().noneMatch(this::isSource)) {
                    operator(name, MirrorActionType.START);
                }
            });
        }
        for (String name : members()) {
            if (cluster.box(name).log.stream().anyMatch(line -> line.contains("D19"))) {
                throw new AssertionError("split brain on " + name);
            }
        }
        String source = members().stream().filter(this::isSource).findFirst().orElseThrow(() -> new AssertionError("no source"));
        for (String name : members()) {
            if (!name.equals(source)) {
                cluster.await(name + " in sync with " + source, () -> isSource(source)
                        && cluster.target(source, name).state() == TargetState.IN_SYNC);
                cluster.assertEqual(source, name);
            }
        }
        for (int chunk = 0; chunk < CHUNKS; chunk++) {
            check(chunk, cluster.chunk(source, chunk));
        }
    }

    /** The last acknowledged value, or one that was on its way when that was acknowledged, or whose end nobody was told. */
    private void check(int chunk, int value) {
        List<Write> here = writes.stream().filter(write -> write.chunk == chunk).toList();
        Write last = null;
        for (Write write : here) {
            last = write.acknowledged >= 0 && (last == null || write.acknowledged > last.acknowledged) ? write : last;
        }
        for (Write write : here) {
            boolean possible = write.acknowledged < 0 || write.acknowledged > last.issued;
            if (possible && write.value == value) {
                return;
            }
        }
        if (last != null || value != 0) {
            throw new AssertionError("chunk " + chunk + " holds " + value + ", but " + (last == null ? "nothing"
                    : last.value + " of " + last.node)
                    + " was acknowledged last");
        }
    }
}
