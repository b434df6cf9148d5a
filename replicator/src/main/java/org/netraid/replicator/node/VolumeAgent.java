/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.node;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.netraid.block.BlockDevice;
import org.netraid.replicator.config.MemberConfig;
import org.netraid.replicator.config.MirrorConfig;
import org.netraid.replicator.control.CommandResult;
import org.netraid.replicator.control.ExitCode;
import org.netraid.replicator.control.MirrorCommand;
import org.netraid.replicator.control.MirrorStatus;
import org.netraid.replicator.decide.Decision;
import org.netraid.replicator.decide.Decisions;
import org.netraid.replicator.decide.NodeFacts;
import org.netraid.replicator.decide.Request;
import org.netraid.replicator.decide.Situation;
import org.netraid.replicator.decide.SourceRecords;
import org.netraid.replicator.decide.TargetRecords;
import org.netraid.replicator.peer.PeerEvents;
import org.netraid.replicator.state.DiskState;
import org.netraid.replicator.state.MirrorRecord;
import org.netraid.replicator.state.MirrorStateStore;
import org.netraid.replicator.state.Role;
import org.netraid.store.StateFolderException;

/**
 * One mirror on one node: knows what the others know, asks the table after every change, and carries its decisions out, one change of
 * role at a time.
 */
final class VolumeAgent {

    private final NodeContext context;
    private final MirrorConfig config;
    private final MemberConfig self;
    private final MirrorStateStore store;
    private final LogNotes logNotes;
    private final TreeMap<String, NodeFacts> facts = new TreeMap<>();
    private final AgentCommands commands;
    private final TargetRequests targetRequests;
    private final TargetSide target;
    private final TargetUndo undo;
    private final TargetRegions regions;
    private final GenerationSince since;
    private final PausedExport exposure;
    private final TargetRollback rollback;
    private final Quorum quorum;
    private final PeerFencing fencing;
    private final ServiceClaims claims;
    private final TargetHooks hooks;
    private Role role = Role.STOPPED;
    private Decision decision;
    private SourceSide source;
    private final KnownDisk knownDisk;
    private String transition = "";
    private String failure = "";
    private boolean waited;
    private boolean down;
    private boolean evaluationPending;
    /** Somebody did not agree a moment ago: do not ask in a loop. */
    private boolean claimRefused;
    private String lastRefusal = "";
    /** In which this node writes when it gets in service. */
    private long nextGeneration;

    VolumeAgent(NodeContext context, MirrorConfig config, MemberConfig self) {
        this.context = context;
        this.config = config;
        this.self = self;
        this.store = new MirrorStateStore(context.env.folder(), config.tag());
        this.logNotes = new LogNotes(context.env.folder(), config.tag());
        this.undo = new TargetUndo(this, config.upkeep().undo(), self.undoJournal());
        this.since = new GenerationSince(context.env.folder(), config.tag());
        this.rollback = new TargetRollback(this, undo);
        this.hooks = new TargetHooks(this);
        this.regions = new TargetRegions(this, config.failover().regionsNs() > 0);
        this.exposure = new PausedExport(this, self);
        this.target = new TargetSide(context, config.tag(), self.disk(), undo, regions, exposure);
        this.knownDisk = new KnownDisk(this, self.disk() == null ? "" : self.disk());
        this.commands = new AgentCommands(this);
        this.targetRequests = new TargetRequests(this);
        this.quorum = new Quorum(this);
        this.fencing = new PeerFencing(this);
        this.claims = new ServiceClaims(this);
        for (MemberConfig member : config.members()) {
            if (!member.isForeign() && !member.node().equals(context.node())) {
                facts.put(member.node(), NodeFacts.unreachable(member.node()));
            }
        }
    }

    // ---- what others use

    NodeContext context() {
        return context;
    }

    MirrorConfig config() {
        return config;
    }

    String tag() {
        return config.tag();
    }

    String node() {
        return context.node();
    }

    MirrorRecord record() {
        return store.record();
    }

    MirrorStateStore store() {
        return store;
    }

    KnownDisk knownDisk() {
        return knownDisk;
    }

    LogNotes logNotes() {
        return logNotes;
    }

    Role role() {
        return role;
    }

    TargetSide target() {
        return target;
    }

    TargetUndo undo() {
        return undo;
    }

    /** Wall clock when this copy's generation began; 0 if it is not known. */
    long generationSince() {
        return since.millis(record().generations().current());
    }

    PausedExport exposure() {
        return exposure;
    }

    TargetRegions regions() {
        return regions;
    }

