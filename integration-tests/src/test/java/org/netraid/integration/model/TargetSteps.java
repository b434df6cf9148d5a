/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.integration.model;

import java.util.ArrayList;
import java.util.List;
import org.netraid.integration.model.Member.Leg;
import org.netraid.integration.model.Member.Task;
import org.netraid.intentlog.SlotState;
import org.netraid.replicator.decide.NodeFacts;
import org.netraid.replicator.decide.SourceRecords;
import org.netraid.replicator.decide.TargetPlan;
import org.netraid.replicator.decide.TargetPlans;
import org.netraid.replicator.decide.TargetRecords;
import org.netraid.replicator.state.DiskState;
import org.netraid.replicator.state.Role;

/** Writes, and the way of a target back to "in sync". Mirrors SourceSide, TargetConnection and TargetRequests, whose rules it uses. */
final class TargetSteps {

    private final Rules rules;
    private final Tally tally;
    private final MemorySteps memory;

    TargetSteps(Rules rules, Tally tally, MemorySteps memory) {
        this.memory = memory;
        this.rules = rules;
        this.tally = tally;
    }

    // ---- writes

    void write(World world, int source, int chunk) {
        write(world, source, chunk, -1, false);
    }

    /**
     * @param lost a target whose connection breaks while it is asked to take a new generation, if there is one to take; -1: none
     * @param took it has taken it
     */
    void write(World world, int source, int chunk, int lost, boolean took) {
        world.tell(() -> "write chunk " + chunk + " on " + world.name(source) + ": acknowledged");
        Checks.writes(world, source);
        int value = world.oracle.write(source, chunk);
        if (leaveBehind(world, source, lost, took)) {
            // whoever could not be asked, or did not answer, is left behind before the write is acknowledged
            leaveBehind(world, source, -1, false);
        }
        world.oracle.store(source, chunk, value);
        Member member = world.members[source];
        for (int target = 0; target < world.size; target++) {
            if (target == source) {
                continue;
            }
            if (member.leg(target).replicates()) {
                store(world, source, target, chunk, value);
            } else {
                miss(member, target, chunk);
            }
        }
        world.oracle.acknowledge(chunk, value);
    }

    /** The source dies before the write is acknowledged: some have it, and the log has the chunk dirty for everybody. */
    void tornWrite(World world, int source, int chunk, Move.Torn torn) {
        world.tell(() -> "write chunk " + chunk + " on " + world.name(source) + " reaches " + switch (torn) {
            case SOURCE -> "its own disk only";
            case SOURCE_STALE -> "its own disk only, and those that miss it are marked stale";
            case TARGETS -> "the targets only";
            case FIRST_TARGET -> "the first target only";
            case HALF_ADOPTED -> "no disk, but some know that others are stale";
        });
        Checks.writes(world, source);
        int value = world.oracle.write(source, chunk);
        Member member = world.members[source];
        if (torn == Move.Torn.SOURCE_STALE) {
            leaveBehind(world, source, -1, false);
        } else if (torn == Move.Torn.HALF_ADOPTED) {
            leaveBehind(world, source, lastInSync(world, source), false);
        }
        if (torn == Move.Torn.SOURCE || torn == Move.Torn.SOURCE_STALE) {
            world.oracle.store(source, chunk, value);
        }
        boolean first = true;
        for (int target = 0; target < world.size; target++) {
            if (target == source) {
                continue;
            }
            if (member.leg(target).replicates() && (torn == Move.Torn.TARGETS || torn == Move.Torn.FIRST_TARGET && first)) {
                store(world, source, target, chunk, value);
                first = false;
            }
            member.dirty(target, member.dirty(target) | 1 << chunk);
        }
    }

    private void store(World world, int source, int target, int chunk, int value) {
        Checks.overwrites(world, source, target, chunk);
        memory.written(world, target, chunk);
        world.oracle.store(target, chunk, value);
        noteMixture(world, source, target, chunk);
    }

    /** @param chunk just written, so that it proves nothing */
    private static void noteMixture(World world, int source, int target, int chunk) {
        boolean differs = (world.oracle.differing(source, target) & ~(1 << chunk)) != 0;
        boolean inSync = world.members[source].leg(target).isInSync();
        world.oracle.mixed = !differs || inSync ? world.oracle.mixed & ~(1 << target) : world.oracle.mixed | 1 << target;
    }

