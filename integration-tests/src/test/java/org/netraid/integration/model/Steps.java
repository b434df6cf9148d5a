/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.integration.model;

import java.util.function.IntConsumer;
import org.netraid.integration.model.Member.Leg;
import org.netraid.integration.model.Member.Task;
import org.netraid.replicator.state.Role;

/** Which moves are possible in a world, and what each does to it. */
final class Steps {

    private final NodeSteps nodes;
    private final TargetSteps targets;
    private final MemorySteps memory;
    private final int size;
    private final int chunks;

    Steps(Rules rules, Tally tally, int size, int chunks) {
        this.size = size;
        this.chunks = chunks;
        memory = new MemorySteps(rules);
        targets = new TargetSteps(rules, tally, memory);
        nodes = new NodeSteps(rules, memory);
    }

    /** Does the move, and what nodes conclude from it at once. @throws Violation if a guarantee is broken by it */
    void apply(World world, int move) {
        int node = Move.node(move);
        int other = Move.other(move);
        switch (Move.kind(move)) {
            case CRASH -> nodes.crash(world, node, "kill -9 " + world.name(node));
            case BOOT -> nodes.boot(world, node);
            case WAITED -> world.members[node].waited = true;
            case THINK -> nodes.think(world, node);
            case SERVE -> nodes.serve(world, node);
            case START -> nodes.command(world, node, org.netraid.replicator.decide.Request.START);
            case FORCE -> nodes.command(world, node, org.netraid.replicator.decide.Request.FORCE);
            case FORCE_INCONSISTENT -> nodes.command(world, node, org.netraid.replicator.decide.Request.FORCE_INCONSISTENT);
            case STOP -> nodes.stop(world, node, true);
            case SHUTDOWN -> nodes.shutdown(world, node);
            case CRASH_IN_STOP -> nodes.crashInStop(world, node);
            case SWITCHOVER -> nodes.switchover(world, node, other);
            case WAIT_OVER -> targets.waitIsOver(world, node);
            case WRITE -> targets.write(world, node, Move.detail(move));
            case CRASH_IN_WRITE -> {
                targets.tornWrite(world, node, Move.detail(move) >> 3, Move.Torn.values()[Move.detail(move) & 7]);
                nodes.crash(world, node, "kill -9 " + world.name(node) + " before that write is answered");
            }
            case WRITE_LOSING -> targets.write(world, node, Move.detail(move) & 3, other, (Move.detail(move) & 4) != 0);
            case CUT -> {
                world.tell(() -> "the network between " + world.name(node) + " and " + world.name(other) + " breaks");
                world.cut(node, other);
                world.part(node, other);
            }
            case CONNECT -> {
                world.tell(() -> "the network between " + world.name(node) + " and " + world.name(other) + " is mended");
                world.heal(node, other);
            }
            case OPEN -> targets.open(world, node, other);
            case MERGE -> targets.merge(world, node, other);
            case ANNOUNCE -> targets.announce(world, node, other, Move.detail(move) == 0);
            case BEGIN -> targets.begin(world, node, other);
            case COPY -> targets.copy(world, node, other);
            case CONFIRM -> targets.confirm(world, node, other);
            case SETTLE -> targets.settle(world, node, other);
            case STALL -> targets.stall(world, node, other);
            case PAUSE -> targets.pause(world, node, other);
            case RESUME -> targets.resume(world, node, other);
            case FULLRESYNC -> targets.fullResync(world, node, other);
            case REGIONS -> {
                memory.round(world, node, Move.detail(move) != 0);
                if (Move.detail(move) != 0) {
                    nodes.crash(world, node, "kill -9 " + world.name(node) + " before the others hear of it");
                }
            }
            case ROLLBACK -> {
                memory.rollBack(world, node, Move.detail(move) != 0);
                if (Move.detail(move) != 0) {
                    nodes.crash(world, node, "kill -9 " + world.name(node) + " in the middle of that");
                }
            }
            default -> throw new IllegalStateException("move " + move);
        }
        nodes.settleRoles(world);
        Checks.world(world);
    }

    /** Moves that may change something. Some turn out to change nothing. */
    void possible(World world, IntConsumer moves) {
        for (int node = 0; node < size; node++) {
            Member member = world.members[node];
            if (!member.up) {
                moves.accept(Move.BOOT.with(node, 0, 0));
            } else {
                moves.accept(Move.CRASH.with(node, 0, 0));
                ofNode(world, node, member, moves);
            }
            for (int other = 0; other < node; other++) {
                moves.accept((world.isCut(node, other) ? Move.CONNECT : Move.CUT).with(node, other, 0));
            }
        }
    }

