/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.node;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.netraid.block.BlockDevice;
import org.netraid.block.BlockRequest;
import org.netraid.journal.SimJournalStore;
import org.netraid.link.LinkAddress;
import org.netraid.link.LinkFactory;
import org.netraid.nbd.client.NbdClientConfig;
import org.netraid.nbd.client.NbdClientDevice;
import org.netraid.nbd.client.NbdConnectionListener;
import org.netraid.nbd.client.NbdConnector;
import org.netraid.nbd.client.NbdTarget;
import org.netraid.nbd.server.BufferPool;
import org.netraid.nbd.server.Export;
import org.netraid.nbd.server.FixedExports;
import org.netraid.nbd.server.NbdService;
import org.netraid.nbd.server.ServerEvents;
import org.netraid.nbd.server.ServerLimits;
import org.netraid.replicator.config.ClusterConfig;
import org.netraid.replicator.config.DaemonSettings;
import org.netraid.replicator.config.FailoverSettings;
import org.netraid.replicator.config.IntentLogSettings;
import org.netraid.replicator.config.LogFailureAction;
import org.netraid.replicator.config.MemberConfig;
import org.netraid.replicator.config.MirrorConfig;
import org.netraid.replicator.config.NbdServerSettings;
import org.netraid.replicator.config.NodeConfig;
import org.netraid.replicator.config.PeerSettings;
import org.netraid.replicator.config.QuorumSettings;
import org.netraid.replicator.config.ResyncSettings;
import org.netraid.replicator.config.TargetSettings;
import org.netraid.replicator.config.UpkeepSettings;
import org.netraid.replicator.control.CommandResult;
import org.netraid.replicator.control.ExitCode;
import org.netraid.replicator.control.MirrorActionType;
import org.netraid.replicator.control.MirrorCommand;
import org.netraid.replicator.control.MirrorStatus;
import org.netraid.replicator.control.TargetState;
import org.netraid.replicator.control.TargetStatus;
import org.netraid.replicator.quorum.QuorumGuard;
import org.netraid.replicator.state.Role;
import org.netraid.sim.CrashMode;
import org.netraid.sim.SimDisk;
import org.netraid.sim.SimDiskOptions;
import org.netraid.sim.SimLoop;
import org.netraid.sim.SimNetwork;
import org.netraid.sim.SimScheduler;
import org.netraid.sim.SimStateFolder;

/** Whole nodes on simulated disks, folders and links, in one thread. */
final class SimCluster {

    static final String TAG = "data";
    static final long SIZE = 16 << 20;
    static final int CHUNK = 64 << 10;
    static final long MS = 1_000_000L;
    private static final int PEER_PORT = 7;
    private static final int NBD_PORT = 8;
    private static final int EXPORT_PORT = 9;

    final SimScheduler scheduler;
    final SimNetwork network;
    final TreeMap<String, Box> boxes = new TreeMap<>();
    private final SimLoop appLoop;
    private final LinkFactory appLinks;
    private final NbdConnector connector;

    /** A machine: what outlives a crash, and the life that runs on it now. */
    final class Box {
        final String name;
        SimDisk disk;
        SimDisk logDisk;
        /** The log that is being made to replace it. */
        SimDisk newLogDisk;
        final SimDisk undoDisk;
        SimDisk regionDisk;
        final TreeMap<String, SimDisk> lost = new TreeMap<>();
        final SimStateFolder folder;
        final SimJournalStore journals = new SimJournalStore();
        /** Why its journal cannot be opened; "" if it can. */
        String journalFailure = "";
        final List<String> log = new ArrayList<>();
        SimLoop loop;
        ReplicatorNode node;
        NbdClientDevice app;

        Box(String name) {
            this.name = name;
            disk = new SimDisk(scheduler, name + ".disk", SimDiskOptions.ofSize(SIZE));
            logDisk = new SimDisk(scheduler, name + ".log", SimDiskOptions.ofSize(8 << 20));
            undoDisk = new SimDisk(scheduler, name + ".undo", SimDiskOptions.ofSize(undoBytes));
            regionDisk = new SimDisk(scheduler, name + ".regions", SimDiskOptions.ofSize(8 << 20));
            folder = new SimStateFolder(name + ".state");
        }

