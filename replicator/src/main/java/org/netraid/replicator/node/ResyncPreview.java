/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.node;

import org.netraid.replicator.control.MirrorCommand;
import org.netraid.replicator.control.TargetPreview;
import org.netraid.replicator.control.TargetPreview.Amount;
import org.netraid.replicator.decide.NodeFacts;
import org.netraid.replicator.decide.TargetPlan;
import org.netraid.replicator.decide.TargetPlans;
import org.netraid.replicator.io.Units;

/**
 * What {@code --dry-run} says of one target: full or partial, direction, how much, by which row and why. Changes nothing. One for each
 * command, {@code fullresync}, {@code start} and {@code force}; the words are made in one place.
 */
final class ResyncPreview {

    static final long UNKNOWN_BYTES = -1;

    private final VolumeAgent agent;
    private final String target;

    ResyncPreview(VolumeAgent agent, String target) {
        this.agent = agent;
        this.target = target;
    }

    /** Of {@code fullresync}: the node is in service. */
    static TargetPreview ofFullResync(VolumeAgent agent, MirrorCommand command, TargetConnection target) {
        String name = target.node();
        ResyncPreview preview = new ResyncPreview(agent, name);
        NodeFacts facts = agent.facts(name);
        if (facts.isInService()) {
            return preview.nothing(Amount.REFUSED, "", "it is in service itself; stop it there first: mirror_action " + agent.tag()
                    + " stop " + name);
        }
        TargetPlan plan = TargetPlans.overwrite(agent.record(), name);
        boolean compare = command.has(MirrorCommand.SEEDED) && !target.member.isForeign();
        return preview.full(plan, compare, (agent.record().peer(name).paused() ? "; its pause ends" : "")
                + (facts.reachable() || target.isConnected() ? "" : "; it cannot be reached: when it returns"));
    }

    TargetPreview full(TargetPlan plan, boolean compare, String more) {
        return of(Amount.FULL, agent.record().sizeBytes(), plan.rule(), "full resync: would " + mergeFirst(plan)
                + (compare ? "compare everything and send what differs" : "send everything"),
                Units.ofBytes(agent.record().sizeBytes()) + "; " + why(plan) + more);
    }

    /** @param bytes of what differs, as far as is known */
    TargetPreview partial(TargetPlan plan, long bytes, String more) {
        return of(Amount.PARTIAL, bytes, plan.rule(), "partial resync: would " + mergeFirst(plan) + "send what differs",
                (bytes == UNKNOWN_BYTES ? "how much is known when it is connected" : Units.ofBytes(bytes)) + "; " + why(plan) + more);
    }

    /** @param rule "" if the sentence is of no row of the table */
    TargetPreview nothing(Amount amount, String rule, String sentence) {
        String lead = amount == Amount.NONE ? "no resync: " : "";
        return new TargetPreview(agent.node(), target, amount, 0, rule, lead + "would send nothing to " + target + ": "
                + (rule.isEmpty() ? "" : rule + ": ") + sentence);
    }

    /**
     * @param why what this node cannot know now
     * @param expected what would be if all is as recorded here; null if nothing is recorded
     */
    TargetPreview unknown(String why, String rule, TargetPreview expected) {
        return new TargetPreview(agent.node(), target, Amount.UNKNOWN, UNKNOWN_BYTES, rule, target + ": full or partial is not known: "
                + why + (expected == null ? "" : "; by what is recorded here: " + expected.text()));
    }

    String why(TargetPlan plan) {
        return plan.rule() + ": " + sentence(plan);
    }

    /** With the cure, if there is one. */
    String sentence(TargetPlan plan) {
        return plan.sentence() + (plan.cure().isEmpty() ? "" : "; " + agent.withTag(plan.cure()));
    }

    private String mergeFirst(TargetPlan plan) {
        return plan.kind() == TargetPlan.Kind.MERGE_FIRST ? "take over the dirty chunks of " + target + ", then " : "";
    }

    private TargetPreview of(Amount amount, long bytes, String rule, String what, String rest) {
        return new TargetPreview(agent.node(), target, amount, bytes, rule, what + ", " + agent.node() + " -> " + target + ", " + rest);
    }
}
