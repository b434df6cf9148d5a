/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.node;

import org.netraid.replicator.control.MirrorCommand;
import org.netraid.replicator.decide.NodeFacts;
import org.netraid.replicator.decide.TargetPlan;
import org.netraid.replicator.decide.TargetPlans;
import org.netraid.replicator.io.Units;

/** What {@code fullresync --dry-run} says of each target: direction, how much, by which row and why. Changes nothing. */
final class FullResyncPreview {

    private FullResyncPreview() {
    }

    static String of(VolumeAgent agent, MirrorCommand command, TargetConnection target) {
        String name = target.node();
        NodeFacts facts = agent.facts(name);
        if (facts.isInService()) {
            return "would send nothing to " + name + ": it is in service itself; stop it there first: mirror_action " + agent.tag()
                    + " stop " + name;
        }
        TargetPlan plan = TargetPlans.overwrite(agent.record(), name);
        boolean comparable = command.has(MirrorCommand.SEEDED) && !target.member.isForeign();
        String way = agent.node() + " -> " + name;
        return (plan.kind() == TargetPlan.Kind.MERGE_FIRST ? "would take over the dirty chunks of " + name + ", then " : "would ")
                + (comparable ? "compare everything and send what differs" : "send everything") + ", " + way + ", "
                + Units.ofBytes(agent.record().sizeBytes()) + "; " + plan.rule() + ": " + plan.sentence()
                + (agent.record().peer(name).paused() ? "; its pause ends" : "")
                + (facts.reachable() || target.isConnected() ? "" : "; it cannot be reached: when it returns");
    }
}