    private void ofNode(World world, int node, Member member, IntConsumer moves) {
        if (member.task == Task.ENTERING) {
            moves.accept(Move.SERVE.with(node, 0, 0));
        } else if (member.isSource()) {
            ofSource(world, node, member, moves);
        } else if (member.task == Task.NONE) {
            if (!member.waited) {
                moves.accept(Move.WAITED.with(node, 0, 0));
            }
            moves.accept(Move.START.with(node, 0, 0));
            moves.accept(Move.FORCE.with(node, 0, 0));
            moves.accept(Move.FORCE_INCONSISTENT.with(node, 0, 0));
        }
        if (MemorySteps.canRollBack(world, node)) {
            moves.accept(Move.ROLLBACK.with(node, 0, 0));
            moves.accept(Move.ROLLBACK.with(node, 0, 1));
        }
        if (member.task == Task.NONE) {
            moves.accept(Move.THINK.with(node, 0, 0));
        }
    }

    private void ofSource(World world, int node, Member member, IntConsumer moves) {
        moves.accept(Move.STOP.with(node, 0, 0));
        moves.accept(Move.SHUTDOWN.with(node, 0, 0));
        moves.accept(Move.CRASH_IN_STOP.with(node, 0, 0));
        if (!member.record.previousSource().isEmpty() && !member.waitIsOver) {
            moves.accept(Move.WAIT_OVER.with(node, 0, 0));
        }
        if (memory.canRound(world, node)) {
            moves.accept(Move.REGIONS.with(node, 0, 0));
            moves.accept(Move.REGIONS.with(node, 0, 1));
        }
        for (int chunk = 0; chunk < chunks; chunk++) {
            moves.accept(Move.WRITE.with(node, 0, chunk));
            for (Move.Torn torn : Move.Torn.values()) {
                moves.accept(Move.CRASH_IN_WRITE.with(node, 0, chunk << 3 | torn.ordinal()));
            }
        }
        for (int target = 0; target < size; target++) {
            if (target != node) {
                ofTarget(world, node, member, target, moves);
            }
        }
    }

    /** The next step of a target's way back, if there is one. @return -1 if there is none */
    int next(World world, int node, int target) {
        Member member = world.members[node];
        if (!member.isSource() || !world.reaches(node, target) || member.record.peer(world.name(target)).paused()) {
            return -1;
        }
        Move move = switch (member.leg(target)) {
            case GONE -> targets.wantsMerge(world, node, target) ? Move.MERGE : Move.OPEN;
            case CONNECTED -> Move.ANNOUNCE;
            case ANNOUNCED -> Move.BEGIN;
            case RESYNCING -> Move.COPY;
            case COPIED, CLEAN -> Move.CONFIRM;
            case CONFIRMED, CLEAN_CONFIRMED -> Move.SETTLE;
            case IN_SYNC, PAUSED -> null;
        };
        return move == null ? -1 : move.with(node, target, 0);
    }

    private void ofTarget(World world, int node, Member member, int target, IntConsumer moves) {
        int next = next(world, node, target);
        if (next >= 0) {
            moves.accept(next);
            if (Move.kind(next) == Move.ANNOUNCE && memory.canRunOutOfRoom()) {
                moves.accept(Move.ANNOUNCE.with(node, target, 1));
            }
        }
        if (member.leg(target) != Leg.GONE) {
            moves.accept(Move.STALL.with(node, target, 0));
        }
        if (member.leg(target).isInSync() && targets.generationMustChange(world, node)) {
            moves.accept(Move.WRITE_LOSING.with(node, target, 0));
            moves.accept(Move.WRITE_LOSING.with(node, target, 4));
        }
        boolean paused = member.record.peer(world.name(target)).paused();
        moves.accept((paused ? Move.RESUME : Move.PAUSE).with(node, target, 0));
        moves.accept(Move.FULLRESYNC.with(node, target, 0));
        if (member.leg(target).isInSync() && world.reaches(node, target)) {
            moves.accept(Move.SWITCHOVER.with(node, target, 0));
        }
    }

    /** All nodes up and connected, no copy made yet: "create" on the first. */
    static World created(int size, int chunks) {
        World world = new World(size, chunks);
        for (Member member : world.members) {
            member.up = true;
            member.waited = true;
            member.role = Role.DECIDING;
        }
        NodeSteps.create(world, 0);
        return world;
    }
}