    TargetHooks hooks() {
        return hooks;
    }

    TargetRollback rollback() {
        return rollback;
    }

    long nowMillis() {
        return context.env.wallClock().currentTimeMillis();
    }

    /** Null unless in service or on the way in or out. */
    SourceSide source() {
        return source;
    }

    Decision decision() {
        return decision;
    }

    String failure() {
        return failure;
    }

    String transition() {
        return transition;
    }

    NodeFacts ownFacts() {
        return new NodeFacts(node(), true, role, shownRecord());
    }

    NodeFacts facts(String node) {
        return facts.getOrDefault(node, NodeFacts.unreachable(node));
    }

    List<NodeFacts> allFacts() {
        return List.copyOf(facts.values());
    }

    /** What is recorded of a copy is nothing that others may count on while another disk is in its place. */
    private MirrorRecord shownRecord() {
        return knownDisk.problem().isEmpty() ? record() : record().with().diskState(DiskState.FAILED).build();
    }

    ObjectNode reportBody() {
        boolean quorate = role == Role.SOURCE && source != null && source.watch().isQuorate();
        return PeerMessages.facts(tag(), role, shownRecord()).put("proposing", quorum.proposing()).put("quorate", quorate);
    }

    Quorum quorum() {
        return quorum;
    }

    PeerFencing fencing() {
        return fencing;
    }

    /** The other members with a daemon, and the tie-breaker. */
    List<String> others() {
        return quorum.voters().stream().filter(name -> !name.equals(node())).toList();
    }

    List<String> unreachableMembers() {
        return facts.values().stream().filter(peer -> !peer.reachable()).map(NodeFacts::node).toList();
    }

    long nextGeneration() {
        return nextGeneration;
    }

    void event(String text) {
        context.events.add(tag(), withTag(text));
    }

    /** Puts the mirror's tag into commands of the decision table. */
    String withTag(String text) {
        return text.replace("mirror_action TAG", "mirror_action " + tag()).replace("mirror_status TAG", "mirror_status " + tag());
    }

    /** Makes the record durable and tells the peers. @return false if it could not be written; the operator has been told */
    boolean write(MirrorRecord record) {
        return write(record, () -> { });
    }

    /** @param first what is done when the record is durable, before other nodes hear of it: messages that have to come before the news */
    boolean write(MirrorRecord record, Runnable first) {
        try {
            if (record.generations().current() != record().generations().current()) {
                since.note(record.generations().current(), nowMillis());
            }
            store.write(record);
        } catch (StateFolderException e) {
            failure = e.getMessage();
            event(failure);
            return false;
        }
        first.run();
        changed();
        return true;
    }

    /** Something others know of this node has changed. */
    void changed() {
        stateChanged();
        for (String peer : others()) {
            if (context.peers.isUp(peer)) {
                sendReport(peer);
            }
        }
    }

    /** Something that is shown of this mirror may have changed. */
    void stateChanged() {
        List.copyOf(context.watchers).forEach(watcher -> watcher.accept(tag()));
    }

    private void sendReport(String peer) {
        context.request(peer, PeerMessages.REPORT, reportBody(), reply -> { });
    }

    // ---- life

    void boot() {
        if (!store.contradiction().isEmpty()) {
            event("X1: " + store.contradiction());
        }
        knownDisk.look();
        undo.boot();
        quorum.takeBackOwn();
        MirrorRecord booted = TargetRecords.booted(record());
        if (!booted.equals(record())) {
            write(booted);
        }
        context.loop().schedule(bootWaitNs(), () -> {
            waited = true;
            evaluate();
        });
        evaluate();
    }

    private long bootWaitNs() {
        return context.env.config().peers().deadNs() + context.env.config().peers().connectNs();
    }

    /** Leaves the mirror in order: the process ends. */
    void shutdown(Runnable done) {
        down = true;
        if (!transition.isEmpty()) {
            context.loop().schedule(10_000_000L, () -> shutdown(done));
            return;
        }
        if (source != null) {
            leaveService(false, problem -> target.close(done));
        } else {
            target.close(done);
        }
    }

    void peerUp(String peer) {
        silent(peer, false);
        sendReport(peer);
        fencing.peerUp(peer);
        votersChanged();
    }

    void peerDown(String peer) {
        silent(peer, true);
        if (facts.containsKey(peer)) {
            facts.put(peer, NodeFacts.unreachable(peer));
            claims.peerDown(peer);
            if (source != null) {
                source.survivors().forgetRefusals(peer);
            }
            evaluate();
        }
        votersChanged();
    }

