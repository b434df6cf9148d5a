/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.node;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Base64;
import java.util.Optional;
import org.netraid.block.BlockDevice;
import org.netraid.replicator.control.CommandResult;
import org.netraid.replicator.control.ExitCode;
import org.netraid.replicator.decide.Decision;
import org.netraid.replicator.decide.NodeFacts;
import org.netraid.replicator.decide.TargetPlan;
import org.netraid.replicator.decide.TargetRecords;
import org.netraid.replicator.peer.PeerEvents;
import org.netraid.replicator.state.DiskState;
import org.netraid.replicator.state.MirrorRecord;
import org.netraid.replicator.state.Role;

/**
 * What a source may ask of this node. Every request carries the source's record; a source whose data are not at least as new as
 * this node's is refused, whatever it asks (fencing). What a request changes is durable before it is answered.
 */
final class TargetRequests {

    static final int MAX_DIRTY_MAP_BYTES = 8 << 20;

    private final VolumeAgent agent;
    private final SplitVictim victim;

    TargetRequests(VolumeAgent agent) {
        this.agent = agent;
        this.victim = new SplitVictim(agent);
    }

    void on(String peer, String method, JsonNode body, PeerEvents.Answer answer) {
        NodeFacts sender = PeerMessages.facts(peer, body);
        switch (method) {
            case PeerMessages.OPEN -> open(sender, body, answer);
            case PeerMessages.MARK_INCONSISTENT -> markInconsistent(sender, body, answer);
            case PeerMessages.MARK_IN_SYNC -> markInSync(sender, answer);
            case PeerMessages.ADOPT -> adopt(sender, body, answer);
            case PeerMessages.STOPPED_CLEAN -> stoppedClean(sender, answer);
            case PeerMessages.FETCH_DIRTY -> fetchDirty(sender, answer);
            case PeerMessages.HAND_OVER -> handOver(sender, answer);
            case PeerMessages.DISK_SIZE -> diskSize(answer);
            case PeerMessages.SPLIT_FACTS -> SplitSide.own(agent, peer, answer::ok);
            case PeerMessages.GIVE_UP -> victim.onGiveUp(sender, body, answer);
            case PeerMessages.REGION_MARK -> {
                if (isSource(sender, answer)) {
                    agent.regions().onMark(body, answer);
                }
            }
            case PeerMessages.REGION_SETTLE -> {
                if (isSource(sender, answer)) {
                    agent.regions().onSettle(body, answer);
                }
            }
            default -> answer.error("node " + agent.node() + " does not know the request " + method);
        }
    }

    private void confirm(boolean written, PeerEvents.Answer answer) {
        confirm(written, PeerMessages.object(agent.tag()), answer);
    }

    private void confirm(boolean written, ObjectNode reply, PeerEvents.Answer answer) {
        if (written) {
            answer.ok(reply);
        } else {
            answer.error("the state folder of " + agent.node() + " cannot be written");
        }
    }

    // ---- opening

    private String refusal(NodeFacts source, boolean discard) {
        String who = agent.node() + " refuses " + source.node() + " as source of " + agent.tag() + ": ";
        if (!agent.transition().isEmpty()) {
            return who + "busy " + agent.transition();
        }
        if (agent.role() == Role.SOURCE) {
            return who + "it is in service itself";
        }
        if (!agent.store().contradiction().isEmpty()) {
            return who + agent.store().contradiction();
        }
        if (!discard && !agent.knownDisk().problem().isEmpty()) {
            return who + "D15: " + agent.knownDisk().problem();
        }
        String deposed = discard ? "" : agent.quorum().deposed(source);
        String serves = agent.role() == Role.TARGET ? agent.target().source() : "";
        String refusal = deposed.isEmpty() ? TargetRecords.refusal(agent.node(), agent.record(), serves.isEmpty() ? null
                : agent.facts(serves), source, discard) : deposed;
        return refusal.isEmpty() ? "" : who + refusal;
    }

    private void open(NodeFacts source, JsonNode body, PeerEvents.Answer answer) {
        boolean discard = body.path("discard").asBoolean();
        String refusal = refusal(source, discard);
        if (!refusal.isEmpty()) {
            agent.report(source.node(), source);
            agent.evaluate();
            answer.error(refusal);
            return;
        }
        TargetPlan.Kind kind = TargetPlan.Kind.valueOf(body.path("kind").asText());
        agent.beginTransition("opening the disk for " + source.node());
        TargetSide target = agent.target();
        target.cut(source.node() + " is the source now", () -> target.openDisk(error -> {
            String problem = error.isEmpty() ? sizeProblem(target.disk(), source.record()) : error;
            if (problem.isEmpty()) {
                MirrorRecord own = agent.record();
                boolean anew = discard || kind == TargetPlan.Kind.FULL || own.lastOwner() || own.logActive() || !own.created();
                keepOld(source, kind, discard, () -> agent.regions().prepare(source.record(), anew,
                        () -> offer(source, kind, discard, body.path("regions").asBoolean(), answer)));
            } else {
                refuse(source, problem, answer);
            }
        }));
    }

