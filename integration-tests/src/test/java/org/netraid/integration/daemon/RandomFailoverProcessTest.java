/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.integration.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.netraid.replicator.control.CommandResult;
import org.netraid.replicator.control.ExitCode;
import org.netraid.replicator.control.MirrorStatus;
import org.netraid.replicator.control.TargetState;
import org.netraid.replicator.scenario.Scenario;
import org.netraid.replicator.state.Role;

/**
 * Crashes, partitions and failovers of real daemons in network namespaces, at random, with a cluster manager that fences before it starts
 * elsewhere and starts only where the last source said "In Sync". After every cycle: no acknowledged write lost, all copies equal.
 * {@code -Dnetraid.failover.cycles=500 -Dnetraid.failover.seed=7 -Dnetraid.failover.log=FILE} for more; the log tells every command, every
 * decision and its rule.
 */
@Tag("slow")
class RandomFailoverProcessTest {

    private static final int CHUNKS = 64;
    private static final String[] NODES = {"a", "b", "c"};

    @TempDir
    private static Path folder;

    private final List<String> log = new ArrayList<>();
    private final FailoverHistory history = new FailoverHistory(CHUNKS);
    private Random random;
    private RealScenarioCluster cluster;
    private String source = "a";

    @Test
    void shouldLoseNoAcknowledgedWriteAndEndWithEqualCopies() throws IOException {
        int cycles = Integer.getInteger("netraid.failover.cycles", 6);
        long seed = Long.getLong("netraid.failover.seed", 1);
        random = new Random(seed);
        say("commit " + System.getProperty("netraid.failover.commit", "not told") + ", " + cycles + " cycles, seed " + seed);
        say("start-write is not waited for; after the node come chunk and value. Indented: what the daemons decided, by which rule");
        Scenario scenario = Scenario.parse("$ nodes a b c\n");
        try {
            cluster = new RealScenarioCluster(folder, scenario, "3s");
            try {
                cluster.boot(NODES);
                settle("the mirror is created", this::created);
                converge();
                for (int i = 1; i <= cycles; i++) {
                    say("== cycle " + i + " of " + cycles + ", seed " + seed + ", in service on " + source);
                    cycle();
                    converge();
                    cluster.newDecisions().forEach(decision -> say("    " + decision));
                    check();
                }
            } finally {
                cluster.close();
            }
        } catch (AssertionError e) {
            throw new AssertionError(e.getMessage() + "\n" + String.join("\n", log.subList(Math.max(0, log.size() - 60), log.size())), e);
        }
    }