    private static void miss(Member member, int target, int chunk) {
        member.dirty(target, member.dirty(target) | 1 << chunk);
        if (member.slot(target) == SlotState.TRACKING) {
            member.slot(target, SlotState.STALE);
        }
    }

    /** The next write makes a new generation. */
    boolean generationMustChange(World world, int source) {
        Member member = world.members[source];
        for (int target = 0; target < world.size; target++) {
            Leg leg = member.leg(target);
            if (target != source && SourceRecords.mustBeLeftBehind(member.record.peer(world.name(target)), leg.isInSync(),
                    leg.replicates())) {
                return true;
            }
        }
        return false;
    }

    private static int lastInSync(World world, int source) {
        int last = -1;
        for (int target = 0; target < world.size; target++) {
            if (target != source && world.members[source].leg(target).isInSync()) {
                last = target;
            }
        }
        return last;
    }

    /**
     * G5: a new generation before a target misses its first acknowledged write.
     *
     * @return true if there was one
     */
    private boolean leaveBehind(World world, int source, int lost, boolean took) {
        Member member = world.members[source];
        List<String> stale = new ArrayList<>();
        List<String> asked = new ArrayList<>();
        for (int target = 0; target < world.size; target++) {
            Leg leg = member.leg(target);
            if (target != source && SourceRecords.mustBeLeftBehind(member.record.peer(world.name(target)), leg.isInSync(),
                    leg.replicates())) {
                stale.add(world.name(target));
            } else if (target != source && leg.isInSync()) {
                asked.add(world.name(target));
            }
        }
        if (stale.isEmpty() || rules.defect == Defect.FORGET_STALE) {
            return false;
        }
        member.record = SourceRecords.leftBehind(member.record, stale, asked, world::newGeneration);
        world.tell(() -> "  before that, " + world.name(source) + ": G2: " + String.join(" and ", stale)
                + " misses writes from now on and may not take over");
        NodeFacts own = world.own(source);
        List<String> adopted = new ArrayList<>();
        for (int target = 0; target < world.size; target++) {
            if (target == source || !world.reaches(source, target)) {
                continue;
            }
            Member told = world.members[target];
            if (target == lost) {
                world.tell(() -> "  " + told.name + " is lost while it is asked to take the new generation, "
                        + (took ? "and has taken it" : "and has not"));
                if (took) {
                    adopt(world, own, source, target);
                }
                world.dropLeg(source, target);
            } else if (stale.contains(told.name)) {
                if (told.role != Role.SOURCE) {
                    TargetRecords.toldStale(told.name, told.record, own).ifPresent(record -> told.record = record);
                }
            } else if (adopt(world, own, source, target)) {
                adopted.add(told.name);
            } else if (member.leg(target).isInSync()) {
                world.dropLeg(source, target);
            }
        }
        member.record = SourceRecords.haveAdopted(member.record, adopted);
        return true;
    }

    private static boolean adopt(World world, NodeFacts own, int source, int target) {
        Member told = world.members[target];
        if (told.record.diskState() != DiskState.UP_TO_DATE || !NodeSteps.isTargetOf(world, target, source)) {
            return false;
        }
        told.record = TargetRecords.adopted(told.name, told.record, own);
        return true;
    }

    // ---- connecting

    boolean wantsMerge(World world, int source, int target) {
        return plan(world, source, target).kind() == TargetPlan.Kind.MERGE_FIRST;
    }

    private static boolean discards(World world, int source, int target) {
        return (world.members[source].discards >>> target & 1) != 0 && world.members[target].role != Role.SOURCE;
    }

    private TargetPlan plan(World world, int source, int target) {
        return discards(world, source, target) ? TargetPlans.overwrite(world.members[source].record, world.name(target))
                : rules.plan(world, source, target);
    }

