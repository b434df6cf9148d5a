/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.node;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.stream.Collectors;
import org.netraid.block.BlockDevice;
import org.netraid.block.StatusContext;
import org.netraid.block.BlockRequest;
import org.netraid.fault.FaultPoints;
import org.netraid.intentlog.IntentLog;
import org.netraid.intentlog.SlotState;
import org.netraid.link.LinkFactory;
import org.netraid.mirror.IoReason;
import org.netraid.mirror.LegConfig;
import org.netraid.mirror.LegState;
import org.netraid.mirror.Mirror;
import org.netraid.nbd.client.NbdClientConfig;
import org.netraid.nbd.client.NbdConnector;
import org.netraid.nbd.server.BufferPool;
import org.netraid.nbd.server.Export;
import org.netraid.nbd.server.FixedExports;
import org.netraid.nbd.server.NbdService;
import org.netraid.nbd.server.ServerEvents;
import org.netraid.nbd.server.ServerTls;
import org.netraid.nbd.wire.NbdUri;
import org.netraid.replicator.config.MemberConfig;
import org.netraid.replicator.config.MirrorConfig;
import org.netraid.replicator.config.QuorumSettings;
import org.netraid.replicator.decide.ClaimRules;
import org.netraid.replicator.decide.Decision;
import org.netraid.replicator.decide.SourceRecords;
import org.netraid.replicator.state.Generations;
import org.netraid.replicator.state.MirrorRecord;
import org.netraid.replicator.state.PeerRecord;
import org.netraid.resync.ResyncManager;

/**
 * The mirror in service on this node: disk, intent log, mirror, resyncs, targets, and the export the application uses.
 *
 * <p>Going in service is a row of steps, each durable before the next: flushed disk, intent log with its slots, then in one piece the
 * generation, last_owner and "in service", export. A start that fails or dies before that leaves the node as it was.
 */
final class SourceSide {

    private final VolumeAgent agent;
    private final NodeContext context;
    private final MirrorConfig config;
    private final MemberConfig self;
    private final NbdConnector connector;
    private final BufferPool payloads;
    private final List<TargetConnection> targets = new ArrayList<>();
    private Consumer<String> started;
    private boolean takesOver;
    private BlockDevice disk;
    private final SourceLog sourceLog;
    private final SourceJournal journal;
    private GuardedIntentLog log;
    private TargetSlots slots;
    private Mirror mirror;
    private ResyncManager resyncs;
    private OperatorSuspension suspension;
    private LocalDiskCare diskCare;
    private TargetVerifies verifies;
    private final SurvivorRegions survivors;
    private RegionRounds regions;
    private final PreviousSourceWait wait;
    private final SplitResolver resolver;
    private final PreviousSourceMaps previousMaps;
    private final TargetMarks marks;
    private NbdService service;
    private LinkFactory.Listening listening;
    private final GenerationGate gate;
    private final GenerationChange generation;
    private final QuorumWatch watch;
    private boolean overtaken;
    private boolean stopping;
    private boolean closing;
    private String recoveryMessage = "";

    SourceSide(VolumeAgent agent, MirrorConfig config, MemberConfig self) {
        this.agent = agent;
        this.context = agent.context();
        this.config = config;
        this.self = self;
        NbdClientConfig client = NbdClientConfig.defaults().withConnectTimeoutNs(config.targets().connectNs())
                .withHandshakeTimeoutNs(config.targets().connectNs()).withRequestTimeoutNs(2 * config.targets().requestTimeoutNs());
        sourceLog = new SourceLog(agent);
        payloads = context.payloads.share();
        survivors = new SurvivorRegions(agent);
        resolver = new SplitResolver(this, agent);
        previousMaps = new PreviousSourceMaps(this, agent);
        marks = new TargetMarks(this, agent);
        wait = new PreviousSourceWait(agent, config.failover().waitForPreviousSourceNs(), this::evaluateTargets);
        journal = new SourceJournal(agent);
        gate = new GenerationGate(agent);
        generation = new GenerationChange(this, agent);
        watch = new QuorumWatch(agent, this);
        connector = new NbdConnector(context.env.links(), context.loop(), client);
    }

