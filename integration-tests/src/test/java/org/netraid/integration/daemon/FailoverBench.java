/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.integration.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.netraid.block.BlockError;
import org.netraid.block.BlockRequest;
import org.netraid.integration.nbd.RealClient;
import org.netraid.nbd.client.NbdClientConfig;
import org.netraid.replicator.cli.TypedCommand;
import org.netraid.replicator.control.CommandResult;
import org.netraid.replicator.control.ExitCode;
import org.netraid.replicator.control.MirrorStatus;
import org.netraid.replicator.control.TargetState;
import org.netraid.replicator.control.TargetStatus;
import org.netraid.replicator.io.ControlClient;
import org.netraid.replicator.io.ControlException;
import org.netraid.replicator.state.Role;

/**
 * Real daemons in network namespaces, their application, and a clock. Every block of 4 KiB that is written holds the number of its
 * write. Bits of the intent log stand for 4 KiB, as DRBD's do.
 */
final class FailoverBench implements AutoCloseable {

    static final int BLOCK = 4096;

    /** What is timed. */
    interface Step {
        void run() throws IOException;
    }

    private final NetworkNamespaces network;
    private final ClusterRig rig;
    private final List<String> nodes;
    private final Map<String, RealClient> applications = new LinkedHashMap<>();
    private final Map<Integer, Long> acknowledged = new TreeMap<>();
    private int unanswered = -1;
    private long writes;

    FailoverBench(Path folder, long diskBytes, String peerDead, String... nodes) throws IOException {
        this.nodes = List.of(nodes);
        network = new NetworkNamespaces(this.nodes);
        rig = new ClusterRig(folder, diskBytes, network, nodes);
        rig.peerDead(peerDead);
        rig.request("3s");
        rig.mirrorSettings("chunk = \"4k\"\n");
    }

    double time(Step step) throws IOException {
        long begin = System.nanoTime();
        step.run();
        return (System.nanoTime() - begin) / 1e9;
    }

    // ---- nodes and network

    /** Starts all, and makes the mirror. */
    void create(String source) throws IOException {
        rig.start(nodes.toArray(String[]::new));
        must(source, List.of("create"));
        awaitInSync(source);
    }

    void start(String node) throws IOException {
        rig.start(node);
    }

    void cut(String one, String other) {
        network.cut(one, other);
        network.cut(other, one);
    }

    void heal() {
        network.healAll();
    }

    /** Not a packet leaves it any more, as with a power cut: nobody is told that its connections have ended. */
    void powerCut(String node) {
        nodes.stream().filter(other -> !other.equals(node)).forEach(other -> cut(node, other));
        rig.kill(node);
        RealClient application = applications.remove(node);
        if (application != null) {
            application.close();
        }
    }

    // ---- the application

    /** One block with a number of its own. @return seconds until it was acknowledged, which it must be */
    double write(String node, int offset) throws IOException {
        return time(() -> assertThat(tryWrite(node, offset)).as("write on %s at %d\n%s", node, offset, rig.logs()).isTrue());
    }

    void writeRun(String node, int offset, int length) throws IOException {
        for (int at = offset; at < offset + length; at += 1 << 20) {
            byte[] data = new byte[Math.min(1 << 20, offset + length - at)];
            for (int block = 0; block < data.length; block += BLOCK) {
                stamp(data, block, at + block);
            }
            assertThat(run(node, at, data)).as(rig.logs()).isTrue();
            for (int block = 0; block < data.length; block += BLOCK) {
                acknowledged.put(at + block, ByteBuffer.wrap(data).getLong(block));
            }
        }
        application(node).flush();
    }

    void flush(String node) {
        application(node).flush();
    }

    /** Writes random blocks of the first 16 MiB; its power is cut after so many. @return how many were acknowledged */
    int writeUntilDestroyed(String node, int count) throws IOException {
        java.util.Random random = new java.util.Random(7);
        Thread destroyer = null;
        int done = 0;
        for (; tryWrite(node, random.nextInt(4096) * BLOCK); done++) {
            if (done == count) {
                destroyer = new Thread(() -> {
                    nodes.stream().filter(other -> !other.equals(node)).forEach(other -> cut(node, other));
                    rig.kill(node);
                });
                destroyer.start();
            }
        }
        assertThat(destroyer).as("%s served until it was destroyed\n%s", node, rig.logs()).isNotNull();
        try {
            destroyer.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        }
        return done;
    }

