/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.integration.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.lang.management.ManagementFactory;
import java.lang.management.OperatingSystemMXBean;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.awaitility.Awaitility;
import org.netraid.integration.nbd.FreePorts;
import org.netraid.replicator.cli.MirrorAction;
import org.netraid.replicator.control.MirrorStatus;
import org.netraid.replicator.control.TargetStatus;
import org.netraid.replicator.daemon.ReplicatorMain;
import org.netraid.replicator.io.ControlClient;
import org.netraid.replicator.io.ControlException;

/**
 * A cluster of real daemons on sparse files in one folder, with one mirror, {@code data}. Timeouts are short, so that rare
 * paths are common. Everything started ends with {@link #close}.
 */
final class ClusterRig implements AutoCloseable {

    static final String TAG = "data";
    private static final Duration PATIENCE = Duration.ofSeconds(120);

    /** What a command left. */
    record Outcome(int status, String out, String err) {
    }

    private final Path folder;
    private final TestHosts hosts;
    private final List<String> nodes = new ArrayList<>();
    private final Map<String, String> movedTo = new LinkedHashMap<>();
    private final Map<String, String> foreignMembers = new LinkedHashMap<>();
    private final Map<String, Integer> peerPorts = new LinkedHashMap<>();
    private final Map<String, Integer> nbdPorts = new LinkedHashMap<>();
    private final Map<String, JavaProcess> daemons = new LinkedHashMap<>();
    private final Map<String, Path> disks = new LinkedHashMap<>();
    private final Map<String, Integer> exportPorts = new LinkedHashMap<>();
    private String peerDead = usualPeerDead();
    private String request = "2s";
    private List<String> jvmOptions = List.of("-Xms32m", "-Xmx256m", "-ea");
    private String settings = "";
    private String mirrorSettings = "";
    private int commands;

    ClusterRig(Path folder, long diskBytes, String... nodes) throws IOException {
        this(folder, diskBytes, TestHosts.LOOPBACK, nodes);
    }

    /** Every node on a host of its own. */
    ClusterRig(Path folder, long diskBytes, TestHosts hosts, String... nodes) throws IOException {
        this.folder = folder;
        this.hosts = hosts;
        Files.writeString(secret(), "0123456789abcdef0123456789abcdef\n");
        Files.setPosixFilePermissions(secret(), PosixFilePermissions.fromString("rw-------"));
        for (String node : nodes) {
            enter(node, diskBytes);
        }
        writeConfig();
    }

    private void enter(String node, long diskBytes) throws IOException {
        nodes.add(node);
        peerPorts.put(node, freePort());
        nbdPorts.put(node, freePort());
        makeDisk(disk(node), diskBytes);
    }

    /** One more member with an empty disk; for daemons started later. */
    void addNode(String node, long diskBytes) throws IOException {
        enter(node, diskBytes);
        writeConfig();
    }

    /** The node gets another address and other ports, on this host; for daemons started later. */
    void move(String node, String address) throws IOException {
        movedTo.put(node, address);
        peerPorts.put(node, freePort());
        nbdPorts.put(node, freePort());
        writeConfig();
    }

    private String address(String node) {
        return movedTo.getOrDefault(node, hosts.address(node));
    }

    /** After how long a silent node counts as gone. To be called before any starts. */
    void peerDead(String duration) throws IOException {
        peerDead = duration;
        writeConfig();
    }

    /** Tests are about nodes that die, not about daemons that get no processor for a second: on a busy machine those are given time. */
    static String usualPeerDead() {
        OperatingSystemMXBean system = ManagementFactory.getOperatingSystemMXBean();
        return system.getSystemLoadAverage() > 3 * system.getAvailableProcessors() ? "5s" : "1s";
    }

    /** How long a target may leave a request unanswered. To be called before any starts. */
    void request(String duration) throws IOException {
        request = duration;
        writeConfig();
    }

    // ---- files

    Path folder() {
        return folder;
    }

    Path secret() {
        return folder.resolve("secret");
    }

    Path config() {
        return folder.resolve("netraid.toml");
    }

