/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.integration.model;

import java.util.ArrayList;
import java.util.List;
import org.netraid.integration.model.Member.Task;
import org.netraid.integration.model.Memory.Worth;
import org.netraid.replicator.decide.NodeFacts;
import org.netraid.replicator.decide.TargetPlan;
import org.netraid.replicator.decide.TargetRecords;
import org.netraid.replicator.state.DiskState;
import org.netraid.replicator.state.MirrorRecord;
import org.netraid.replicator.state.PeerRecord;
import org.netraid.replicator.state.Role;

/**
 * What targets remember, and what comes of it: survivors without the lost source (S1), and resyncs that are taken back (D18). Mirrors
 * TargetRegions, RegionRounds, SurvivorRegions, TargetUndo and TargetRollback.
 */
final class MemorySteps {

    private final Rules rules;

    MemorySteps(Rules rules) {
        this.rules = rules;
    }

    // ---- a source gets the disk of a target

    /** Before the target's record changes. */
    void opening(World world, NodeFacts source, int target, TargetPlan.Kind kind, boolean discard) {
        Member other = world.members[target];
        MirrorRecord own = other.record;
        if (rules.has(Feature.SURVIVORS)) {
            other.memory.prepare(discard || kind == TargetPlan.Kind.FULL || own.lastOwner() || own.logActive() || !own.created());
        }
        boolean overwrites = kind != TargetPlan.Kind.NO_RESYNC && (discard || !own.created());
        if (overwrites && own.diskState() != DiskState.INCONSISTENT) {
            keep(world, target, TargetRecords.before(own, source));
        }
    }

    /**
     * The target has answered: what it says of its copy becomes dirty.
     *
     * @return false if it remembers nothing of use, and the plan counts on that
     */
    boolean opened(World world, int source, int target, TargetPlan plan) {
        Member member = world.members[source];
        Memory its = world.members[target].memory;
        if (rules.defect != Defect.FORGET_UNDONE) {
            member.dirty(target, member.dirty(target) | its.undone);
        }
        if (!plan.isAmongSurvivors()) {
            return true;
        }
        if (its.worth.compareTo(Worth.KEPT) < 0) {
            member.memory.without |= 1 << target;
            return false;
        }
        member.dirty(target, member.dirty(target) | member.memory.regions | its.regions);
        return true;
    }

    /** Before the target records that it is inconsistent. */
    void announced(World world, int target, boolean isFull, boolean hasRoom) {
        Member other = world.members[target];
        if (other.record.diskState() != DiskState.INCONSISTENT) {
            keep(world, target, other.record);
        }
        if (!hasRoom && other.memory.keeps) {
            world.tell(() -> "  " + other.name + " has no room to keep what is overwritten");
            forgetBefore(world, target);
        }
        if (isFull) {
            other.memory.beginAnew();
        }
    }

    void written(World world, int target, int chunk) {
        Memory its = world.members[target].memory;
        if (rules.defect != Defect.FORGET_REGIONS) {
            its.written(chunk);
        }
        its.kept |= its.keeps ? 1 << chunk : 0;
    }

    void inSync(World world, int target) {
        forgetBefore(world, target);
        world.members[target].memory.undone = 0;
    }

    // ---- a node goes in service

    void serves(World world, int node) {
        Member member = world.members[node];
        forgetBefore(world, node);
        for (int other = 0; other < world.size; other++) {
            if (other != node && rules.defect != Defect.FORGET_UNDONE) {
                member.dirty(other, member.dirty(other) | member.memory.undone);
            }
        }
        member.memory.undone = 0;
        member.memory.serves = member.memory.worth == Worth.WHOLE && member.record.peers().stream().anyMatch(PeerRecord::needsMerge);
    }

    // ---- S1

    /** @return the targets to be told what everybody has, or what others lack; empty if nobody needs to be */
    private List<Integer> toBeTold(World world, int source) {
        Member member = world.members[source];
        List<Integer> inSync = new ArrayList<>();
        for (int target = 0; target < world.size; target++) {
            if (target != source && member.record.peer(world.name(target)).needsMerge()) {
                return List.of();
            }
            if (target != source && member.leg(target).isInSync() && world.reaches(source, target)
                    && member.record.peer(world.name(target)).bitmapGeneration() == 0) {
                inSync.add(target);
            }
        }
        if (!isEverybody(world, inSync)) {
            inSync.removeIf(target -> world.members[target].memory.worth == Worth.WHOLE);
        }
        return inSync;
    }

    private boolean isEverybody(World world, List<Integer> targets) {
        return targets.size() == world.size - 1 || rules.defect == Defect.FORGET_REGIONS_EARLY;
    }

    boolean canRound(World world, int source) {
        return rules.has(Feature.SURVIVORS) && !toBeTold(world, source).isEmpty();
    }

    /** @param one only one of them hears of it */
    void round(World world, int source, boolean one) {
        List<Integer> told = toBeTold(world, source);
        boolean everybody = isEverybody(world, told);
        int lacked = 0;
        for (int target = 0; target < world.size; target++) {
            lacked |= target == source ? 0 : world.members[source].dirty(target);
        }
        for (int target : told) {
            world.tell(() -> world.name(source) + " tells " + world.name(target) + (everybody ? " that all copies are equal"
                    : " what others lack"));
            if (everybody) {
                world.members[target].memory.forget();
            } else {
                world.members[target].memory.told(lacked);
            }
            if (one) {
                return;
            }
        }
    }

    // ---- D18

    private void keep(World world, int node, MirrorRecord before) {
        Member member = world.members[node];
        forgetBefore(world, node);
        if (rules.has(Feature.ROLLBACK) && before.created() && before.diskState() != DiskState.FAILED) {
            member.before = before.with().diskState(DiskState.OUTDATED).resyncSource("").build();
            member.memory.keeps = true;
            world.oracle.remember(node);
        }
    }

    private static void forgetBefore(World world, int node) {
        Member member = world.members[node];
        member.before = MirrorRecord.NEW;
        member.memory.keeps = false;
        member.memory.kept = 0;
        world.oracle.noLongerRemember(node);
    }

    boolean canRunOutOfRoom() {
        return rules.has(Feature.ROLLBACK);
    }

    static boolean canRollBack(World world, int node) {
        Member member = world.members[node];
        return member.memory.keeps && member.role != Role.SOURCE && member.task == Task.NONE
                && member.record.diskState() == DiskState.INCONSISTENT
                && world.others(node).stream().noneMatch(NodeFacts::isInService);
    }

    /** @param dies when the first chunk is put back */
    void rollBack(World world, int node, boolean dies) {
        Member member = world.members[node];
        world.tell(() -> "operator: rollback " + member.name);
        for (int source = 0; source < world.size; source++) {
            if (source != node) {
                world.dropLeg(source, node);
            }
        }
        member.source = -1;
        member.memory.undone = member.memory.kept;
        for (int chunk = 0; chunk < world.oracle.chunks; chunk++) {
            if ((member.memory.kept >>> chunk & 1) != 0) {
                world.oracle.putBack(node, chunk);
                if (dies) {
                    return;
                }
            }
        }
        Checks.rolledBack(world, node);
        member.record = rules.defect == Defect.KEEP_RECORD ? member.before.with().diskState(DiskState.UP_TO_DATE).build() : member.before;
        Checks.isWorthAfterRollBack(world, node);
        world.oracle.mixed &= ~(1 << node);
        world.oracle.unfinished &= ~(1 << node);
        forgetBefore(world, node);
    }
}