    MirrorConfig config() {
        return config;
    }

    NbdConnector connector() {
        return connector;
    }

    Mirror mirror() {
        return mirror;
    }

    IntentLog log() {
        return log;
    }

    GuardedIntentLog guardedLog() {
        return log;
    }

    ResyncManager resyncs() {
        return resyncs;
    }

    LocalDiskCare diskCare() {
        return diskCare;
    }

    OperatorSuspension suspension() {
        return suspension;
    }

    TargetVerifies verifies() {
        return verifies;
    }

    List<TargetConnection> targets() {
        return targets;
    }

    Optional<TargetConnection> target(String node) {
        return targets.stream().filter(target -> target.node().equals(node)).findFirst();
    }

    String recoveryMessage() {
        return recoveryMessage;
    }

    SourceLog sourceLog() {
        return sourceLog;
    }

    PreviousSourceMaps previousMaps() {
        return previousMaps;
    }

    RegionRounds regions() {
        return regions;
    }

    boolean isStopping() {
        return stopping;
    }

    SplitResolver resolver() {
        return resolver;
    }

    SurvivorRegions survivors() {
        return survivors;
    }

    SourceJournal journal() {
        return journal;
    }

    /** False while there is no copy any more: then nothing can be acknowledged that a target would miss. */
    boolean acknowledges() {
        return !closing && (mirror == null || mirror.hasCopy());
    }

    GenerationChange generation() {
        return generation;
    }

    GenerationGate gate() {
        return gate;
    }

    QuorumWatch watch() {
        return watch;
    }

    /** Lets writes go on, wait or fail, as quorum and fencing have it now. */
    void settleQuorum() {
        String why = watch.lost().isEmpty() ? gate.waitsFor() : watch.lost();
        if (stopping || why.isEmpty() && !mirror.ioReasons().containsKey(IoReason.QUORUM)) {
            return;
        }
        if (why.isEmpty()) {
            mirror.resume(IoReason.QUORUM);
        } else if (!watch.lost().isEmpty() && agent.quorum().settings().loss() == QuorumSettings.Loss.IO_ERROR) {
            mirror.refuse(IoReason.QUORUM, why);
        } else {
            mirror.suspend(IoReason.QUORUM, why, (error, detail) -> { });
        }
    }

    boolean waitIsOver() {
        return wait.isOver();
    }

    String exportUri() {
        return listening == null ? "" : new NbdUri(listening.address(), config.tag(),
                exportTls().mode() == ServerTls.Mode.REQUIRE ? NbdUri.Tls.DEFAULT : null).toString();
    }

    // ---- going in service

    /**
     * @param openDisk the local disk
     * @param whenStarted gets "" or what failed; then everything opened is closed again
     */
    void start(BlockDevice openDisk, Decision decision, Consumer<String> whenStarted) {
        started = whenStarted;
        disk = openDisk;
        takesOver = decision.action() == Decision.Action.TAKE_OVER;
        long sizeBytes = size();
        if (sizeBytes <= 0 || disk.geometry().sizeBytes() < sizeBytes) {
            fail("the disk " + disk.name() + " has " + disk.geometry().sizeBytes() + " bytes, the mirror " + sizeBytes
                    + "; the disk must be at least as large");
            return;
        }
        // what this node received as a target and did not flush must be there before it answers for it
        disk.submit(new BlockRequest().flush(request -> {
            if (request.error().isError()) {
                fail("the disk " + disk.name() + " cannot be flushed: " + request.error() + " " + request.errorDetail());
            } else {
                openLog(sizeBytes);
            }
        }));
    }