    void open(World world, int source, int target) {
        Member member = world.members[source];
        Member other = world.members[target];
        boolean discard = discards(world, source, target);
        TargetPlan plan = plan(world, source, target);
        if (!plan.kind().connects()) {
            return;
        }
        boolean resumes = other.record.diskState() == DiskState.INCONSISTENT && other.record.resyncSource().equals(member.name)
                && member.slot(target) == SlotState.FULL_RESYNC;
        boolean enough = member.slot(target) != SlotState.FULL_RESYNC
                && (world.oracle.differing(source, target) & ~member.dirty(target)) == 0;
        if (plan.kind() == TargetPlan.Kind.FULL && (discard || !resumes)) {
            everything(member, target);
        }
        String refusal = other.task != Task.NONE ? "busy" : other.role == Role.SOURCE ? "it is in service itself"
                : rules.openRefusal(world, source, target, discard);
        world.tell(() -> member.name + " connects target " + other.name + ": " + plan.kind() + " " + plan.rule() + ": " + plan.sentence()
                + (refusal.isEmpty() ? "" : ": refused: " + refusal));
        if (!refusal.isEmpty()) {
            return;
        }
        tally.plan(plan.kind() == TargetPlan.Kind.FULL, plan.rule(), plan.sentence(), enough);
        if (discard) {
            world.oracle.giveUpWhatOnly(target, source);
        } else {
            Checks.takes(world, source, target);
        }
        for (int before = 0; before < world.size; before++) {
            if (before != target) {
                world.dropLeg(before, target);
            }
        }
        if (plan.kind() == TargetPlan.Kind.NO_RESYNC && rules.defect != Defect.FORGET_WHO_MAY_HOLD) {
            member.record = SourceRecords.mayBecomeWhole(member.record, other.name);
        }
        memory.opening(world, world.own(source), target, plan.kind(), discard);
        other.record = TargetRecords.opened(other.name, other.record, world.own(source), plan.kind(), discard);
        other.role = Role.TARGET;
        other.source = source;
        if (memory.opened(world, source, target, plan)) {
            member.discards &= ~(1 << target);
            offer(world, source, target);
        }
    }

    /**
     * The mirror's own condition: it trusts its log and what the target says of its copy, not the plan. Of a survivor (S1) it is told that
     * it is not consistent, for that one is bound by the mark of a resync only.
     */
    private void offer(World world, int source, int target) {
        Member member = world.members[source];
        boolean bound = rules.defect == Defect.SURVIVOR_AT_ONCE || !member.record.peer(world.name(target)).needsMerge();
        boolean clean = bound && world.members[target].record.diskState() != DiskState.INCONSISTENT
                && member.slot(target) == SlotState.TRACKING
                && member.dirty(target) == 0;
        member.leg(target, clean ? Leg.CLEAN : Leg.CONNECTED);
    }

    private static void everything(Member member, int target) {
        member.slot(target, SlotState.FULL_RESYNC);
        member.dirty(target, -1);
    }

    // ---- the previous source

    void merge(World world, int source, int previous) {
        Member member = world.members[source];
        Member before = world.members[previous];
        if (before.role == Role.SOURCE || before.task != Task.NONE) {
            return;
        }
        world.tell(() -> member.name + " takes over the dirty chunks of " + before.name + " (D7)");
        boolean knows = TargetRecords.knowsDirtyChunks(before.name, before.record, world.own(source));
        for (int target = 0; target < world.size; target++) {
            if (target == source || rules.defect == Defect.FORGET_MERGE) {
                continue;
            }
            for (String map : SourceRecords.mapsFor(member.record, member.name, world.name(target))) {
                int slot = world.indexOf(map);
                if (!knows || before.slot(slot) == SlotState.UNUSED || !TargetRecords.knowsAllOf(before.record.peer(map))) {
                    everything(member, target);
                } else {
                    member.dirty(target, member.dirty(target) | before.dirty(slot));
                }
            }
        }
        member.record = SourceRecords.merged(member.record);
    }

    void waitIsOver(World world, int source) {
        world.tell(() -> world.name(source) + ": D8: the previous source is not waited for any longer");
        world.members[source].waitIsOver = true;
    }

    // ---- a resync

    void announce(World world, int source, int target, boolean hasRoom) {
        Member other = world.members[target];
        if (!NodeSteps.isTargetOf(world, target, source)) {
            return;
        }
        world.tell(() -> other.name + " records that it is inconsistent by a resync from " + world.name(source));
        memory.announced(world, target, world.members[source].slot(target) == SlotState.FULL_RESYNC, hasRoom);
        if (rules.defect != Defect.FORGET_INCONSISTENT) {
            other.record = TargetRecords.inconsistent(other.record, world.name(source));
        }
        world.oracle.unfinished |= 1 << target;
        world.members[source].leg(target, Leg.ANNOUNCED);
    }

