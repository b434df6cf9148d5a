/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.integration.model;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.netraid.replicator.decide.ClaimRules;
import org.netraid.replicator.decide.Decision;
import org.netraid.replicator.decide.Decisions;
import org.netraid.replicator.decide.NodeFacts;
import org.netraid.replicator.decide.Request;
import org.netraid.replicator.decide.Situation;
import org.netraid.replicator.decide.TargetPlan;
import org.netraid.replicator.decide.TargetPlans;
import org.netraid.replicator.decide.TargetRecords;
import org.netraid.replicator.state.Generations;
import org.netraid.replicator.state.Role;

/** The product's rules, asked about a world; and the one place where defects are planted. */
final class Rules {

    final Defect defect;

    private final Set<Feature> features;

    Rules(Defect defect, Set<Feature> features) {
        this.defect = defect;
        this.features = Set.copyOf(features);
    }

    boolean has(Feature feature) {
        return features.contains(feature);
    }

    Decision decide(World world, int node, Request request) {
        List<NodeFacts> others = world.others(node);
        NodeFacts own = world.own(node);
        if (defect == Defect.IGNORE_GENERATIONS) {
            others.replaceAll(Rules::inOneGeneration);
            own = inOneGeneration(own);
        }
        Decision decision = Decisions.decide(new Situation(own, others, request, world.members[node].waited, ""));
        check(decision);
        if (defect == Defect.IGNORE_DATA_CORRUPT && decision.action() == Decision.Action.BLOCK_DATA_CORRUPT) {
            return new Decision(Decision.Action.START, decision.rule(), own.node(), decision.sentence(), "");
        }
        return decision;
    }

    /** G7: whoever is held back is told why, and what would change it. */
    private static void check(Decision decision) {
        boolean held = decision.action() == Decision.Action.BLOCK || decision.action() == Decision.Action.BLOCK_DATA_CORRUPT;
        if (decision.rule().isEmpty() || decision.sentence().isEmpty() || held && decision.cure().isEmpty()) {
            throw new Violation("G7: blocked without a reason or a cure: " + decision);
        }
    }

    TargetPlan plan(World world, int source, int target) {
        Member member = world.members[source];
        NodeFacts own = world.own(source);
        NodeFacts other = world.facts(source, target);
        if (defect == Defect.IGNORE_GENERATIONS) {
            own = inOneGeneration(own);
            other = inOneGeneration(other);
        }
        return TargetPlans.plan(own, other, member.slot(target), Integer.bitCount(member.dirty(target)), member.waitIsOver,
                member.memory.serves && (member.memory.without >>> target & 1) == 0);
    }

    private static NodeFacts inOneGeneration(NodeFacts facts) {
        return facts.record().created() ? new NodeFacts(facts.node(), facts.reachable(), facts.role(), facts.record().with()
                .generations(new Generations(1, List.of())).build()) : facts;
    }

    /** Why a target does not give its disk out; "" if it does. */
    String openRefusal(World world, int source, int target, boolean discard) {
        Member asked = world.members[target];
        boolean serves = asked.role == Role.TARGET && asked.source >= 0;
        return defect == Defect.IGNORE_GENERATIONS ? "" : TargetRecords.refusal(asked.name, asked.record, serves
                ? world.facts(target, asked.source) : null, world.own(source), discard);
    }

    /** Who does not agree that the node goes in service, and why. */
    List<String> refusals(World world, int node, boolean forced, int handedOverBy) {
        List<String> refusals = new ArrayList<>();
        if (defect == Defect.NOBODY_IS_ASKED) {
            return refusals;
        }
        Member claimant = world.members[node];
        ClaimRules.Claim claim = new ClaimRules.Claim(claimant.name, claimant.record.lastOwner(), forced, handedOverBy < 0 ? ""
                : world.name(handedOverBy));
        if (claimant.promisedTo >= 0) {
            refusals.add(world.name(claimant.promisedTo) + " goes in service at this moment");
        }
        for (int other = 0; other < world.size; other++) {
            if (other != node && world.reaches(node, other)) {
                Member asked = world.members[other];
                boolean sees = asked.source >= 0 && world.facts(other, asked.source).isInService();
                String refusal = ClaimRules.refusal(new ClaimRules.Asked(asked.name, asked.record.lastOwner(), asked.role, false,
                        asked.task == Member.Task.ENTERING, asked.promisedTo < 0 ? "" : world.name(asked.promisedTo), asked.source < 0 ? ""
                        : world.name(asked.source), sees), claim);
                if (!refusal.isEmpty()) {
                    refusals.add(refusal);
                }
            }
        }
        return refusals;
    }
}
