/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.integration.model;

import java.util.List;
import java.util.Optional;
import org.netraid.integration.model.Member.Leg;
import org.netraid.integration.model.Member.Task;
import org.netraid.intentlog.SlotState;
import org.netraid.replicator.decide.ClaimRules;
import org.netraid.replicator.decide.Decision;
import org.netraid.replicator.decide.Request;
import org.netraid.replicator.decide.SourceRecords;
import org.netraid.replicator.decide.TargetRecords;
import org.netraid.replicator.state.DiskState;
import org.netraid.replicator.state.Generations;
import org.netraid.replicator.state.MirrorRecord;
import org.netraid.replicator.state.PeerRecord;
import org.netraid.replicator.state.Role;

/** Crash, boot, conclusions, and the ways in and out of service. Mirrors VolumeAgent; the rules and records are the product's. */
final class NodeSteps {

    private final Rules rules;
    private final MemorySteps memory;

    NodeSteps(Rules rules, MemorySteps memory) {
        this.rules = rules;
        this.memory = memory;
    }

    // ---- life

    static void create(World world, int node) {
        Member member = world.members[node];
        MirrorRecord.Builder next = MirrorRecord.NEW.with().mirrorId(World.MIRROR).diskState(DiskState.UP_TO_DATE).lastOwner(true)
                .generations(new Generations(2, List.of(1L)));
        world.otherNames(node).forEach(other -> next.peer(PeerRecord.empty(other)));
        member.record = next.build();
        member.task = Task.ENTERING;
    }

    void crash(World world, int node, String how) {
        world.tell(() -> how);
        for (int other = 0; other < world.size; other++) {
            if (other != node) {
                world.part(node, other);
            }
        }
        world.members[node].lose();
    }

    void boot(World world, int node) {
        Member member = world.members[node];
        world.tell(() -> "boot " + member.name);
        member.up = true;
        member.role = Role.DECIDING;
        member.record = TargetRecords.booted(member.record);
    }

    // ---- what a node concludes by itself

    /** What changes nothing for others needs no move of its own. */
    void settleRoles(World world) {
        seeCopies(world);
        for (int node = 0; node < world.size; node++) {
            Member member = world.members[node];
            if (member.up && member.task == Task.NONE && member.role != Role.SOURCE && newerCopy(world, node).isEmpty()) {
                Role role = passive(member, rules.decide(world, node, Request.AUTO));
                member.role = role == null ? member.role : role;
            }
        }
    }

    /** A copy that was taken for nothing shows itself. */
    private static void seeCopies(World world) {
        for (int node = 0; node < world.size; node++) {
            Member member = world.members[node];
            for (int other = 0; other < world.size; other++) {
                if (other != node && world.reaches(node, other) && member.record.peer(world.name(other)).noWayBack()) {
                    SourceRecords.seen(member.name, member.record, world.own(other)).ifPresent(record -> member.record = record);
                }
            }
        }
    }

    private static Role passive(Member member, Decision decision) {
        return switch (decision.action()) {
            case BECOME_TARGET -> Role.TARGET;
            case WAIT -> member.role == Role.TARGET ? Role.TARGET : Role.DECIDING;
            case STAY -> Role.STOPPED;
            case BLOCK -> Role.BLOCKED;
            case BLOCK_DATA_CORRUPT -> member.record.dataCorrupt() ? Role.BLOCKED : null;
            default -> null;
        };
    }

    private static Optional<String> newerCopy(World world, int node) {
        return TargetRecords.newerCopy(world.name(node), world.members[node].record, world.others(node));
    }