    private boolean tryWrite(String node, int offset) {
        byte[] data = new byte[BLOCK];
        stamp(data, 0, offset);
        if (!run(node, offset, data)) {
            unanswered = offset;
            return false;
        }
        acknowledged.put(offset, ByteBuffer.wrap(data).getLong(0));
        return true;
    }

    private void stamp(byte[] data, int at, int offset) {
        long number = ++writes;
        for (int i = at; i < at + BLOCK; i += 2 * Long.BYTES) {
            ByteBuffer.wrap(data).putLong(i, number).putLong(i + Long.BYTES, offset);
        }
    }

    private boolean run(String node, int offset, byte[] data) {
        return application(node).run(completion -> new BlockRequest().write(offset, ByteBuffer.wrap(data), 0, completion)).error()
                == BlockError.NONE;
    }

    private RealClient application(String node) {
        return applications.computeIfAbsent(node, name -> {
            rig.awaitStatus(name, "has an export", status -> !status.exportUri().isEmpty());
            RealClient client = new RealClient(NbdClientConfig.defaults());
            assertThat(client.tryOpen(rig.status(name).exportUri())).as(rig.logs()).isEmpty();
            return client;
        });
    }

    // ---- what the copies hold

    byte[] content(String node) throws IOException {
        return Files.readAllBytes(rig.disk(node));
    }

    boolean equal(String one, String other) throws IOException {
        return Files.mismatch(rig.disk(one), rig.disk(other)) == -1;
    }

    /** Numbers of the blocks that differ. */
    static Set<Integer> differing(byte[] one, byte[] other) {
        Set<Integer> blocks = new TreeSet<>();
        for (int at = 0; at < one.length; at += BLOCK) {
            if (!java.util.Arrays.equals(one, at, at + BLOCK, other, at, at + BLOCK)) {
                blocks.add(at / BLOCK);
            }
        }
        return blocks;
    }

    /**
     * Offsets of acknowledged writes that the node's copy does not hold; the block of a write that was never answered may
     * hold that one.
     */
    Set<Integer> lost(String node) throws IOException {
        ByteBuffer copy = ByteBuffer.wrap(content(node));
        Set<Integer> lost = new TreeSet<>();
        acknowledged.forEach((offset, number) -> {
            if (copy.getLong(offset) != number && offset != unanswered) {
                lost.add(offset);
            }
        });
        return lost;
    }

    // ---- commands and status

    CommandResult act(String node, List<String> words) {
        try {
            return new ControlClient(rig.state(node).resolve("control.sock"), 60_000_000_000L)
                    .execute(TypedCommand.parse(ClusterRig.TAG, words.toArray(String[]::new)));
        } catch (ControlException e) {
            throw new AssertionError(e.getMessage() + "\n" + rig.logs(), e);
        }
    }

    void must(String node, List<String> words) {
        CommandResult result = act(node, words);
        assertThat(result.code()).as("%s: %s: %s\n%s", node, words, result.lines(), rig.logs()).isEqualTo(ExitCode.DONE);
    }

    /** As a cluster manager that asks until it may: the old source still counts as alive for a while. */
    void awaitStarted(String node) {
        rig.await(node + " is in service", () -> act(node, List.of("start")).code() == ExitCode.DONE
                || rig.status(node).role() == Role.SOURCE);
    }

    TargetStatus target(String source, String target) {
        return rig.target(source, target);
    }

    void awaitInSync(String source) {
        rig.awaitInSync(source);
    }

    void awaitInSync(String source, String target) {
        rig.await(target + " in sync with " + source, () -> rig.target(source, target).state() == TargetState.IN_SYNC);
    }

    void awaitSplitBrain(String one, String other) {
        rig.await("split brain on both sides", () -> seesSplitBrain(one) && seesSplitBrain(other));
    }

    private boolean seesSplitBrain(String node) {
        MirrorStatus status = rig.status(node);
        return status.mirrorWords().equals("Split Brain") || status.targets().stream().anyMatch(target ->
                target.state() == TargetState.SPLIT_BRAIN);
    }

    @Override
    public void close() {
        try {
            applications.values().forEach(RealClient::close);
            rig.close();
        } finally {
            network.close();
        }
    }
}
