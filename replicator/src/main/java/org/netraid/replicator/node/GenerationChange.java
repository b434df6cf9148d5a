/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.node;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import org.netraid.block.BlockError;
import org.netraid.intentlog.IntentWaiter;
import org.netraid.mirror.LegState;
import org.netraid.replicator.decide.SourceRecords;
import org.netraid.replicator.state.MirrorRecord;

/**
 * Changes a source's generation before it acknowledges the first write that a target misses which may pass for whole (G5). The targets
 * in sync take the new one first; until they have said so they are tracked from the one before.
 */
final class GenerationChange implements GuardedIntentLog.Guard {

    private final SourceSide source;
    private final VolumeAgent agent;

    GenerationChange(SourceSide source, VolumeAgent agent) {
        this.source = source;
        this.agent = agent;
    }

    /**
     * The target is about to be asked to take this node's generation.
     *
     * @return false if that could not be recorded
     */
    boolean mayBecomeWhole(String target) {
        MirrorRecord next = SourceRecords.mayBecomeWhole(agent.record(), target);
        return next.equals(agent.record()) || agent.write(next);
    }

    @Override
    public boolean isNeeded() {
        return source.acknowledges() && source.targets().stream().anyMatch(this::mustBeLeftBehind);
    }

    @Override
    public boolean isAnswerDue() {
        return source.mirror() != null && source.mirror().isBusy();
    }

    private boolean mustBeLeftBehind(TargetConnection target) {
        LegState leg = target.legState();
        return !target.member.isForeign() && SourceRecords.mustBeLeftBehind(agent.record().peer(target.node()), leg == LegState.IN_SYNC,
                leg.replicates());
    }

    @Override
    public void change(IntentWaiter done) {
        loseThoseWhoCannotBeTold();
        source.gate().pass(this::behind, new GenerationGate.Passage() {
            @Override
            public void passed(long generation) {
                changeTo(generation, done);
            }

            @Override
            public void notNeeded() {
                done.onIntent(BlockError.NONE);
            }

            @Override
            public void refused() {
                done.onIntent(BlockError.EIO);
            }
        });
    }

    private List<String> behind() {
        return isNeeded() ? source.targets().stream().filter(this::mustBeLeftBehind).map(TargetConnection::node).toList() : List.of();
    }

    private void changeTo(long generation, IntentWaiter done) {
        List<String> stale = behind();
        List<String> asked = source.targets().stream().filter(GenerationChange::isAsked).map(TargetConnection::node).toList();
        // A target that hears of the new generation before it is asked to take it finds itself outdated, and would get everything.
        MirrorRecord next = SourceRecords.leftBehind(agent.record(), stale, asked, () -> generation);
        if (!agent.write(next, () -> changed(stale, done))) {
            agent.event("the state folder cannot be written, so " + String.join(" and ", stale)
                    + " cannot be kept from taking over without what it misses: the mirror stops writing; repair the folder, then stop and "
                    + "start the mirror, or let a target that is in sync take over");
            done.onIntent(BlockError.EIO);
        }
    }

    private static boolean isAsked(TargetConnection target) {
        return !target.member.isForeign() && target.legState() == LegState.IN_SYNC;
    }

    private void changed(List<String> stale, IntentWaiter done) {
        source.journal().generationChanged();
        agent.event("G2: " + String.join(" and ", stale) + " misses writes from now on and may not take over");
        tellTheOthers(stale, done);
    }

    /** Nobody waits for the answer of a node that is known not to give one: it is left behind together with the others. */
    private void loseThoseWhoCannotBeTold() {
        for (TargetConnection target : List.copyOf(source.targets())) {
            if (isAsked(target) && !agent.facts(target.node()).reachable()) {
                source.mirror().legLost(target.slot, "its node cannot be told that the generation changes");
            }
        }
    }

    private void tellTheOthers(List<String> stale, IntentWaiter done) {
        ObjectNode body = agent.reportBody();
        stale.forEach(body.putArray("stale")::add);
        long generation = agent.record().generations().current();
        List<String> adopted = new ArrayList<>();
        Steps steps = new Steps(() -> told(generation, adopted, done));
        loseThoseWhoCannotBeTold();
        for (TargetConnection target : List.copyOf(source.targets())) {
            if (target.member.isForeign() || !agent.facts(target.node()).reachable()) {
                continue;
            }
            boolean mustKnow = target.legState() == LegState.IN_SYNC;
            if (mustKnow) {
                steps.begin();
            }
            agent.context().peers.request(target.node(), PeerMessages.ADOPT, body, source.config().targets().requestTimeoutNs(), reply -> {
                if (mustKnow) {
                    if (reply.isOk()) {
                        adopted.add(target.node());
                    } else {
                        source.mirror().legLost(target.slot, "its node did not take the new generation: " + reply.error());
                    }
                    steps.end();
                }
            });
        }
        steps.allBegun();
    }

    private void told(long generation, List<String> adopted, IntentWaiter done) {
        MirrorRecord now = agent.record();
        boolean recorded = adopted.isEmpty() || now.generations().current() != generation || !source.acknowledges()
                || agent.write(SourceRecords.haveAdopted(now, adopted));
        done.onIntent(recorded ? BlockError.NONE : BlockError.EIO);
    }
}