    /** What it does by itself, and others will notice. */
    void think(World world, int node) {
        Member member = world.members[node];
        if (member.role != Role.SOURCE) {
            Optional<String> newer = newerCopy(world, node);
            if (newer.isPresent()) {
                world.tell(() -> member.name + " learns: G2: " + newer.get() + " has newer data; this copy is outdated");
                member.record = TargetRecords.outdated(member.record);
                return;
            }
        }
        Decision decision = rules.decide(world, node, Request.AUTO);
        switch (decision.action()) {
            case START, TAKE_OVER -> enter(world, node, decision, Request.AUTO, -1);
            case STEP_DOWN -> {
                world.tell(() -> member.name + " by itself: " + decision.text());
                for (int target = 0; target < world.size; target++) {
                    world.dropLeg(node, target);
                }
                member.leaveService(Role.DECIDING);
                member.record = SourceRecords.steppedDown(member.record);
            }
            case BLOCK_DATA_CORRUPT -> {
                if (!member.record.dataCorrupt()) {
                    world.tell(() -> member.name + " by itself: sets data_corrupt: " + decision.text());
                    member.record = member.record.with().dataCorrupt(true).build();
                    member.role = Role.BLOCKED;
                }
            }
            default -> { }
        }
    }

    void command(World world, int node, Request request) {
        Member member = world.members[node];
        Decision decision = rules.decide(world, node, request);
        String word = request == Request.START ? "start" : request == Request.FORCE ? "force" : "force --i-accept-inconsistent-data";
        if (decision.starts()) {
            world.tell(() -> "operator: " + word + " " + member.name);
            enter(world, node, decision, request, -1);
        } else if (decision.action() == Decision.Action.BLOCK_DATA_CORRUPT && !member.record.dataCorrupt()) {
            world.tell(() -> "operator: " + word + " " + member.name + ": refused, " + decision.text());
            member.record = member.record.with().dataCorrupt(true).build();
        }
    }

    // ---- going in service

    private boolean enter(World world, int node, Decision why, Request request, int handedOverBy) {
        Member member = world.members[node];
        List<String> refusals = rules.refusals(world, node, request.isForce(), handedOverBy);
        if (!refusals.isEmpty()) {
            world.tell(() -> member.name + " does not go in service: G6: " + refusals.get(0));
            return false;
        }
        world.tell(() -> member.name + " goes in service: " + why.text());
        for (int other = 0; other < world.size; other++) {
            if (other != node && world.reaches(node, other)) {
                world.members[other].promisedTo = node;
                world.dropLeg(other, node);
            }
        }
        member.source = -1;
        member.role = Role.DECIDING;
        member.excused = request.isForce() || request == Request.START && !world.everybodyReaches(node) && !managerWould(world, node);
        member.secondWord = request == Request.FORCE_INCONSISTENT;
        member.takesOver = why.action() == Decision.Action.TAKE_OVER;
        member.task = Task.ENTERING;
        member.partner = handedOverBy;
        excuse(world, node);
        return true;
    }

    /**
     * A cluster manager fences: it starts nowhere while a source may be alive that the node cannot reach, and only where the last
     * source said "in sync".
     */
    private static boolean managerWould(World world, int node) {
        return !seesNot(world, node) && (world.lastSource < 0 || world.lastSource == node
                || SourceRecords.countsAsInSync(world.members[world.lastSource].record.peer(world.name(node))));
    }

    /** A source is alive, or about to be, and the node cannot reach it. */
    private static boolean seesNot(World world, int node) {
        for (int other = 0; other < world.size; other++) {
            Member member = world.members[other];
            if (other != node && member.up && !world.reaches(node, other) && (member.role == Role.SOURCE || member.task != Task.NONE)) {
                return true;
            }
        }
        return false;
    }

    private static void excuse(World world, int node) {
        Member member = world.members[node];
        if (member.excused) {
            world.tainted = true;
            world.forked |= seesNot(world, node);
            for (Member other : world.members) {
                // who was on its way unseen is part of what the operator has chosen
                other.excused |= other.task == Task.ENTERING;
            }
            world.wild |= member.secondWord;
            world.oracle.giveUpWhatLacks(node);
        }
    }

