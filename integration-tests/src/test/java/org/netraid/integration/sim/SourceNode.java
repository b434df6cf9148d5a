/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.integration.sim;

import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;

import org.netraid.block.BlockDevice;
import org.netraid.block.BlockError;
import org.netraid.fault.FaultPoints;
import org.netraid.intentlog.DiskIntentLog;
import org.netraid.intentlog.IntentLog;
import org.netraid.intentlog.IntentLogConfig;
import org.netraid.intentlog.SlotState;
import org.netraid.link.LinkFactory;
import org.netraid.mirror.LegConfig;
import org.netraid.mirror.LegState;
import org.netraid.mirror.Mirror;
import org.netraid.mirror.MirrorConfig;
import org.netraid.mirror.MirrorListener;
import org.netraid.mirror.TargetCopy;
import org.netraid.nbd.client.NbdClientConfig;
import org.netraid.nbd.client.NbdClientDevice;
import org.netraid.nbd.client.NbdConnectionListener;
import org.netraid.nbd.client.NbdConnector;
import org.netraid.nbd.client.NbdTarget;
import org.netraid.nbd.wire.Extension;
import org.netraid.resync.ResyncConfig;
import org.netraid.resync.ResyncManager;
import org.netraid.resync.TargetMarker;
import org.netraid.sim.CrashMode;
import org.netraid.sim.SimDisk;
import org.netraid.sim.SimDiskOptions;
import org.netraid.sim.SimLoop;
import org.netraid.sim.SimNetwork;
import org.netraid.sim.SimRandom;
import org.netraid.sim.SimScheduler;
import org.netraid.verify.VerifyConfig;
import org.netraid.verify.VerifyManager;

/** The source: boots from its two disks, runs mirror, log and resync, keeps its targets connected, and dies by being dropped. */
final class SourceNode {

    static final String NAME = "source";
    private static final long RETRY_NS = 10_000_000L;
    private static final UUID MIRROR_ID = new UUID(1, 2);

    /** Told of the node's life. */
    interface Watcher extends MirrorListener {
        /** The log is open; nothing uses it yet. */
        void recovered(IntentLog log, boolean firstBoot);

        /** The target takes note, durably, that it is in sync. */
        void markedInSync(int slot);

        /** The mirror takes requests. */
        void running(Mirror mirror);
    }

    final SimDisk disk;
    final SimDisk logDisk;
    final LogPolicy logPolicy;
    final NodeJournal journal;
    final LocalCare care;
    final SourceGenerations generations;
    private final SimScheduler scheduler;
    private final SimNetwork network;
    private final SimSettings settings;
    private final List<TargetNode> targets;
    private final FaultPoints faults;
    private final ProtocolMix mix;
    private final SimRandom random;
    private final Watcher watcher;
    private final Connection[] connections;
    private SimLoop loop;
    private DiskIntentLog log;
    private Mirror mirror;
    private VerifyManager verifies;
    private NbdConnector connector;
    private int lives;
    private boolean everBooted;

    /** What the node does to keep one target connected. */
    private static final class Connection {
        boolean attempting;
        boolean timerSet;
        long lastMarkNs;
        BlockDevice device;
        /** Of the target when it was connected last. */
        SimLoop targetLife;
    }

    SourceNode(SimScheduler scheduler, SimNetwork network, SimSettings settings, List<TargetNode> targets, FaultPoints faults,
            ProtocolMix mix, Watcher watcher) {
        this.scheduler = scheduler;
        this.network = network;
        this.settings = settings;
        this.targets = List.copyOf(targets);
        this.faults = faults;
        this.mix = mix;
        this.watcher = watcher;
        this.random = scheduler.random("source");
        this.disk = new SimDisk(scheduler, "source.disk", settings.diskOptions(scheduler.random("source.options"), 512));
        this.logDisk = new SimDisk(scheduler, "source.log", SimDiskOptions.ofSize(logConfig(settings).layout().sizeBytes()));
        this.logPolicy = new LogPolicy(scheduler, logDisk);
        this.care = new LocalCare(scheduler, disk);
        this.journal = new NodeJournal(scheduler, mix.isForReplays());
        this.connections = new Connection[targets.size()];
        this.generations = new SourceGenerations(scheduler, this.targets, settings.equalAtStart(), this::tell, watcher::markedInSync);
    }

    static IntentLogConfig logConfig(SimSettings settings) {
        return IntentLogConfig.of(MIRROR_ID, NAME, settings.deviceBytes()).withChunkBytes(settings.chunkBytes())
                .withAlSlots(settings.alSlots(), settings.steadyExtents()).withCoolAfterNs(settings.coolAfterNs())
                .withLazyWriteNs(20_000_000L);
    }