    private long size() {
        long recorded = agent.record().sizeBytes();
        long changed = agent.logNotes().resizeBytes();
        if (changed > recorded && recorded > 0 && changed <= disk.geometry().sizeBytes()) {
            return changed;
        }
        if (recorded > 0) {
            return recorded;
        }
        return config.sizeBytes() > 0 ? config.sizeBytes() : disk.geometry().sizeBytes() & -4096L;
    }

    /** In which a node would write that goes in service by a decision. */
    static Generations nextGenerations(VolumeAgent agent, Decision decision) {
        MirrorRecord now = agent.record();
        return entering(agent, decision, now.sizeBytes(), now.chunkBytes(), agent::nextGeneration).generations();
    }

    /** The record with which a node would go in service by a decision. */
    static MirrorRecord entering(VolumeAgent agent, Decision decision, long sizeBytes, int chunkBytes, LongSupplier newId) {
        return entering(agent, decision.action() == Decision.Action.TAKE_OVER, sizeBytes, chunkBytes, newId);
    }

    /** Written in one piece when everything is ready: a start that fails or dies before leaves no generation behind. */
    private MirrorRecord entering() {
        return entering(agent, takesOver, size(), config.intentLog().chunkBytes(), agent::nextGeneration);
    }

    private static MirrorRecord entering(VolumeAgent agent, boolean takesOver, long sizeBytes, int chunkBytes, LongSupplier newId) {
        List<String> others = agent.config().members().stream().map(MemberConfig::node).filter(name -> !name.equals(agent.node())).toList();
        return SourceRecords.entering(agent.record(), takesOver, others, newId, sizeBytes, chunkBytes);
    }

    private List<MemberConfig> others() {
        return config.members().stream().filter(member -> !member.node().equals(context.node())).toList();
    }

    private void openLog(long sizeBytes) {
        sourceLog.open(sizeBytes, (opened, error) -> {
            if (stopping) {
                return;
            }
            if (opened == null) {
                fail(error);
                return;
            }
            log = new GuardedIntentLog(opened, context.loop(), generation, context.env.faults());
            recoveryMessage = opened.recovery().message();
            agent.event(recoveryMessage);
            giveSlots();
        });
    }

    private void giveSlots() {
        Steps steps = new Steps(error -> {
            if (error.isError()) {
                fail("the intent log " + sourceLog.name() + " cannot be written");
            } else {
                UndoneChunks.markOwn(agent, log, targets, () -> survivors.load(entering(), this::openJournal), this::fail);
            }
        });
        slots = new TargetSlots(log, targets);
        slots.releaseOthers(others().stream().map(MemberConfig::node).collect(Collectors.toSet()), steps);
        MirrorRecord entering = entering();
        boolean fresh = log.recovery().kind() == IntentLog.Recovery.Kind.CREATED && !sourceLog.hadFailed();
        for (MemberConfig other : others()) {
            PeerRecord known = entering.peer(other.node());
            if (!known.member()) {
                continue;
            }
            int slot = slots.of(other.node());
            targets.add(new TargetConnection(this, agent, other, slot));
            if (log.slotState(slot) == SlotState.UNUSED) {
                steps.begin();
                log.setSlot(slot, other.node(), SourceRecords.firstSlotState(known, fresh), steps::end);
            }
        }
        steps.allBegun();
    }

    /** Before the first target is connected: what an earlier life had queued comes before any resync. */
    private void openJournal() {
        journal.open(targets, () -> {
            if (!stopping) {
                serve();
            }
        });
    }

    /** It was not started because another node was, meanwhile. */
    boolean isOvertaken() {
        return overtaken;
    }

