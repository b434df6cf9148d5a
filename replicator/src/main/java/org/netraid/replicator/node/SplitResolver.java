/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.node;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.TreeSet;
import java.util.function.Consumer;
import org.netraid.block.BlockError;
import org.netraid.intentlog.IntentLog;
import org.netraid.intentlog.SlotState;
import org.netraid.replicator.config.SplitBrainSettings.Policy;
import org.netraid.replicator.control.CommandResult;
import org.netraid.replicator.control.ExitCode;
import org.netraid.replicator.decide.NodeFacts;
import org.netraid.replicator.decide.Relation;
import org.netraid.replicator.decide.SourceRecords;
import org.netraid.replicator.peer.PeerReply;
import org.netraid.replicator.state.MirrorRecord;
import org.netraid.replicator.state.PeerRecord;

/**
 * Ends a split brain on the node in service whose copy is kept: the other gives its copy up and saves what only it has; what changed on
 * either side is dirty for it; then it is opened as a target, whatever it holds. Each step is durable before the next, and until the last
 * one the split brain is as it was.
 */
final class SplitResolver {

    private static final long POLL_NS = 200_000_000L;

    private final SourceSide source;
    private final VolumeAgent agent;
    private final Policy policy;
    /** Copies, each with its generation, that the policy has been tried on. */
    private final TreeSet<String> tried = new TreeSet<>();

    SplitResolver(SourceSide source, VolumeAgent agent) {
        this.source = source;
        this.agent = agent;
        this.policy = agent.config().upkeep().splitBrain().policy();
    }

    // ---- without an operator

    /** A split brain was found. */
    void found(TargetConnection target) {
        NodeFacts facts = agent.facts(target.node());
        String copy = target.node() + " " + facts.record().generations().current();
        boolean applies = policy != Policy.DISCONNECT && facts.reachable() && !facts.isInService()
                && relation(facts) == Relation.SPLIT_BRAIN;
        if (!applies || !tried.add(copy)) {
            return;
        }
        if (policy == Policy.DISCARD_SECONDARY) {
            byPolicy(target);
            return;
        }
        agent.context().request(target.node(), PeerMessages.SPLIT_FACTS, agent.reportBody(), reply -> {
            SplitSide side = reply.isOk() ? SplitSide.of(agent, target.node(), agent.node(), reply.body()) : null;
            if (side != null && side.isKnown() && side.chunks() == 0 && source == agent.source()) {
                byPolicy(target);
            }
        });
    }

    private void byPolicy(TargetConnection target) {
        agent.event("D19: after_split_brain is " + policy.word() + ": the copy of " + target.node() + " is given up");
        resolve(target, true, result -> result.lines().forEach(agent::event));
    }

    private Relation relation(NodeFacts facts) {
        return Relation.between(agent.node(), agent.record(), facts.node(), facts.record());
    }

    // ---- as chosen

    void resolve(TargetConnection target, boolean save, Consumer<CommandResult> result) {
        NodeFacts facts = agent.facts(target.node());
        if (target.member.isForeign() || !facts.reachable()) {
            result.accept(CommandResult.failed(ExitCode.UNREACHABLE, "D19", target.node() + " does not answer",
                    "a split brain can be ended only with both nodes"));
        } else if (relation(facts) != Relation.SPLIT_BRAIN) {
            result.accept(CommandResult.refused("D19", "there is no split brain between " + agent.node() + " and " + target.node(),
                    "to overwrite it nevertheless: mirror_action " + agent.tag() + " fullresync " + agent.node() + " " + target.node()));
        } else {
            ask(target, save, result);
        }
    }

    private void ask(TargetConnection target, boolean save, Consumer<CommandResult> result) {
        if (source != agent.source()) {
            result.accept(CommandResult.refused("D19", agent.node() + " has left service; nothing was overwritten"));
            return;
        }
        ObjectNode body = agent.reportBody().put("save", save);
        agent.context().request(target.node(), PeerMessages.GIVE_UP, body, reply -> answered(target, save, reply, result));
    }

    private void answered(TargetConnection target, boolean save, PeerReply reply, Consumer<CommandResult> result) {
        if (!reply.isOk()) {
            result.accept(CommandResult.refused("D19", reply.error(), "nothing was overwritten"));
        } else if (reply.body().path("state").asText().equals("WORKING")) {
            agent.context().loop().schedule(POLL_NS, () -> ask(target, save, result));
        } else if (source != agent.source()) {
            result.accept(CommandResult.refused("D19", agent.node() + " has left service; nothing was overwritten"));
        } else {
            merge(target, reply.body(), result);
        }
    }

    private void merge(TargetConnection target, JsonNode body, Consumer<CommandResult> result) {
        IntentLog log = source.log();
        byte[] map = TargetRegions.decode(body.path("maps").path(agent.node()));
        boolean partial = map.length > 0 && isTracked(target);
        BlockError refused = !partial ? BlockError.EINVAL : log.mergeDirty(1 << target.slot, map, error -> {
            if (error.isError()) {
                result.accept(CommandResult.failed(ExitCode.DEVICE_ERROR, "D19", "the intent log cannot be written",
                        "nothing was overwritten"));
                return;
            }
            boolean previous = agent.record().previousSource().equals(target.node());
            agent.write(SourceRecords.mergedAmongSurvivors(resumed(target), target.node()));
            if (previous) {
                source.previousMaps().merge(body);
            }
            target.discardChanges();
            done(target, body, "what changed on either side is sent: " + log.dirtyChunks(target.slot) + " chunks", result);
        });
        if (refused.isError()) {
            source.mirror().fullResync(target.slot);
            agent.write(resumed(target));
            target.discardTarget();
            done(target, body, "what changed there is not known: everything is sent", result);
        }
    }

    private MirrorRecord resumed(TargetConnection target) {
        return SourceRecords.paused(agent.record(), target.node(), false);
    }

    private void done(TargetConnection target, JsonNode body, String amount, Consumer<CommandResult> result) {
        String saved = body.path("saved").asText();
        long chunks = body.path("chunks").asLong();
        String kept = saved.isEmpty() ? chunks + " chunks there were not saved"
                : "its " + chunks + " changed chunks are saved there in " + saved;
        result.accept(new CommandResult(ExitCode.DONE, "D19", List.of(target.node() + " has given up its copy; "
                + (chunks == 0 ? "nothing had changed there" : kept), amount)));
    }

    /**
     * True if both sides have tracked all changes from one common moment on: then their union is all that differs. That one of them calls
     * the other inconsistent makes no difference: what a resync copied and a roll-back took away is among the changes of the side that was
     * rolled back, and a mixture that was put in service tracks nobody.
     */
    private boolean isTracked(TargetConnection target) {
        SlotState slot = source.log().slotState(target.slot);
        MirrorRecord own = agent.record();
        MirrorRecord theirs = agent.facts(target.node()).record();
        PeerRecord known = own.peer(target.node());
        PeerRecord knownThere = theirs.peer(agent.node());
        return (slot == SlotState.TRACKING || slot == SlotState.STALE) && SourceRecords.trackFromOneMoment(own, known, theirs, knownThere)
                && (!known.needsMerge() || own.previousSource().equals(target.node()))
                && (!knownThere.needsMerge() || theirs.previousSource().equals(agent.node()));
    }
}