    void begin(World world, int source, int target) {
        Member member = world.members[source];
        world.tell(() -> member.name + " records that too, and the resync of " + world.name(target) + " begins");
        boolean noWayBack = !world.members[target].memory.keeps || rules.defect == Defect.FORGET_WAY_BACK;
        member.record = SourceRecords.resyncBegins(member.record, world.name(target), noWayBack);
        if (member.memory.serves && member.slot(target) != SlotState.FULL_RESYNC) {
            member.record = SourceRecords.mergedAmongSurvivors(member.record, world.name(target));
        }
        member.leg(target, Leg.RESYNCING);
    }

    void copy(World world, int source, int target) {
        Member member = world.members[source];
        int chunk = Integer.numberOfTrailingZeros(member.dirty(target));
        if (chunk >= world.oracle.chunks) {
            member.dirty(target, 0);
            member.slot(target, SlotState.TRACKING);
            member.leg(target, Leg.COPIED);
            return;
        }
        world.tell(() -> "chunk " + chunk + " is copied from " + member.name + " to " + world.name(target));
        Checks.overwrites(world, source, target, chunk);
        boolean changes = (world.oracle.differing(source, target) >>> chunk & 1) != 0;
        memory.written(world, target, chunk);
        world.oracle.copyChunk(source, target, chunk);
        if (changes) {
            Checks.copied(world, target);
            noteMixture(world, source, target, chunk);
        }
        member.dirty(target, member.dirty(target) & ~(1 << chunk));
    }

    void confirm(World world, int source, int target) {
        Member member = world.members[source];
        Member other = world.members[target];
        if (!NodeSteps.isTargetOf(world, target, source)) {
            if (member.leg(target) == Leg.CLEAN) {
                world.dropLeg(source, target);
            }
            return;
        }
        world.tell(() -> other.name + " records that it is in sync with " + member.name);
        if (rules.defect != Defect.FORGET_WHO_MAY_HOLD) {
            member.record = SourceRecords.mayBecomeWhole(member.record, other.name);
        }
        other.record = TargetRecords.inSync(other.name, other.record, world.own(source));
        memory.inSync(world, target);
        member.leg(target, member.leg(target) == Leg.CLEAN ? Leg.CLEAN_CONFIRMED : Leg.CONFIRMED);
        Checks.inSync(world, source, target);
        world.oracle.mixed &= ~(1 << target);
        world.oracle.unfinished &= ~(1 << target);
    }

    void settle(World world, int source, int target) {
        Member member = world.members[source];
        Member other = world.members[target];
        if (other.record.generations().current() != member.record.generations().current()) {
            // the generation has changed while the mark was on its way: once more
            member.leg(target, member.leg(target) == Leg.CLEAN_CONFIRMED ? Leg.CLEAN : Leg.COPIED);
            return;
        }
        world.tell(() -> member.name + " records that " + other.name + " is in sync");
        member.record = SourceRecords.targetInSync(member.record, other.name);
        member.leg(target, Leg.IN_SYNC);
        for (int told = 0; told < world.size; told++) {
            if (told != source && member.leg(told).isInSync() && world.reaches(source, told)
                    && member.record.peer(world.name(told)).bitmapGeneration() == 0) {
                adopt(world, world.own(source), source, told);
            }
        }
    }

    // ---- trouble and operators

    void stall(World world, int source, int target) {
        world.tell(() -> world.name(source) + " loses its connection to the disk of " + world.name(target)
                + "; the nodes still see each other");
        world.dropLeg(source, target);
    }

    void pause(World world, int source, int target) {
        Member member = world.members[source];
        world.tell(() -> "operator: pause " + member.name + " " + world.name(target));
        member.record = SourceRecords.paused(member.record, world.name(target), true);
        if (member.leg(target) != Leg.GONE) {
            member.leg(target, Leg.PAUSED);
        }
    }

    void resume(World world, int source, int target) {
        Member member = world.members[source];
        world.tell(() -> "operator: resume " + member.name + " " + world.name(target));
        member.record = SourceRecords.paused(member.record, world.name(target), false);
        if (member.leg(target) == Leg.PAUSED) {
            offer(world, source, target);
        }
    }

    void fullResync(World world, int source, int target) {
        Member member = world.members[source];
        if (world.facts(source, target).isInService()) {
            return;
        }
        world.tell(() -> "operator: fullresync " + member.name + " " + world.name(target));
        member.record = SourceRecords.paused(member.record, world.name(target), false);
        world.oracle.giveUpWhatOnly(target, source);
        everything(member, target);
        if (member.leg(target) != Leg.GONE) {
            member.leg(target, Leg.CONNECTED);
        } else {
            member.discards |= 1 << target;
        }
    }
}