    private void serve() {
        String overtakenBy = ClaimRules.overtakenBy(agent.allFacts());
        if (!overtakenBy.isEmpty()) {
            overtaken = true;
            fail(overtakenBy + " has gone in service meanwhile");
            return;
        }
        if (!agent.write(SourceRecords.inService(entering()))) {
            fail("the state folder " + context.env.folder().name() + " cannot be written; the mirror stays out of service");
            return;
        }
        UndoneChunks.forgetOwn(agent);
        sourceLog.inService();
        org.netraid.mirror.MirrorConfig settings = org.netraid.mirror.MirrorConfig.of(config.tag(), context.node())
                .withSizeBytes(agent.record().sizeBytes()).withRequests(config.targets().requests(), 4096)
                .withFlush(8L << 20, config.targets().flushIntervalNs());
        mirror = new Mirror(settings, disk, log, context.loop(), FaultPoints.NONE);
        mirror.addListener(new MirrorNews(this, agent, marks));
        diskCare = new LocalDiskCare(agent, mirror, self.disk());
        mirror.addListener(diskCare);
        mirror.addListener(new StateNews(agent));
        mirror.onLocalError(config.upkeep().onIoError(), diskCare);
        journal.use(mirror);
        resyncs = new ResyncManager(mirror, log, marks, config.resync().engine(), context.loop(), FaultPoints.NONE);
        verifies = new TargetVerifies(this, agent);
        suspension = new OperatorSuspension(agent, mirror);
        regions = new RegionRounds(this, agent, config.failover().regionsNs());
        for (TargetConnection target : targets) {
            addLeg(target);
        }
        Export export = new Export(config.tag(), "NetRAID mirror " + config.tag(), mirror, false, this::dirtyContexts);
        service = new NbdService(context.loop(), new FixedExports(List.of(export)), context.limits, payloads, ServerEvents.NONE,
                exportTls());
        context.env.links().listen(self.export(), peer -> service.accept(peer), bound -> {
            listening = bound;
            wait.begin();
            started.accept("");
        }, reason -> fail("cannot serve the mirror on " + self.export() + ": " + reason));
    }

    /** A unix socket is plain: who may use it is a matter of its file's permissions. */
    private ServerTls exportTls() {
        return self.export().isUnix() ? ServerTls.OFF : context.env.tls().exports();
    }

    /** What each target lacks, for clients that ask the mirror's export. */
    private List<StatusContext> dirtyContexts() {
        List<StatusContext> contexts = new ArrayList<>();
        targets.forEach(target -> contexts.add(new DirtyContext(log, target.node())));
        contexts.add(new HotContext(log));
        return contexts;
    }

    private void addLeg(TargetConnection target) {
        Optional<String> refusal = mirror.addLeg(new LegConfig(target.slot, target.node(), target.node(), target.protocol(),
                config.targets().requestTimeoutNs(), config.targets().queue()));
        refusal.ifPresent(agent::event);
        if (agent.record().peer(target.node()).paused()) {
            mirror.pauseLeg(target.slot);
        }
    }

    /** Adds a target that was removed, or new in the configuration. */
    void add(MemberConfig member, boolean assumeClean, boolean seeded) {
        int slot = slots.of(member.node());
        if (seeded) {
            resyncs.expectSeeded(slot);
        }
        TargetConnection target = new TargetConnection(this, agent, member, slot);
        targets.add(target);
        if (assumeClean) {
            log.setSlot(slot, member.node(), SlotState.TRACKING, error -> {
                addLeg(target);
                target.evaluate();
            });
        } else {
            addLeg(target);
            target.evaluate();
        }
    }

    /**
     * Removes a target for good. It was perhaps in sync and will miss writes that nobody tracks: a new generation keeps it from passing
     * for a whole copy, before it is forgotten here.
     */
    void remove(TargetConnection target, Consumer<String> done) {
        target.close();
        mirror.legLost(target.slot, "it is removed from the mirror");
        log.settle(error -> {
            if (error.isError()) {
                done.accept(target.node() + " may still pass for a whole copy, because the generation could not be changed");
                return;
            }
            PeerRecord gone = agent.record().peer(target.node()).withMember(false).withInconsistent(true);
            if (!agent.write(agent.record().with().peer(gone).build())) {
                done.accept(agent.failure());
                return;
            }
            targets.remove(target);
            marks.shareKnowledge();
            Optional<String> refusal = mirror.removeLeg(target.slot, (failure, detail) -> done.accept(detail));
            refusal.ifPresent(done);
        });
    }

