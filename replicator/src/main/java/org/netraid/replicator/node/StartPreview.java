/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.node;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.netraid.intentlog.SlotState;
import org.netraid.replicator.config.MemberConfig;
import org.netraid.replicator.control.TargetPreview;
import org.netraid.replicator.control.TargetPreview.Amount;
import org.netraid.replicator.decide.Decision;
import org.netraid.replicator.decide.NodeFacts;
import org.netraid.replicator.decide.SourceRecords;
import org.netraid.replicator.decide.TargetPlan;
import org.netraid.replicator.decide.TargetPlan.Kind;
import org.netraid.replicator.decide.TargetPlans;
import org.netraid.replicator.state.DiskState;
import org.netraid.replicator.state.Generations;
import org.netraid.replicator.state.MirrorRecord;
import org.netraid.replicator.state.PeerRecord;
import org.netraid.replicator.state.Role;

/**
 * What {@code start --dry-run} and {@code force --dry-run} say of each target: the record that this node would have in service, and the
 * table's second half asked with it. What only contact can show is named as unknown, with what is recorded here.
 */
final class StartPreview {

    private final VolumeAgent agent;
    private final MirrorRecord inService;
    private final LogForecast log;

    private StartPreview(VolumeAgent agent, MirrorRecord inService, LogForecast log) {
        this.agent = agent;
        this.inService = inService;
        this.log = log;
    }

    /** @param start a decision to go in service */
    static void of(VolumeAgent agent, Decision start, Consumer<List<TargetPreview>> done) {
        agent.beginTransition("reading the intent log for --dry-run");
        LogForecast.read(agent, log -> {
            agent.endTransition();
            MirrorRecord next = SourceRecords.inService(SourceSide.entering(agent, start, agent.record().sizeBytes(),
                    agent.record().chunkBytes(), () -> ~agent.record().generations().current()));
            done.accept(new StartPreview(agent, next, log).targets());
        });
    }

    private List<TargetPreview> targets() {
        List<TargetPreview> previews = new ArrayList<>();
        for (MemberConfig member : agent.config().members()) {
            PeerRecord known = inService.peer(member.node());
            if (!member.node().equals(agent.node()) && known.member()) {
                previews.add(preview(member, known, new ResyncPreview(agent, member.node())));
            }
        }
        return previews;
    }

    private TargetPreview preview(MemberConfig member, PeerRecord known, ResyncPreview words) {
        if (known.paused()) {
            return words.nothing(Amount.NONE, "", "it is paused; resume sends what it misses");
        }
        if (!log.problem().isEmpty()) {
            return words.unknown("the intent log of " + agent.node() + " says it, and cannot be read beforehand: " + log.problem(), "",
                    null);
        }
        LogForecast.Slot slot = log.of(known);
        if (member.isForeign()) {
            return words.unknown("whether it can be reached shows when it is connected", "", foreign(known, slot, words));
        }
        NodeFacts facts = agent.facts(member.node());
        return facts.reachable() ? preview(facts, known, slot, words)
                : words.unknown(member.node() + " does not answer, so which data it has by now cannot be told", "",
                        preview(asRecorded(known), known, slot, words));
    }

    /** The target as this node would take it to be: stale or not, of the generation since when its bits are kept. */
    private NodeFacts asRecorded(PeerRecord known) {
        long since = known.bitmapGeneration() == 0 ? inService.generations().current() : known.bitmapGeneration();
        return new NodeFacts(known.node(), true, Role.STOPPED, inService.with().generations(new Generations(since, List.of()))
                .diskState(DiskState.CONSISTENT).lastOwner(false).inService(false).peers(List.of()).build());
    }

    private TargetPreview foreign(PeerRecord known, LogForecast.Slot slot, ResyncPreview words) {
        if (TargetPlans.waits(inService, known, slot.state(), waitIsOver())) {
            return words.unknown("only " + inService.previousSource() + ", the source before, knows what it lacks", "D6", null);
        }
        boolean full = slot.state() == SlotState.FULL_RESYNC || known.needsMerge();
        return shown(new TargetPlan(full ? Kind.FULL : slot.dirtyChunks() == 0 ? Kind.NO_RESYNC : Kind.PARTIAL, full ? "D14" : "D13",
                "a plain NBD server: only this node knows what it lacks", ""), slot, words);
    }

    private TargetPreview preview(NodeFacts target, PeerRecord known, LogForecast.Slot slot, ResyncPreview words) {
        TargetPlan plan = plan(inService, target, slot, waitIsOver());
        if (plan.kind() != Kind.MERGE_FIRST) {
            return shown(plan, slot, words);
        }
        TargetPlan merged = plan(SourceRecords.merged(inService), target, slot, true);
        return merged.kind() == Kind.FULL ? words.full(plan, false, "; then " + words.why(merged))
                : words.partial(plan, ResyncPreview.UNKNOWN_BYTES, "; if its log tells nothing, everything is sent");
    }

    private TargetPlan plan(MirrorRecord own, NodeFacts target, LogForecast.Slot slot, boolean waitIsOver) {
        return TargetPlans.plan(new NodeFacts(agent.node(), true, Role.SOURCE, own), target, slot.state(), slot.dirtyChunks(), waitIsOver,
                agent.regions().isWhole());
    }

    private boolean waitIsOver() {
        return PreviousSourceWait.isOver(inService, agent.config().failover().waitForPreviousSourceNs(), agent.nowMillis());
    }

    private TargetPreview shown(TargetPlan plan, LogForecast.Slot slot, ResyncPreview words) {
        return switch (plan.kind()) {
            case NO_RESYNC -> words.nothing(Amount.NONE, plan.rule(), plan.sentence());
            case FULL -> words.full(plan, false, "");
            case PARTIAL -> plan.isAmongSurvivors()
                    ? words.partial(plan, ResyncPreview.UNKNOWN_BYTES, "; if it remembers nothing, "
                            + inService.previousSource() + " is needed (D6)")
                    : words.partial(plan, slot.dirtyBytes(), "");
            case MERGE_FIRST, WAIT_PREVIOUS_SOURCE -> words.unknown(words.sentence(plan), plan.rule(), null);
            case SPLIT_BRAIN, REFUSE -> words.nothing(Amount.REFUSED, plan.rule(), words.sentence(plan));
        };
    }
}