        MirrorStatus status() {
            return node.status(TAG).orElseThrow();
        }

        boolean has(String flag) {
            return folder.read(TAG + "_" + flag).isPresent();
        }

        String sourceFlag() {
            return folder.read(TAG + "_source").map(bytes -> new String(bytes, StandardCharsets.UTF_8).trim()).orElse("");
        }
    }

    SimCluster(long seed, long waitForPreviousSourceNs, String... names) {
        this(seed, waitForPreviousSourceNs, 20 << 20, names);
    }

    SimCluster(long seed, long waitForPreviousSourceNs, long undoBytes, String... names) {
        this.undoBytes = undoBytes;
        scheduler = new SimScheduler(seed);
        network = new SimNetwork(scheduler);
        appLoop = scheduler.loop("app");
        appLinks = network.node("app", appLoop);
        connector = new NbdConnector(appLinks, appLoop, NbdClientConfig.defaults());
        this.waitNs = waitForPreviousSourceNs;
        for (String name : names) {
            boxes.put(name, new Box(name));
        }
    }

    private final long waitNs;
    /** For the nodes booted from now on. The tie-breaker is a box without a copy. */
    QuorumSettings quorum = QuorumSettings.NONE;
    /** Size in the configuration, of every node from its next boot on; 0: that of the source's disk. */
    long mirrorBytes;
    /** Of every node from its next boot on. */
    IntentLogSettings intentLog = new IntentLogSettings(CHUNK, 16, LogFailureAction.STOP);
    private final long undoBytes;
    ResyncSettings resync = ResyncSettings.DEFAULT;
    /** Of the nodes booted from now on: how often targets may forget what all copies have flushed; 0: they remember nothing. */
    long regionsNs = 1000 * MS;
    /** Name of a defect in the nodes booted from now on; "" for none. */
    String planted = "";
    /** For the nodes booted from now on. */
    UpkeepSettings upkeep = UpkeepSettings.DEFAULT;
    private SimDisk foreign;
    /** For the nodes booted from now on; null: plain text. */
    NodeTls tls;

    private ClusterConfig config() {
        List<NodeConfig> nodes = new ArrayList<>();
        List<MemberConfig> members = new ArrayList<>();
        int priority = 1;
        for (String name : boxes.keySet()) {
            nodes.add(new NodeConfig(name, LinkAddress.tcp(name, PEER_PORT), LinkAddress.tcp(name, NBD_PORT), "/" + name));
            if (!name.equals(quorum.tieBreaker())) {
                members.add(MemberConfig.of(name, "/disk", priority, LinkAddress.tcp(name, EXPORT_PORT)));
            }
            priority += 10;
        }
        if (foreign != null) {
            members.add(MemberConfig.foreign("stor", "nbd://stor:10809/disk").withConnections(3));
        }
        MirrorConfig mirror = new MirrorConfig(TAG, mirrorBytes, "C", members, intentLog,
                new TargetSettings(500 * MS, 500 * MS, 50 * MS, 64, 20 * MS), resync, new FailoverSettings(waitNs, regionsNs, quorum),
                upkeep);
        return new ClusterConfig("sim", "secret", nodes, List.of(mirror), new PeerSettings(50 * MS, 300 * MS, 300 * MS, 50 * MS),
                NbdServerSettings.DEFAULT, null, daemon);
    }

    /** Adds a plain NBD server, without a daemon, as a member; before the first boot. */
    SimDisk addForeignTarget() {
        foreign = new SimDisk(scheduler, "stor.disk", SimDiskOptions.ofSize(SIZE));
        startForeignTarget();
        return foreign;
    }

