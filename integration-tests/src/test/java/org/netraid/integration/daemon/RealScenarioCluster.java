/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.integration.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.UserDefinedFileAttributeView;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionTimeoutException;
import org.junit.jupiter.api.Assumptions;
import org.netraid.block.BlockCompletion;
import org.netraid.block.BlockRequest;
import org.netraid.integration.nbd.RealClient;
import org.netraid.nbd.client.NbdClientConfig;
import org.netraid.replicator.cli.TypedCommand;
import org.netraid.replicator.control.CommandResult;
import org.netraid.replicator.control.MirrorStatus;
import org.netraid.replicator.io.ControlClient;
import org.netraid.replicator.io.ControlException;
import org.netraid.replicator.scenario.Scenario;
import org.netraid.replicator.scenario.ScenarioCluster;

/** Runs scenarios on real daemons, each in a network namespace of its own. */
final class RealScenarioCluster implements ScenarioCluster {

    private static final long DISK_BYTES = 16 << 20;
    private static final int CHUNK_BYTES = 64 << 10;
    private static final long COMMAND_NS = 60_000_000_000L;
    /** Time and text of a line of a daemon's log that begins with a rule. */
    private static final Pattern DECISION = Pattern.compile("T(\\d\\d:\\d\\d:\\d\\d\\.\\d{3})Z .*? data: ([A-Z]\\d+[a-z]?: .*)");

    private final NetworkNamespaces network;
    private final ClusterRig rig;
    private final Set<String> up = new LinkedHashSet<>();
    private final List<RealClient> writers = new ArrayList<>();
    private final List<String> scenarioNodes;
    private final Map<String, Integer> linesTold = new HashMap<>();

    RealScenarioCluster(Path folder, Scenario scenario) throws IOException {
        this(folder, scenario, ClusterRig.usualPeerDead());
    }

    /** @param peerDead after how long a silent node counts as gone: long enough for a loaded machine, where nobody waits for it */
    RealScenarioCluster(Path folder, Scenario scenario, String peerDead) throws IOException {
        scenarioNodes = scenario.nodes();
        network = new NetworkNamespaces(scenarioNodes);
        rig = new ClusterRig(folder, DISK_BYTES, network, scenarioNodes.toArray(String[]::new));
        rig.peerDead(peerDead);
        rig.request("20s"); // who is silent is found out sooner, and who is slow is no fault
        String limits = scenario.resyncMaxKib() == 0 ? "" : "[mirrors.data.limits]\nresync_max = \"" + scenario.resyncMaxKib()
                + "k\"\nresync_min = \"" + scenario.resyncMaxKib() + "k\"\nresync_chunks_in_flight = 1\n";
        rig.mirrorSettings("after_split_brain = \"" + scenario.afterSplitBrain() + "\"\nquorum = \"" + scenario.quorum() + "\"\n");
        rig.settings("[mirrors.data.timeouts]\nwait_for_previous_source = " + scenario.waitSeconds() + "\n"
                + (scenario.targetsRemember() ? "" : "regions = 0\n") + limits);
    }