    /** Taking over another copy's generation marks this one inconsistent at once; what it was is kept first. */
    private void keepOld(NodeFacts source, TargetPlan.Kind kind, boolean discard, Runnable then) {
        MirrorRecord own = agent.record();
        boolean overwrites = kind != TargetPlan.Kind.NO_RESYNC && (discard || !own.created());
        if (overwrites && own.diskState() != DiskState.INCONSISTENT) {
            agent.undo().begin(source.node(), TargetRecords.before(own, source), source.record().sizeBytes(), then);
        } else {
            then.run();
        }
    }

    private void refuse(NodeFacts source, String problem, PeerEvents.Answer answer) {
        agent.event("cannot serve " + source.node() + ": " + problem);
        answer.error("node " + agent.node() + ": " + problem);
        agent.endTransition();
    }

    private void offer(NodeFacts source, TargetPlan.Kind kind, boolean discard, boolean withRegions, PeerEvents.Answer answer) {
        boolean wasCreated = agent.record().created();
        if (!agent.write(TargetRecords.opened(agent.node(), agent.record(), source, kind, discard))) {
            refuse(source, "the state folder of " + agent.node() + " cannot be written", answer);
            return;
        }
        if (discard || !wasCreated || !agent.knownDisk().problem().isEmpty()) {
            agent.knownDisk().accept();
        }
        // this node's own log is of no use any more
        agent.logNotes().clearFailure();
        agent.logNotes().clearResize();
        ObjectNode reply = PeerMessages.object(agent.tag());
        long generation = source.record().generations().current();
        reply.put("export", agent.target().offer(source.node(), generation)).put("port", agent.context().nbdPort);
        reply.put("consistent", agent.record().diskState() != DiskState.INCONSISTENT);
        agent.undo().files().readUndone().ifPresent(map -> reply.put("undone", Base64.getEncoder().encodeToString(map)));
        if (agent.exposure().wasWritten()) {
            byte[] written = agent.regions().map();
            boolean fits = written != null && written.length <= MAX_DIRTY_MAP_BYTES;
            reply.put("written", fits ? Base64.getEncoder().encodeToString(written) : "");
        }
        if (withRegions) {
            reply.put("regions", agent.regions().forSource());
        }
        agent.hooks().reset();
        agent.quorum().follow(source);
        agent.becameTarget();
        answer.ok(reply);
        agent.endTransition();
    }

    private static String sizeProblem(BlockDevice disk, MirrorRecord source) {
        return disk.geometry().sizeBytes() >= source.sizeBytes() ? "" : "the disk " + disk.name() + " has " + disk.geometry().sizeBytes()
                + " bytes, the mirror " + source.sizeBytes() + "; it must be at least as large";
    }

    // ---- marks

    private boolean isSource(NodeFacts sender, PeerEvents.Answer answer) {
        if (agent.role() != Role.TARGET || !agent.target().source().equals(sender.node())) {
            answer.error(agent.node() + " is not a target of " + sender.node());
            return false;
        }
        return true;
    }

    private void markInconsistent(NodeFacts source, JsonNode body, PeerEvents.Answer answer) {
        if (isSource(source, answer)) {
            long dirtyBytes = body.path("dirtyBytes").asLong();
            boolean isFull = body.path("full").asBoolean();
            agent.hooks().before(source.node(), dirtyBytes, () -> mark(source, dirtyBytes, isFull, answer),
                    wait -> answer.error(agent.node() + ": " + wait),
                    stop -> answer.ok(PeerMessages.object(agent.tag()).put("stopped", stop)));
        }
    }

    private void mark(NodeFacts source, long dirtyBytes, boolean isFull, PeerEvents.Answer answer) {
        if (isSource(source, answer)) {
            agent.undo().begin(source.node(), agent.record(), dirtyBytes, () -> {
                if (isSource(source, answer)) {
                    if (isFull) {
                        agent.regions().beginAnew();
                    }
                    boolean written = agent.write(TargetRecords.inconsistent(agent.record(), source.node()));
                    confirm(written, PeerMessages.object(agent.tag()).put("wayBack", agent.undo().canRollBack()), answer);
                }
            });
        }
    }