    void startForeignTarget() {
        SimLoop loop = scheduler.loop("stor");
        LinkFactory links = network.node("stor", loop);
        NbdService service = new NbdService(loop, new FixedExports(List.of(new Export("disk", "", foreign.attach(loop), false))),
                ServerLimits.DEFAULT, new BufferPool(64 << 20), ServerEvents.NONE);
        loop.execute(() -> links.listen(LinkAddress.tcp("stor", 10809), service::accept, bound -> { }, reason -> {
            throw new AssertionError(reason);
        }));
    }

    Box box(String name) {
        return boxes.get(name);
    }

    void bootAll() {
        boxes.keySet().forEach(this::boot);
    }

    void boot(String name) {
        Box box = box(name);
        box.loop = scheduler.loop(name);
        LinkFactory links = network.node(name, box.loop);
        DiskOpener disks = new DiskOpener() {
            @Override
            public String identity(String path) {
                return "the disk made as " + box.disk.name();
            }

            @Override
            public void openDisk(String path, Consumer<BlockDevice> opened, Consumer<String> failed) {
                box.loop.execute(() -> opened.accept(box.disk.attach(box.loop)));
            }

            @Override
            public void openIntentLog(String tag, long sizeBytes, Consumer<BlockDevice> opened, Consumer<String> failed) {
                box.loop.execute(() -> opened.accept(box.logDisk.attach(box.loop)));
            }

            @Override
            public void openRegionLog(String tag, long sizeBytes, Consumer<BlockDevice> opened, Consumer<String> failed) {
                box.loop.execute(() -> opened.accept(box.regionDisk.attach(box.loop)));
            }

            @Override
            public void openLostWrites(String name, long sizeBytes, Consumer<BlockDevice> opened, Consumer<String> failed) {
                SimDisk file = new SimDisk(scheduler, name, SimDiskOptions.ofSize(sizeBytes));
                box.lost.put(name, file);
                box.loop.execute(() -> opened.accept(file.attach(box.loop)));
            }

            @Override
            public void openNewIntentLog(String tag, long sizeBytes, Consumer<BlockDevice> opened, Consumer<String> failed) {
                box.newLogDisk = new SimDisk(scheduler, box.name + ".newlog" + scheduler.nanoTime(), SimDiskOptions.ofSize(8 << 20));
                box.loop.execute(() -> opened.accept(box.newLogDisk.attach(box.loop)));
            }

            @Override
            public void replaceIntentLog(String tag, Runnable replaced, Consumer<String> failed) {
                box.logDisk = box.newLogDisk;
                box.loop.execute(replaced);
            }

            @Override
            public void openUndoJournal(String tag, String path, UndoSpace space, Consumer<BlockDevice> opened, Consumer<String> failed) {
                if (space != null && space.neededBytes() > box.undoDisk.geometry().sizeBytes()) {
                    box.loop.execute(() -> failed.accept("too small"));
                } else {
                    box.loop.execute(() -> opened.accept(box.undoDisk.attach(box.loop)));
                }
            }

            @Override
            public void openJournal(String tag, long mirrorId, Consumer<Journals> opened, Consumer<String> failed) {
                box.loop.execute(() -> {
                    if (box.journalFailure.isEmpty()) {
                        box.journals.open();
                        opened.accept(new Journals(box.journals.current(), box.journals.left(), List.of()));
                    } else {
                        failed.accept(box.journalFailure);
                    }
                });
            }

            @Override
            public void discardJournal(String tag) {
                box.journals.cutPower();
            }

            @Override
            public void removeUndoJournal(String tag, String path) {
            }
        };
        NodeEnvironment env = new NodeEnvironment(config(), name, "a shared secret of the cluster".getBytes(StandardCharsets.UTF_8),
                box.folder, disks, links, box.loop, () -> scheduler.nanoTime() / MS, scheduler.random(name
                + scheduler.nanoTime())::nextLong, tls == null ? NodeTls.NONE : tls,
                (hook, environment, done) -> callHook(box, hook, environment, done), defect -> defect.equals(planted), guard);
        box.node = new ReplicatorNode(env);
        box.node.onEvent(event -> box.log.add(event.tag() + " " + event.text()));
        box.loop.execute(() -> box.node.start(error -> assertThat(error).isEmpty()));
    }