    /** At once, so that a long run can be followed. */
    private void say(String line) {
        log.add(line);
        String file = System.getProperty("netraid.failover.log", "");
        if (!file.isEmpty()) {
            try {
                Files.writeString(Path.of(file), line + "\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    private void cycle() {
        List<String> targets = new ArrayList<>(List.of(NODES));
        targets.remove(source);
        String one = targets.get(random.nextInt(2));
        String other = targets.get(1 - targets.indexOf(one));
        switch (random.nextInt(9)) {
            case 0 -> failover(one);
            case 1 -> {
                failover(one);
                kill(one);
                bootAll();
            }
            case 2 -> loseTarget(one);
            case 3 -> {
                loseTarget(one);
                loseTarget(other);
            }
            case 4 -> partition(one);
            case 5 -> {
                writesInFlight();
                List.of(NODES).forEach(this::kill);
                bootAll();
            }
            case 6 -> switchover(one);
            case 7 -> dieInResync(one);
            default -> isolateAndFence(one, other);
        }
    }

    private void failover(String to) {
        awaitInSync(to);
        writesInFlight();
        kill(source);
        takeOver(to);
    }

    /**
     * The source may still answer heartbeats of its own: the target has to notice first, as a cluster manager does. On a loaded machine the
     * target may have been lost and left behind just before its source died: then start is refused, and the old source comes back.
     */
    private void takeOver(String to) {
        String old = source;
        settle(to + " misses " + old, () -> cluster.status(to).map(status -> !status.sourceNode().equals(old)).orElse(false));
        ExitCode[] code = {null};
        settle(to + " is started, or may not be", () -> {
            CommandResult result = act(to, "start");
            code[0] = result.code();
            // the third node may still take the old source for alive, or be lost for a moment, and then the manager asks again
            return result.code() == ExitCode.DONE || result.code() == ExitCode.REFUSED && !result.ruleId().equals("G6");
        });
        if (code[0] == ExitCode.DONE) {
            source = to;
            write(4);
        }
    }

    /** On a loaded machine the target may be lost at this very moment. Then the mirror stays, or it is seen in the end where it is. */
    private void switchover(String to) {
        awaitInSync(to);
        if (act(source, "switchover", to).code() == ExitCode.DONE) {
            source = to;
            write(3);
        }
    }

    private boolean created() {
        return act("a", "create").code() == ExitCode.DONE || cluster.status("a").orElseThrow().role() == Role.SOURCE;
    }

    private void loseTarget(String target) {
        writesInFlight();
        kill(target);
        write(4);
    }

    private void partition(String target) {
        boolean oneWay = random.nextBoolean();
        boolean out = random.nextBoolean();
        String from = out ? source : target;
        String to = out ? target : source;
        say((oneWay ? "cut one way " : "cut ") + from + " " + to);
        if (oneWay) {
            cluster.cutOneWay(from, to);
        } else {
            cluster.cut(from, to);
        }
        write(4);
        heal();
    }

    private void dieInResync(String target) {
        kill(target);
        write(24);
        boot(target);
        kill(random.nextBoolean() ? source : target);
        bootAll();
    }

    private void isolateAndFence(String to, String other) {
        awaitInSync(to);
        say("cut " + source + " from everybody");
        cluster.cut(source, to);
        cluster.cut(source, other);
        kill(source);
        takeOver(to);
        write(4);
        heal();
    }

    // ---- steps

    private void writesInFlight() {
        for (int i = 0; i < 4; i++) {
            // a half of their own: such a write may arrive after a later one that is waited for
            int chunk = CHUNKS / 2 + random.nextInt(CHUNKS / 2);
            int value = history.started(chunk);
            say("start-write " + source + " " + chunk + " " + value);
            cluster.startWrite(source, chunk, value);
        }
    }

    private void write(int count) {
        for (int i = 0; i < count; i++) {
            int chunk = random.nextInt(CHUNKS / 2);
            int value = history.started(chunk);
            boolean good = cluster.write(source, chunk, value);
            say("write " + source + " " + chunk + " " + value + (good ? ": acknowledged" : ": failed"));
            if (good) {
                history.settled(chunk, value);
            }
        }
    }

    private void kill(String node) {
        if (cluster.status(node).isPresent()) {
            say("kill -9 " + node);
            cluster.kill(node);
        }
    }

    private void boot(String... nodes) {
        say("boot " + String.join(" ", nodes));
        cluster.boot(nodes);
    }

    private void bootAll() {
        List<String> down = new ArrayList<>(List.of(NODES));
        down.removeIf(node -> cluster.status(node).isPresent());
        Collections.shuffle(down, random);
        if (!down.isEmpty()) {
            boot(down.toArray(String[]::new));
        }
    }

    private void heal() {
        say("heal");
        cluster.heal();
    }

    private CommandResult act(String node, String... words) {
        CommandResult result = cluster.act(node, words);
        say(node + ": " + String.join(" ", words) + " -> " + result.code() + " " + result.ruleId() + ": " + String.join("; ",
                result.lines()));
        return result;
    }

    // ---- the end of a cycle

    private void converge() {
        heal();
        bootAll();
        settle("a node is in service", () -> inService() != null || startSomewhere());
        source = inService();
        say("in service on " + source);
        List.of(NODES).stream().filter(node -> !node.equals(source)).forEach(this::awaitInSync);
    }

    /** Nobody starts by itself when the last source is not the newest: then an operator asks each in turn, without force. */
    private boolean startSomewhere() {
        for (String node : NODES) {
            MirrorStatus status = cluster.status(node).orElseThrow();
            if (status.role() == Role.BLOCKED || status.words().equals("Waiting") && !status.lastOwnerFlag()) {
                if (act(node, "start").code() == ExitCode.DONE) {
                    return true;
                }
            }
        }
        return false;
    }

    private String inService() {
        List<String> sources = List.of(NODES).stream().filter(node -> cluster.status(node).map(MirrorStatus::role).orElse(Role.STOPPED)
                == Role.SOURCE).toList();
        assertThat(sources).as("in service").hasSizeLessThan(2);
        return sources.isEmpty() ? null : sources.get(0);
    }

    private void awaitInSync(String target) {
        settle(target + " in sync with " + source, () -> cluster.status(source).orElseThrow().targets().stream()
                .anyMatch(status -> status.node().equals(target) && status.state() == TargetState.IN_SYNC));
    }

    private void settle(String what, BooleanSupplier condition) {
        String last = cluster.settle(() -> condition.getAsBoolean() ? what : "not yet: " + what, what);
        assertThat(last).isEqualTo(what);
    }

    private void check() {
        for (int chunk = 0; chunk < CHUNKS; chunk++) {
            assertThat(history.allowed(chunk)).as("chunk %d", chunk).contains(cluster.read(source, chunk));
            history.settled(chunk, cluster.read(source, chunk));
        }
        for (String node : NODES) {
            assertThat(cluster.equal(source, node)).as("%s equals %s", node, source).isTrue();
        }
        say("no acknowledged write is lost, all copies are equal");
    }
}