    private void markInSync(NodeFacts source, PeerEvents.Answer answer) {
        if (isSource(source, answer)) {
            boolean written = agent.write(TargetRecords.inSync(agent.node(), agent.record(), source));
            confirm(written, answer);
            if (written) {
                agent.undo().inSync();
                agent.exposure().settled();
                agent.hooks().after(source.node());
            }
        }
    }

    private void adopt(NodeFacts source, JsonNode body, PeerEvents.Answer answer) {
        for (JsonNode stale : body.path("stale")) {
            if (stale.asText().equals(agent.node())) {
                outdated(source, answer);
                return;
            }
        }
        boolean inSync = agent.record().diskState() == DiskState.UP_TO_DATE && agent.role() == Role.TARGET
                && agent.target().source().equals(source.node());
        if (inSync) {
            confirm(agent.write(TargetRecords.adopted(agent.node(), agent.record(), source)), answer);
        } else {
            answer.error(agent.node() + " is not in sync with " + source.node());
        }
    }

    /** This node is told that it misses writes. */
    private void outdated(NodeFacts source, PeerEvents.Answer answer) {
        Optional<MirrorRecord> next = agent.role() == Role.SOURCE ? Optional.empty()
                : TargetRecords.toldStale(agent.node(), agent.record(), source);
        confirm(next.isEmpty() || agent.write(next.get()), answer);
    }

    private void stoppedClean(NodeFacts source, PeerEvents.Answer answer) {
        if (isSource(source, answer)) {
            Optional<MirrorRecord> next = TargetRecords.toldStopped(agent.record(), source);
            confirm(next.isEmpty() || agent.write(next.get()), answer);
        }
    }

    /** Opened anew, because an open disk does not notice that it has grown. */
    private void diskSize(PeerEvents.Answer answer) {
        if (agent.role() == Role.SOURCE || !agent.transition().isEmpty()) {
            answer.error(agent.node() + " is " + (agent.role() == Role.SOURCE ? "in service itself" : "busy " + agent.transition()));
            return;
        }
        agent.beginTransition("looking at its disk");
        agent.target().close(() -> agent.target().openDisk(error -> {
            if (error.isEmpty()) {
                answer.ok(PeerMessages.object(agent.tag()).put("sizeBytes", agent.target().disk().geometry().sizeBytes()));
            } else {
                answer.error("node " + agent.node() + ": " + error);
            }
            agent.endTransition();
        }));
    }

    // ---- taking over

    private void handOver(NodeFacts from, PeerEvents.Answer answer) {
        MirrorRecord own = agent.record();
        if (agent.role() == Role.SOURCE || !agent.transition().isEmpty() || !TargetRecords.canTakeOver(own, from)) {
            answer.error(agent.node() + " cannot take over: it is " + own.diskState() + (agent.transition().isEmpty() ? "" : " and busy "
                    + agent.transition()));
            return;
        }
        agent.report(from.node(), from);
        Decision why = new Decision(Decision.Action.TAKE_OVER, "D5", agent.node(), agent.node() + " takes over from " + from.node()
                + ", which has stopped in order", "");
        agent.goInService(why, new ServiceClaims.Terms(false, from.node()), result -> answer.ok(PeerMessages.result(result)));
    }

    // ---- the previous source's dirty chunks

    private void fetchDirty(NodeFacts source, PeerEvents.Answer answer) {
        MirrorRecord own = agent.record();
        if (agent.role() == Role.SOURCE || !agent.transition().isEmpty()) {
            agent.report(source.node(), source);
            answer.error(agent.node() + " is " + (agent.role() == Role.SOURCE ? "still in service" : "busy " + agent.transition()));
            return;
        }
        if (!agent.logNotes().failure().isEmpty() || !TargetRecords.knowsDirtyChunks(agent.node(), own, source)) {
            // nothing known here helps; the answer without maps says so
            answer.ok(PeerMessages.object(agent.tag()));
            return;
        }
        agent.beginTransition("handing its dirty chunks to " + source.node());
        OwnMaps.read(agent, "", maps -> {
            ObjectNode reply = PeerMessages.object(agent.tag());
            if (maps != null) {
                reply.set("maps", maps);
            }
            answer.ok(reply);
            agent.endTransition();
        });
    }

    /** A result for a caller that cannot use this node now. */
    static CommandResult busy(VolumeAgent agent) {
        return CommandResult.failed(ExitCode.BUSY, "", agent.tag() + " on " + agent.node() + " is busy " + agent.transition(),
                "try again in a moment");
    }
}