    /** For the nodes booted from now on: what a program around them says. */
    QuorumGuard guard = QuorumGuard.ABSENT;
    /** For the nodes booted from now on. */
    DaemonSettings daemon = DaemonSettings.DEFAULT;
    /** Answers of hooks that are to fail, by name. */
    final TreeMap<String, String> failingHooks = new TreeMap<>();
    /** Exit statuses of hooks, by name. */
    final TreeMap<String, Integer> hookStatus = new TreeMap<>();
    List<String> hookOutput = List.of("Quorate: Yes");
    /** How long a hook takes. */
    long hookNs = 1_000_000;
    final List<String> hookCalls = new ArrayList<>();

    private void callHook(Box box, String hook, Map<String, String> environment, Consumer<HookRunner.Result> done) {
        hookCalls.add(hook + " on " + environment.get("NETRAID_NODE") + " for " + environment.get("NETRAID_PEER"));
        SimLoop loop = box.loop;
        if (hookStatus.containsKey(hook)) {
            int status = hookStatus.get(hook);
            loop.schedule(hookNs, () -> done.accept(new HookRunner.Result(status == 0 ? ""
                    : "hook " + hook + " ended with status " + status,
                    status, hookOutput)));
            return;
        }
        loop.schedule(hookNs, () -> done.accept(new HookRunner.Result(failingHooks.getOrDefault(hook, ""),
                HookRunner.Result.NO_STATUS, hookOutput)));
    }

    /** kill -9. */
    void kill(String name) {
        crash(name, CrashMode.PROCESS_KILL);
    }

    /** Kill, or power cut: then nobody is told, and what was not flushed may be lost. */
    void crash(String name, CrashMode mode) {
        Box box = box(name);
        box.loop.kill();
        if (mode == CrashMode.PROCESS_KILL) {
            network.kill(name);
        } else {
            network.vanish(name);
        }
        box.disk.crash(mode);
        box.logDisk.crash(mode);
        box.undoDisk.crash(mode);
        box.regionDisk.crash(mode);
        if (mode == CrashMode.PROCESS_KILL) {
            box.journals.kill(0);
        } else {
            box.journals.cutPower();
        }
        box.app = null;
    }

    /** SIGTERM. */
    void shutdown(String name) {
        Box box = box(name);
        boolean[] done = {false};
        box.loop.execute(() -> box.node.shutdown(() -> done[0] = true));
        await("shutdown of " + name, () -> done[0]);
        box.loop.kill();
        network.kill(name);
        box.app = null;
    }

    void cut(String one, String other) {
        network.cutBoth(one, other);
    }

    void run(long ms) {
        scheduler.runFor(ms * MS);
    }

    void await(String what, BooleanSupplier condition) {
        long endNs = scheduler.nanoTime() + 60_000 * MS;
        while (!condition.getAsBoolean()) {
            if (scheduler.nanoTime() > endNs) {
                throw new AssertionError("never: " + what + "\n" + story());
            }
            scheduler.runFor(5 * MS);
        }
    }

    String story() {
        StringBuilder text = new StringBuilder();
        for (Box box : boxes.values()) {
            text.append("--- ").append(box.name).append(' ').append(box.node == null ? "" : box.node.status(TAG)).append('\n');
            box.log.forEach(line -> text.append("    ").append(line).append('\n'));
        }
        return text.toString();
    }

    CommandResult command(String on, MirrorCommand command) {
        List<CommandResult> results = new ArrayList<>();
        Box box = box(on);
        box.loop.execute(() -> box.node.execute(command, results::add));
        await(command.asTyped(), () -> !results.isEmpty());
        return results.get(0);
    }

    CommandResult command(String on, MirrorActionType action, String source, String... targets) {
        return command(on, MirrorCommand.of(TAG, action, source, targets));
    }

    void must(String on, MirrorActionType action, String source, String... targets) {
        CommandResult result = command(on, action, source, targets);
        assertThat(result.code()).as("%s\n%s", result, story()).isEqualTo(ExitCode.DONE);
    }