    // ---- life

    void boot() {
        lives++;
        loop = scheduler.loop(NAME + "#" + lives);
        LinkFactory links = network.node(NAME, loop);
        connector = new NbdConnector(links, loop, NbdClientConfig.defaults().withConnectTimeoutNs(100_000_000L)
                .withHandshakeTimeoutNs(200_000_000L).withRequestTimeoutNs(settings.legTimeoutNs())
                .withCompression(mix.compression()).withExtensions(mix.extensions() ? Set.of(Extension.values()) : Set.of()));
        SimLoop life = loop;
        BlockDevice logDevice = logDisk.attach(loop);
        DiskIntentLog.Opened opened = (openedLog, error) -> {
            if (openedLog == null) {
                throw new SimViolation("I10", "the intent log does not open: " + error);
            }
            if (logPolicy.isNoted()) {
                logPolicy.startAnew(openedLog, targets, () -> opened(life, openedLog));
            } else {
                opened(life, openedLog);
            }
        };
        if (everBooted && !logPolicy.isNoted()) {
            DiskIntentLog.open(logDevice, logConfig(settings), loop, faults, opened);
        } else {
            DiskIntentLog.create(logDevice, logConfig(settings), loop, faults, opened);
        }
    }

    private void opened(SimLoop life, DiskIntentLog openedLog) {
        if (scheduler.isTracing()) {
            scheduler.note(NAME + " log: " + openedLog.recovery().message());
        }
        watcher.recovered(openedLog, !everBooted);
        log = openedLog;
        logPolicy.apply(openedLog, life);
        if (!everBooted && settings.equalAtStart()) {
            declareEqual(life, 0);
        } else {
            startMirror();
        }
    }

    private void declareEqual(SimLoop life, int slot) {
        if (slot == targets.size()) {
            startMirror();
            return;
        }
        log.setSlot(slot, targets.get(slot).name, SlotState.TRACKING, error -> {
            require(error, "declaring slot " + slot + " equal");
            declareEqual(life, slot + 1);
        });
    }

    private static void require(BlockError error, String what) {
        if (error.isError()) {
            throw new SimViolation("I12", what + " failed with " + error);
        }
    }

    private void startMirror() {
        everBooted = true;
        MirrorConfig config = MirrorConfig.of("sim", NAME).withRequests(16, 64).withMemory(settings.payloadBytes(), 1 << 20)
                .withFlush(settings.flushBytes(), settings.flushIntervalNs());
        IntentLog guarded = generations.guard(log, loop, faults);
        mirror = new Mirror(config, disk.attach(loop), guarded, loop, faults);
        mirror.addListener(watcher);
        generations.use(mirror);
        journal.use(mirror);
        care.use(mirror, loop);
        mirror.addListener(new MirrorListener() {
            @Override
            public void legLost(int slot, String reason) {
                retryLater(slot);
            }
        });
        verifies = new VerifyManager(mirror, guarded, VerifyConfig.DEFAULT.withMaxBytesPerSecond(0), loop);
        ResyncConfig resync = new ResyncConfig(settings.resyncWindow(), settings.resyncRequestBytes(), 0, 64 << 20);
        // A life is short here: only every other one may spend its copies' time listening.
        resync = settings.resyncWindow() % 2 == 0 ? resync : resync.withoutSilence();
        new ResyncManager(mirror, guarded, generations, resync, loop, faults);
        for (TargetNode target : targets) {
            connections[target.slot] = new Connection();
            Optional<String> refused = mirror.addLeg(new LegConfig(target.slot, target.name, target.name, mix.of(target.slot),
                    settings.legTimeoutNs(), mix.limit()));
            if (refused.isPresent()) {
                throw new SimViolation("I16", "addLeg refused: " + refused.get());
            }
            connect(target.slot);
        }
        watcher.running(mirror);
    }

    /** Drops everything and decides what the disks keep. */
    void crash(CrashMode mode) {
        loop.kill();
        if (mode == CrashMode.PROCESS_KILL) {
            network.kill(NAME);
        } else {
            network.vanish(NAME);
        }
        disk.crash(mode);
        logDisk.crash(mode);
        journal.crash(mode);
        for (TargetNode target : targets) {
            target.sourceDied();
        }
        forget();
    }

    /** Closes mirror and log in order; {@link #isUp} is false afterwards. */
    void stop(Runnable stopped) {
        Mirror closing = mirror;
        DiskIntentLog closingLog = log;
        SimLoop life = loop;
        mirror = null;
        closing.close(() -> closingLog.close(error -> life.execute(() -> {
            life.kill();
            network.kill(NAME);
            if (disk.inFlightCount() + logDisk.inFlightCount() > 0) {
                throw new SimViolation("I15", "requests are running after an orderly close");
            }
            forget();
            stopped.run();
        })));
    }