    private void fail(String error) {
        if (closing) {
            return; // told already; what is under way of a start ends one by one
        }
        stopping = true;
        closing = true;
        payloads.end();
        Runnable told = () -> started.accept(error);
        Runnable closeLog = () -> sourceLog.closeDevice(told);
        if (mirror != null) {
            verifies.close();
            regions.close();
            wait.close();
            mirror.close(closeLog);
        } else {
            journal.close();
            closeQuietly(disk, closeLog);
        }
    }

    private static void closeQuietly(BlockDevice device, Runnable closed) {
        if (device == null) {
            closed.run();
        } else {
            device.close(closed);
        }
    }

    // ---- targets

    void evaluateTargets() {
        if (!stopping) {
            List.copyOf(targets).forEach(TargetConnection::evaluate);
        }
    }

    Optional<TargetConnection> inSlot(int slot) {
        return targets.stream().filter(target -> target.slot == slot).findFirst();
    }

    // ---- leaving service

    /**
     * Lets nobody in any more, drains, flushes, tells the targets that they have everything, closes.
     *
     * @param recorded makes durable that this node has stopped in order, before a target is told: a target that knows it alone would pass
     *     for whole after this node has been in service once more
     * @param done gets "" or what failed
     */
    void stop(BooleanSupplier recorded, Consumer<String> done) {
        stopping = true;
        gate.close();
        watch.close();
        if (mirror.ioReasons().containsKey(IoReason.QUORUM)) {
            // what waits for the quorum cannot be written any more, and must not keep the mirror in service
            mirror.refuse(IoReason.QUORUM, watch.lost() + gate.waitsFor());
        }
        if (listening != null) {
            listening.close();
        }
        List<TargetConnection> inSync = targets.stream().filter(target -> target.legState() == LegState.IN_SYNC).toList();
        targets.forEach(TargetConnection::close);
        suspension.end("the mirror goes out of service");
        service.shutdown(() -> mirror.suspend(IoReason.LEAVING, "it goes out of service", (error, detail) -> {
            String problem = error.isError() ? "the mirror could not be flushed: " + error + " " + detail : "";
            if (!problem.isEmpty() || !recorded.getAsBoolean()) {
                closeAll(() -> done.accept(problem.isEmpty() ? agent.failure() : problem));
            } else {
                tellStopped(inSync, () -> closeAll(() -> done.accept("")));
            }
        }));
    }

    private void tellStopped(List<TargetConnection> inSync, Runnable told) {
        Steps steps = new Steps(told);
        for (TargetConnection target : inSync) {
            if (!target.member.isForeign() && target.legState() == LegState.IN_SYNC
                    && agent.record().peer(target.node()).bitmapGeneration() == 0) {
                steps.begin();
                context.request(target.node(), PeerMessages.STOPPED_CLEAN, agent.reportBody(), reply -> steps.end());
            }
        }
        steps.allBegun();
    }

    private void closeAll(Runnable done) {
        closing = true;
        payloads.end();
        verifies.close();
        regions.close();
        wait.close();
        targets.forEach(target -> context.order.leave(agent.tag(), target.slot));
        mirror.close(() -> log.close(error -> sourceLog.closeDevice(done)));
    }

    /** Leaves service at once: another node has taken over. */
    void abandon(Runnable done) {
        stopping = true;
        suspension.end("another node has taken over");
        gate.close();
        watch.close();
        listening.close();
        targets.forEach(TargetConnection::close);
        service.shutdown(() -> { });
        closeAll(done);
    }
}