    @Override
    public void boot(String... nodes) {
        try {
            rig.start(nodes);
            up.addAll(List.of(nodes));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        if (up.size() > 1) {
            rig.await("the nodes have found each other or given up", () -> up.stream().allMatch(node -> status(node).isPresent()));
        }
    }

    @Override
    public void kill(String node) {
        rig.kill(node);
        up.remove(node);
        closeWriters();
    }

    /** Whoever waits for nothing is ended at the next change, so that many cycles do not gather threads. */
    private void closeWriters() {
        writers.forEach(RealClient::close);
        writers.clear();
    }

    @Override
    public void shutdown(String node) {
        assertThat(rig.stop(node)).isZero();
        up.remove(node);
    }

    @Override
    public void cut(String one, String other) {
        network.cut(one, other);
        network.cut(other, one);
    }

    @Override
    public void cutOneWay(String from, String to) {
        network.cut(from, to);
    }

    @Override
    public void heal() {
        closeWriters();
        network.healAll();
    }

    @Override
    public boolean write(String node, int chunk, int value) {
        try (RealClient client = application(node)) {
            return !client.run(completion -> request(chunk, value, completion)).error().isError();
        }
    }

    /** Over one connection, and all at the same time: what each waits for on the disk they wait for together. */
    @Override
    public boolean writeAll(String node, int first, int end, int value) {
        List<CompletableFuture<BlockRequest>> writes = new ArrayList<>();
        try (RealClient client = application(node)) {
            for (int chunk = first; chunk < end; chunk++) {
                CompletableFuture<BlockRequest> done = new CompletableFuture<>();
                client.submit(request(chunk, value, done::complete));
                writes.add(done);
            }
            return writes.stream().map(RealScenarioCluster::ended).noneMatch(write -> write.error().isError());
        }
    }

    private static BlockRequest ended(CompletableFuture<BlockRequest> write) {
        try {
            return write.get(60, TimeUnit.SECONDS);
        } catch (InterruptedException | ExecutionException | TimeoutException e) {
            throw new AssertionError("a write has no end", e);
        }
    }

    @Override
    public void startWrite(String node, int chunk, int value) {
        RealClient client = application(node);
        writers.add(client);
        client.submit(request(chunk, value, done -> { }));
    }

    private static BlockRequest request(int chunk, int value, BlockCompletion completion) {
        byte[] data = new byte[CHUNK_BYTES];
        Arrays.fill(data, (byte) value);
        return new BlockRequest().write((long) chunk * CHUNK_BYTES, ByteBuffer.wrap(data), BlockRequest.FUA, completion);
    }

    private RealClient application(String node) {
        RealClient client = new RealClient(NbdClientConfig.defaults());
        String failure = client.tryOpen("nbd+unix:///" + ClusterRig.TAG + "?socket=" + rig.state(node).resolve(ClusterRig.TAG + ".nbd"));
        assertThat(failure).as(rig.logs()).isEmpty();
        return client;
    }

    @Override
    public int read(String node, int chunk) {
        try (RandomAccessFile file = new RandomAccessFile(rig.disk(node).toFile(), "r")) {
            file.seek((long) chunk * CHUNK_BYTES);
            return file.readByte();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public boolean equal(String one, String other) {
        try {
            return Files.mismatch(rig.disk(one), rig.disk(other)) == -1;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public CommandResult act(String node, String... words) {
        try {
            return control(node).execute(TypedCommand.parse(ClusterRig.TAG, words));
        } catch (ControlException e) {
            throw new AssertionError(e.getMessage() + "\n" + rig.logs(), e);
        }
    }

    @Override
    public Optional<MirrorStatus> status(String node) {
        if (!up.contains(node)) {
            return Optional.empty();
        }
        try {
            return Optional.of(control(node).status(ClusterRig.TAG));
        } catch (ControlException e) {
            throw new AssertionError(e.getMessage() + "\n" + rig.logs(), e);
        }
    }

    private ControlClient control(String node) {
        return new ControlClient(rig.state(node).resolve("control.sock"), COMMAND_NS);
    }

    /** What the daemons have decided since this was asked last, by time: {@code TIME NODE: RULE: WHAT}. */
    List<String> newDecisions() {
        List<String> lines = new ArrayList<>();
        scenarioNodes.forEach(node -> {
            List<String> all = rig.logLines(node);
            all.stream().skip(linesTold.getOrDefault(node, 0)).map(DECISION::matcher).filter(Matcher::find)
                    .forEach(line -> lines.add(line.group(1) + " " + node + ": " + line.group(2)));
            linesTold.put(node, all.size());
        });
        lines.sort(Comparator.naturalOrder());
        return lines;
    }

    @Override
    public void destroyIntentLog(String node) {
        Path log = rig.state(node).resolve(ClusterRig.TAG + ".intent");
        try (RandomAccessFile file = new RandomAccessFile(log.toFile(), "rw")) {
            for (long offset = 0; offset < file.length(); offset += 512) {
                file.seek(offset);
                int old = file.readByte();
                file.seek(offset);
                file.writeByte(old ^ 1);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void replaceDisk(String node) {
        try {
            UserDefinedFileAttributeView marks = Files.getFileAttributeView(rig.disk(node), UserDefinedFileAttributeView.class);
            Assumptions.assumeTrue(marks != null && !marks.list().isEmpty(), "needs a file system with user attributes");
            Files.delete(rig.disk(node));
            ClusterRig.makeDisk(rig.disk(node), DISK_BYTES);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public String settle(Supplier<String> actual, String expected) {
        try {
            Awaitility.await().atMost(Duration.ofSeconds(240)).pollInterval(Duration.ofMillis(100))
                    .until(() -> actual.get().equals(expected));
            return expected;
        } catch (ConditionTimeoutException e) {
            System.err.println(rig.logs());
            return actual.get();
        }
    }

    @Override
    public void close() {
        try {
            closeWriters();
            rig.close();
        } finally {
            network.close();
        }
    }
}