    private void silent(String peer, boolean silent) {
        if (source != null) {
            source.targets().stream().filter(each -> each.node().equals(peer)).forEach(each -> each.nodeIsSilent(silent));
        }
    }

    private void votersChanged() {
        if (source != null && role == Role.SOURCE) {
            source.watch().check();
            source.gate().again();
        }
        if (quorum.votes()) {
            evaluate();
        }
    }

    void request(String peer, String method, JsonNode body, PeerEvents.Answer answer) {
        if (PeerMessages.REPORT.equals(method)) {
            quorum.onReport(peer, body);
            report(peer, PeerMessages.facts(peer, body));
            answer.ok(PeerMessages.object(tag()));
        } else if (PeerMessages.VOTE.equals(method)) {
            quorum.onVote(PeerMessages.facts(peer, body), body, answer);
        } else if (PeerMessages.CLAIM.equals(method)) {
            claims.onClaim(PeerMessages.facts(peer, body), body, answer);
        } else if (PeerMessages.RELEASE.equals(method)) {
            claims.onRelease(peer);
            answer.ok(PeerMessages.object(tag()));
        } else if (PeerMessages.COMMAND.equals(method)) {
            execute(PeerMessages.command(body.path("command")), result -> answer.ok(PeerMessages.result(result)));
        } else {
            targetRequests.on(peer, method, body, answer);
        }
    }

    void report(String peer, NodeFacts news) {
        if (!facts.containsKey(peer)) {
            return;
        }
        // if that cannot be written nothing else can: no resync begins, and nobody goes in service
        SourceRecords.seen(node(), record(), news).ifPresent(this::write);
        boolean isNew = !news.equals(facts.put(peer, news));
        if (isNew) {
            if (source != null && role == Role.SOURCE) {
                source.target(peer).ifPresent(TargetConnection::hurry);
            }
            evaluate();
        }
    }

    // ---- deciding

    Decision decide(Request request) {
        List<NodeFacts> members = new ArrayList<>();
        for (NodeFacts peer : facts.values()) {
            if (record().peer(peer.node()).member()) {
                members.add(peer);
            }
        }
        return rollback.advise(Decisions.decide(new Situation(ownFacts(), members, request, waited, store.contradiction(),
                knownDisk.problem(), quorum.votes() && quorum.lack().isEmpty())));
    }

    /** Asks the table, soon and once for many changes. */
    void evaluate() {
        if (!evaluationPending && !down) {
            evaluationPending = true;
            context.loop().execute(() -> {
                evaluationPending = false;
                evaluateNow();
            });
        }
    }

    private void evaluateNow() {
        if (down || !transition.isEmpty()) {
            return;
        }
        rememberNewerCopy();
        Decision next = decide(Request.AUTO);
        if (decision == null || !decision.text().equals(next.text())) {
            event(StartAdvice.honest(this, next).text());
            Hooks.splitBrain(this, next);
        }
        decision = next;
        switch (next.action()) {
            case START, TAKE_OVER -> startByItself(next);
            case KEEP -> source.evaluateTargets();
            case STEP_DOWN -> stepDown(next);
            case BECOME_TARGET -> setRole(Role.TARGET);
            case WAIT -> setRole(role == Role.TARGET ? Role.TARGET : Role.DECIDING);
            case STAY -> setRole(Role.STOPPED);
            case BLOCK -> setRole(Role.BLOCKED);
            case BLOCK_DATA_CORRUPT -> {
                write(record().with().dataCorrupt(true).build());
                setRole(Role.BLOCKED);
            }
            default -> throw new IllegalStateException("decision " + next);
        }
    }

    /**
     * A copy that has seen a newer one is outdated, also when the node with the newer one is gone again: otherwise it might take over
     * from a source that it no longer remembers.
     */
    private void rememberNewerCopy() {
        if (role != Role.SOURCE) {
            TargetRecords.newerCopy(node(), record(), facts.values()).ifPresent(peer -> {
                event("G2: " + peer + " has newer data; this copy is outdated until it is in sync again");
                write(TargetRecords.outdated(record()));
            });
        }
    }

    private void startByItself(Decision next) {
        if (claimRefused) {
            setRole(Role.DECIDING);
        } else if (failure.isEmpty()) {
            goInService(next, result -> { });
        } else {
            setRole(Role.BLOCKED);
        }
    }

    private void setRole(Role next) {
        if (role != next) {
            role = next;
            changed();
        }
    }

    void beginTransition(String what) {
        transition = what;
    }

    void endTransition() {
        transition = "";
        evaluate();
    }