    void serve(World world, int node) {
        Member member = world.members[node];
        String overtakenBy = ClaimRules.overtakenBy(world.others(node));
        if (!overtakenBy.isEmpty()) {
            world.tell(() -> member.name + " does not go in service: " + overtakenBy + " has gone in service meanwhile");
            giveUp(world, node);
            return;
        }
        world.tell(() -> member.name + " is in service");
        boolean newLog = !member.record.logActive();
        member.record = SourceRecords.inService(SourceRecords.entering(member.record, member.takesOver, world.otherNames(node),
                world::newGeneration, World.BYTES, World.CHUNK_BYTES));
        openLog(world, node, newLog);
        memory.serves(world, node);
        member.role = Role.SOURCE;
        member.waited = true;
        member.task = Task.NONE;
        excuse(world, node);
        Checks.serves(world, node);
        world.oracle.mixed &= ~(1 << node);
        world.oracle.unfinished &= ~(1 << node);
        world.lastSource = node;
        if (member.partner >= 0 && world.members[member.partner].task == Task.HANDING_OVER) {
            Member before = world.members[member.partner];
            before.record = SourceRecords.handedOver(before.record);
        }
        endEntering(world, node);
    }

    private static void giveUp(World world, int node) {
        world.members[node].role = Role.DECIDING;
        world.members[node].task = Task.NONE;
        endEntering(world, node);
    }

    private static void endEntering(World world, int node) {
        Member member = world.members[node];
        member.excused = false;
        member.secondWord = false;
        member.takesOver = false;
        world.release(node);
        if (member.partner >= 0) {
            Member before = world.members[member.partner];
            before.task = Task.NONE;
            before.partner = -1;
            member.partner = -1;
        }
    }

    private static void openLog(World world, int node, boolean isNew) {
        Member member = world.members[node];
        if (isNew) {
            member.newLog();
        }
        for (int other = 0; other < world.size; other++) {
            if (other != node && member.slot(other) == SlotState.UNUSED) {
                SlotState state = SourceRecords.firstSlotState(member.record.peer(world.name(other)), isNew);
                member.slot(other, state);
                member.dirty(other, state == SlotState.FULL_RESYNC ? -1 : 0);
            }
        }
    }

    // ---- leaving it

    private void tellStopped(World world, int node) {
        Member member = world.members[node];
        for (int target = 0; target < world.size; target++) {
            if (target != node && member.leg(target).isInSync() && world.reaches(node, target)
                    && member.record.peer(world.name(target)).bitmapGeneration() == 0 && isTargetOf(world, target, node)) {
                Member told = world.members[target];
                TargetRecords.toldStopped(told.record, world.own(node)).ifPresent(record -> told.record = record);
            }
        }
    }

    static boolean isTargetOf(World world, int target, int source) {
        Member member = world.members[target];
        return member.role == Role.TARGET && member.source == source;
    }

    void stop(World world, int node, boolean stay) {
        Member member = world.members[node];
        world.tell(() -> "operator: " + (stay ? "stop " : "switchover from ") + member.name);
        leave(world, node, stay);
    }

    private void leave(World world, int node, boolean stay) {
        Member member = world.members[node];
        member.record = SourceRecords.left(member.record, true, stay);
        tellStopped(world, node);
        member.leaveService(Role.STOPPED);
    }

    void shutdown(World world, int node) {
        leave(world, node, false);
        crash(world, node, "shutdown of " + world.name(node) + " in order");
    }

    void crashInStop(World world, int node) {
        world.members[node].record = SourceRecords.left(world.members[node].record, true, true);
        crash(world, node, "stop " + world.name(node) + "; it records that, and is killed -9 before it has told its targets");
    }

    void switchover(World world, int node, int to) {
        Member member = world.members[node];
        Member next = world.members[to];
        if (next.record.diskState() != DiskState.UP_TO_DATE || member.leg(to) == Leg.GONE) {
            return;
        }
        world.tell(() -> "operator: switchover " + member.name + " " + next.name);
        leave(world, node, false);
        if (next.role == Role.SOURCE || next.task != Task.NONE || !TargetRecords.canTakeOver(next.record, world.own(node))) {
            return;
        }
        member.task = Task.HANDING_OVER;
        member.partner = to;
        Decision why = new Decision(Decision.Action.TAKE_OVER, "D5", next.name, next.name + " takes over from " + member.name
                + ", which has stopped in order", "");
        if (!enter(world, to, why, Request.AUTO, node)) {
            member.task = Task.NONE;
            member.partner = -1;
        }
    }
}