    Path disk(String node) {
        return disks.getOrDefault(node, folder.resolve(node + ".img"));
    }

    /** Gives a node another disk; for daemons started later. */
    void useDisk(String node, Path path) throws IOException {
        disks.put(node, path);
        writeConfig();
    }

    Path state(String node) {
        return folder.resolve(node);
    }

    int peerPort(String node) {
        return peerPorts.get(node);
    }

    boolean hasFlag(String node, String flag) {
        return Files.exists(state(node).resolve(TAG + "_" + flag));
    }

    static void makeDisk(Path path, long sizeBytes) throws IOException {
        try (RandomAccessFile file = new RandomAccessFile(path.toFile(), "rw")) {
            file.setLength(sizeBytes);
        }
    }

    static int freePort() throws IOException {
        return FreePorts.next();
    }

    // ---- configuration

    /** Nobody is given up for being slow: for tests that need a certain node in sync on a busy machine. For daemons started later. */
    void patient() throws IOException {
        peerDead = "60s";
        request = "60s";
        writeConfig();
    }

    /** Lines for the end of the configuration file; takes effect for daemons started later. */
    void settings(String toml) throws IOException {
        settings = toml;
        writeConfig();
    }

    /** Lines for the mirror's own table; takes effect for daemons started later. */
    void mirrorSettings(String toml) throws IOException {
        mirrorSettings = toml;
        writeConfig();
    }

    /** The mirrored device is served over TCP instead of a unix socket; for daemons started later. */
    void exportOverTcp() throws IOException {
        for (String node : nodes) {
            exportPorts.put(node, freePort());
        }
        writeConfig();
    }

    int nbdPort(String node) {
        return nbdPorts.get(node);
    }

    /** A target without a daemon. */
    void addForeignTarget(String node, String uri) throws IOException {
        foreignMembers.put(node, uri);
        writeConfig();
    }

    void writeConfig() throws IOException {
        StringBuilder text = new StringBuilder("[cluster]\nname = \"test\"\nsecret_file = \"secret\"\n");
        for (String node : nodes) {
            text.append("[nodes.").append(node).append("]\naddress = \"").append(address(node)).append(':')
                    .append(peerPorts.get(node))
                    .append("\"\nnbd = \"").append(address(node)).append(':')
                    .append(nbdPorts.get(node)).append("\"\nstate = \"").append(node).append("\"\n");
        }
        text.append("[timeouts]\npeer_heartbeat = \"200ms\"\npeer_dead = \"").append(peerDead)
                .append("\"\npeer_reconnect = \"100ms\"\nreconnect = \"100ms\"\nrequest = \"").append(request)
                .append("\"\n[mirrors.data]\n").append(mirrorSettings);
        for (String node : nodes) {
            text.append("[[mirrors.data.members]]\nnode = \"").append(node).append("\"\ndisk = \"").append(disk(node)).append("\"\n");
            if (exportPorts.containsKey(node)) {
                text.append("export = \"").append(address(node)).append(':').append(exportPorts.get(node)).append("\"\n");
            }
        }
        foreignMembers.forEach((node, uri) ->
                text.append("[[mirrors.data.members]]\nnode = \"").append(node).append("\"\nuri = \"").append(uri).append("\"\n"));
        Files.writeString(config(), text + settings);
    }

    // ---- daemons

    /** For daemons started later. */
    void jvmOptions(String... options) {
        jvmOptions = List.of(options);
    }

    /** Starts a daemon and does not wait. */
    JavaProcess launch(String node, String... more) throws IOException {
        List<String> arguments = new ArrayList<>(List.of("--config", config().toString(), "--node", node));
        arguments.addAll(List.of(more));
        JavaProcess daemon = JavaProcess.start(hosts.inside(node), folder, "daemon-" + node, jvmOptions,
                ReplicatorMain.class, arguments.toArray(String[]::new));
        daemons.put(node + "#" + daemon.pid(), daemon);
        return daemon;
    }