    private void forget() {
        loop = null;
        log = null;
        mirror = null;
        connector = null;
    }

    boolean isUp() {
        return loop != null;
    }

    /** One of the targets would have to take over: also where the disk failed while the node was stopped, which starts no more then. */
    boolean isHopeless() {
        return !isUp() && care.isNoted() || care.isHopeless(mirror);
    }

    SimLoop loop() {
        return loop;
    }

    /** Null while the node is down, opening its log, or closing. */
    Mirror mirror() {
        return mirror;
    }

    VerifyManager verifies() {
        return verifies;
    }

    /** Null while the node is down or opening it. */
    IntentLog log() {
        return log;
    }

    // ---- connections

    private void retryLater(int slot) {
        Connection connection = connections[slot];
        if (!connection.timerSet) {
            connection.timerSet = true;
            loop.schedule(random.between(1, RETRY_NS), () -> {
                connection.timerSet = false;
                connect(slot);
            });
        }
    }

    private void connect(int slot) {
        Connection connection = connections[slot];
        LegState state = mirror == null ? null : mirror.legState(slot);
        if (mirror == null || connection.attempting || state.replicates() || state == LegState.CONNECTED || state == LegState.PAUSED) {
            return;
        }
        TargetNode target = targets.get(slot);
        if (target.isNbd()) {
            connection.attempting = true;
            connector.connect(new NbdTarget(target.address(), "mirror"), new NbdEvents(slot));
        } else if (target.isUp() && !target.isCutOff() && target.isFree()) {
            offer(slot, new DirectSession(scheduler, random.fork("session" + scheduler.steps()), target, loop,
                    (session, reason) -> lost(slot, session, reason)));
        } else {
            retryLater(slot);
        }
    }

    private void offer(int slot, BlockDevice device) {
        TargetNode target = targets.get(slot);
        target.crashedUnnoticed = false;
        connections[slot].targetLife = target.loop();
        Optional<String> refused = mirror == null ? Optional.of("closing") : mirror.connectLeg(slot, device,
                new TargetCopy(!target.inconsistent, journal.generationOfTarget(), true));
        if (refused.isPresent()) {
            device.close(() -> { });
            retryLater(slot);
        } else {
            connections[slot].device = device;
        }
    }

    private void lost(int slot, BlockDevice device, String reason) {
        if (mirror != null && connections[slot].device == device) {
            mirror.legLost(slot, reason);
            retryLater(slot);
        }
    }

    private final class NbdEvents implements NbdConnectionListener {
        private final int slot;
        private NbdClientDevice connected;

        NbdEvents(int slot) {
            this.slot = slot;
        }

        @Override
        public void onConnected(NbdClientDevice device) {
            connected = device;
            connections[slot].attempting = false;
            offer(slot, device);
        }

        @Override
        public void onConnectFailed(String reason) {
            connections[slot].attempting = false;
            retryLater(slot);
        }

        @Override
        public void onDisconnected(String reason) {
            lost(slot, connected, reason);
        }
    }

    /** After an operator's resume or anything else that may have left a leg without a connection. */
    void reconnectAll() {
        for (TargetNode target : targets) {
            retryLater(target.slot);
        }
    }

    /** One channel to each peer: messages arrive in the order they were sent, and nobody answers for a target that is not there. */
    private void tell(int slot, Runnable atTarget, TargetMarker.Done done) {
        TargetNode target = targets.get(slot);
        SimLoop life = loop;
        Connection connection = connections[slot];
        SimLoop targetLife = connection.targetLife;
        connection.lastMarkNs = Math.max(connection.lastMarkNs + 1, scheduler.nanoTime() + random.between(50_000, 2_000_000));
        scheduler.after(connection.lastMarkNs - scheduler.nanoTime(), NAME + ".peer", () -> {
            if (!life.isAlive()) {
                return;
            }
            boolean answers = target.isUp() && !target.isCutOff();
            // a target that was started anew is nobody's target before it has been connected again
            boolean reached = answers && target.loop() == targetLife;
            BlockDevice device = connection.device;
            if (answers && !reached) {
                life.execute(() -> lost(slot, device, target.name + " was started anew"));
            }
            boolean replyLost = random.chance(20);
            if (reached) {
                atTarget.run();
                scheduler.record(target.name + " is told: " + (target.inconsistent ? "inconsistent" : "generation " + target.generation));
            }
            life.execute(() -> done.onMarked(reached && !replyLost ? "" : target.name + " does not answer"));
        });
    }

    /** Targets in slot order, for checkers. */
    List<TargetNode> targets() {
        return targets;
    }
}