    void awaitInSync(String source, String... targets) {
        for (String target : targets) {
            await(target + " in sync with " + source, () -> box(source).status().role() == Role.SOURCE
                    && target(source, target).state() == TargetState.IN_SYNC && box(target).status().diskState().name()
                    .equals("UP_TO_DATE"));
        }
    }

    TargetStatus target(String source, String target) {
        return box(source).status().targets().stream().filter(status -> status.node().equals(target)).findFirst().orElseThrow();
    }

    void awaitTarget(String source, String target, TargetState state) {
        await(target + " " + state, () -> box(source).status().role() == Role.SOURCE && target(source, target).state() == state);
    }

    void awaitBlocked(String node, String rule) {
        await(node + " blocked by " + rule, () -> box(node).status().role() != Role.SOURCE && box(node).status().blockedRule()
                .equals(rule));
    }

    // ---- the application

    private NbdClientDevice app(String node) {
        Box box = box(node);
        if (box.app == null || !box.app.isOpen()) {
            box.app = null;
            connector.connect(new NbdTarget(LinkAddress.tcp(node, EXPORT_PORT), TAG), new NbdConnectionListener() {
                @Override
                public void onConnected(NbdClientDevice device) {
                    box.app = device;
                }

                @Override
                public void onConnectFailed(String reason) {
                    throw new AssertionError(reason + "\n" + story());
                }

                @Override
                public void onDisconnected(String reason) {
                }
            });
            await("application connected to " + node, () -> box.app != null);
        }
        return box.app;
    }

    /** Starts a write of a whole chunk. @return becomes 1 when acknowledged, -1 on error */
    int[] startWrite(String node, int chunk, int value) {
        int[] outcome = {0};
        startWrite(node, chunk, value, acknowledged -> outcome[0] = acknowledged ? 1 : -1);
        return outcome;
    }

    /** @param ended gets true when the write is acknowledged, false on error */
    void startWrite(String node, int chunk, int value, Consumer<Boolean> ended) {
        byte[] data = new byte[CHUNK];
        Arrays.fill(data, (byte) value);
        NbdClientDevice device = app(node);
        BlockRequest request = new BlockRequest().write((long) chunk * CHUNK, ByteBuffer.wrap(data), BlockRequest.FUA,
                done -> ended.accept(!done.error().isError()));
        appLoop.execute(() -> device.submit(request));
    }

    /** As {@link #startWrite}, where the application may find nobody to write to: then it fails. */
    int[] tryWrite(String node, int chunk, int value) {
        int[] outcome = {0};
        byte[] data = new byte[CHUNK];
        Arrays.fill(data, (byte) value);
        connector.connect(new NbdTarget(LinkAddress.tcp(node, EXPORT_PORT), TAG), new NbdConnectionListener() {
            @Override
            public void onConnected(NbdClientDevice device) {
                device.submit(new BlockRequest().write((long) chunk * CHUNK, ByteBuffer.wrap(data), BlockRequest.FUA, done -> {
                    outcome[0] = done.error().isError() ? -1 : 1;
                    device.close(() -> { });
                }));
            }

            @Override
            public void onConnectFailed(String reason) {
                outcome[0] = -1;
            }

            @Override
            public void onDisconnected(String reason) {
                outcome[0] = outcome[0] == 0 ? -1 : outcome[0];
            }
        });
        return outcome;
    }

    void write(String node, int chunk, int value) {
        int[] outcome = startWrite(node, chunk, value);
        await("write of chunk " + chunk + " on " + node, () -> outcome[0] != 0);
        assertThat(outcome[0]).as("write of chunk %d on %s\n%s", chunk, node, story()).isEqualTo(1);
    }

    int chunk(String node, int chunk) {
        return box(node).disk.content((long) chunk * CHUNK, 1)[0];
    }

    void assertEqual(String one, String other) {
        assertThat(box(one).disk.equalContent(box(other).disk, 0, SIZE)).as("%s equals %s\n%s", one, other, story()).isTrue();
    }
}