    // ---- changes of role

    /** Carries out a START or TAKE_OVER, if every node within reach agrees. */
    void goInService(Decision why, Consumer<CommandResult> result) {
        goInService(why, ServiceClaims.Terms.NORMAL, result);
    }

    void goInService(Decision why, ServiceClaims.Terms terms, Consumer<CommandResult> result) {
        failure = "";
        transition = "going in service";
        nextGeneration = context.newId();
        Consumer<ServiceClaims.Refusal> decided = refusal -> {
            if (refusal.isNone()) {
                lastRefusal = "";
                begin(why, terms, outcome -> {
                    claims.release();
                    result.accept(outcome);
                });
            } else {
                notAgreed(refusal, result);
            }
        };
        StartChecks.ask(this, terms, () -> claims.claim(terms, SourceSide.nextGenerations(this, why), decided), decided);
    }

    private void notAgreed(ServiceClaims.Refusal refusal, Consumer<CommandResult> result) {
        if (!lastRefusal.equals(refusal.text())) {
            lastRefusal = refusal.text();
            event("not in service: " + refusal.rule() + ": " + refusal.text());
        }
        if (!claimRefused) {
            claimRefused = true;
            context.loop().schedule(context.env.config().peers().reconnectNs(), () -> {
                claimRefused = false;
                evaluate();
            });
        }
        result.accept(CommandResult.refused(refusal.rule(), refusal.text(), withTag(refusal.cure())));
        endTransition();
    }

    private void begin(Decision why, ServiceClaims.Terms terms, Consumer<CommandResult> result) {
        event(why.text());
        setRole(Role.DECIDING);
        target.cut(node() + " goes in service", () -> target.openDisk(error -> {
            if (!error.isEmpty()) {
                notStarted(error, false, result);
                return;
            }
            target.takeDisk(disk -> startSource(disk, why, terms, result));
        }));
    }

    private void startSource(BlockDevice disk, Decision why, ServiceClaims.Terms terms, Consumer<CommandResult> result) {
        SourceSide starting = new SourceSide(this, config, self);
        source = starting;
        starting.start(disk, why, problem -> {
            if (!problem.isEmpty()) {
                source = null;
                notStarted(problem, starting.isOvertaken(), result);
                return;
            }
            undo.drop();
            decision = new Decision(Decision.Action.KEEP, why.rule(), node(), node() + " is in service", "");
            source.watch().start(terms.forced());
            setRole(Role.SOURCE);
            event("in service: " + source.exportUri());
            String served = tag() + " is in service on " + node() + ": " + source.exportUri();
            result.accept(new CommandResult(ExitCode.DONE, why.rule(), why.cure().isEmpty() ? List.of(served)
                    : List.of(served, withTag(why.cure()))));
            endTransition();
        });
    }

    /** @param overtaken by another node: then nothing has to be mended, and what is decided next is not held back */
    private void notStarted(String error, boolean overtaken, Consumer<CommandResult> result) {
        failure = overtaken ? "" : error;
        event("not in service: " + error);
        setRole(Role.BLOCKED);
        result.accept(CommandResult.failed(ExitCode.DEVICE_ERROR, "", error, "the mirror " + tag()
                + " is out of service; when this is mended: mirror_action " + tag() + " start"));
        endTransition();
    }

    private void stepDown(Decision why) {
        transition = "stepping down";
        source.abandon(() -> {
            source = null;
            write(SourceRecords.steppedDown(record()));
            setRole(Role.DECIDING);
            event(why.text());
            endTransition();
        });
    }

    /**
     * Leaves service in order.
     *
     * @param stay an operator wants it: do not start again by itself
     * @param done gets "" or what went wrong; the mirror is out of service either way
     */
    void leaveService(boolean stay, Consumer<String> done) {
        transition = "leaving service";
        source.stop(() -> write(SourceRecords.left(record(), true, stay)), problem -> {
            source = null;
            boolean clean = problem.isEmpty();
            if (!clean) {
                write(SourceRecords.left(record(), false, stay));
            }
            role = Role.STOPPED;
            changed();
            event(clean ? "out of service, stopped in order" : "out of service: " + problem);
            // The evaluation runs in a later turn: a transition that begins in done, such as a hand-over, holds it back.
            endTransition();
            done.accept(problem);
        });
    }

    void becameTarget() {
        setRole(Role.TARGET);
    }

    void execute(MirrorCommand command, Consumer<CommandResult> result) {
        commands.execute(command, result);
    }

    MirrorStatus status() {
        return AgentStatus.of(this);
    }
}