    /** Starts daemons, together, and waits until all are ready. */
    void start(String... names) throws IOException {
        List<JavaProcess> started = new ArrayList<>();
        for (String node : names) {
            started.add(launch(node));
        }
        for (int i = 0; i < names.length; i++) {
            JavaProcess daemon = started.get(i);
            String node = names[i];
            await("node " + node + " is ready", () -> {
                assertThat(daemon.isAlive()).as("daemon of %s ended: %s", node, daemon.err()).isTrue();
                return daemon.out().startsWith("ready ");
            });
        }
    }

    JavaProcess daemon(String node) {
        return daemons.entrySet().stream().filter(entry -> entry.getKey().startsWith(node + "#") && entry.getValue().isAlive())
                .map(Map.Entry::getValue).findFirst().orElseThrow(() -> new AssertionError("no daemon of " + node + " runs"));
    }

    void kill(String node) {
        daemon(node).kill();
    }

    /** SIGTERM; the exit status. */
    int stop(String node) {
        JavaProcess daemon = daemon(node);
        daemon.terminate();
        return daemon.awaitEnd();
    }

    // ---- commands and status

    /** {@code mirror_action data WORDS...} on the node, as a process of its own. */
    Outcome act(String node, String... words) throws IOException {
        List<String> arguments = new ArrayList<>(List.of("--config", config().toString(), "--node", node, TAG));
        arguments.addAll(List.of(words));
        String name = "command-" + ++commands;
        try (JavaProcess command = JavaProcess.start(folder, name, List.of("-Xmx64m"), MirrorAction.class,
                arguments.toArray(String[]::new))) {
            int status = command.awaitEnd();
            return new Outcome(status, command.out(), command.err());
        }
    }

    /** As {@link #act}, and it must succeed. */
    void mustAct(String node, String... words) throws IOException {
        Outcome outcome = act(node, words);
        assertThat(outcome.status()).as("mirror_action on %s %s: %s\n%s", node, List.of(words), outcome.err(), logs()).isZero();
    }

    MirrorStatus status(String node) {
        try {
            return new ControlClient(state(node).resolve("control.sock"), 20_000_000_000L).status(TAG);
        } catch (ControlException e) {
            throw new AssertionError("status of " + node + ": " + e.getMessage() + "\n" + logs(), e);
        }
    }

    TargetStatus target(String source, String target) {
        return status(source).targets().stream().filter(candidate -> candidate.node().equals(target)).findFirst()
                .orElseThrow(() -> new AssertionError(source + " does not know target " + target + ": " + status(source)));
    }

    void awaitStatus(String node, String what, Predicate<MirrorStatus> condition) {
        await(node + ": " + what, () -> condition.test(status(node)));
    }

    void awaitInSync(String source) {
        awaitStatus(source, "every target is in sync", status -> !status.targets().isEmpty() && status.targets().stream()
                .allMatch(target -> target.state() == org.netraid.replicator.control.TargetState.IN_SYNC));
    }

    void await(String what, java.util.concurrent.Callable<Boolean> condition) {
        try {
            Awaitility.await(what).atMost(PATIENCE).pollInterval(Duration.ofMillis(50)).until(condition);
        } catch (org.awaitility.core.ConditionTimeoutException e) {
            throw new AssertionError(e.getMessage() + "\n" + logs(), e);
        }
    }

    /** The end of every daemon's log, for messages of failed tests. */
    String logs() {
        StringBuilder text = new StringBuilder();
        for (String node : nodes) {
            List<String> lines = logLines(node);
            text.append("--- ").append(node).append('\n');
            lines.stream().skip(Math.max(0, lines.size() - 25)).forEach(line -> text.append(line).append('\n'));
        }
        return text.toString();
    }

    /** What its daemons have said, each after the one before. */
    List<String> logLines(String node) {
        Path log = folder.resolve("daemon-" + node + ".log");
        try {
            return Files.exists(log) ? Files.readAllLines(log) : List.of("(never started)");
        } catch (IOException e) {
            return List.of(e.toString());
        }
    }

    @Override
    public void close() {
        daemons.values().forEach(JavaProcess::close);
        daemons.values().forEach(JavaProcess::awaitEnd);
    }
}
