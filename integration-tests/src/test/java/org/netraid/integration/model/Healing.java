/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.integration.model;

import java.util.List;
import org.netraid.integration.model.Member.Leg;
import org.netraid.integration.model.Member.Task;
import org.netraid.replicator.decide.TargetPlan;
import org.netraid.replicator.state.Role;

/**
 * The other half of G7: from any state, once all nodes run and all links are whole again, a node goes in service by itself or when an
 * operator says start, without force, and everybody else comes in sync. After a force the operator may have to
 * choose; then somebody says so.
 */
final class Healing {

    private static final int MAX_ROUNDS = 60;

    private final Steps steps;
    private final Rules rules;

    /** Mirrors that recovered but for a split brain that nobody has forced: safe, and work for an operator. */
    private int splits;

    Healing(Steps steps, Rules rules) {
        this.steps = steps;
        this.rules = rules;
    }

    int splits() {
        return splits;
    }

    /** @param world is changed */
    void check(World world) {
        world.tell(() -> "-- now every node is booted, every link mended, every pause ended --");
        for (int node = 0; node < world.size; node++) {
            for (int other = 0; other < node; other++) {
                if (world.isCut(node, other)) {
                    steps.apply(world, Move.CONNECT.with(node, other, 0));
                }
            }
        }
        for (int node = 0; node < world.size; node++) {
            if (!world.members[node].up) {
                steps.apply(world, Move.BOOT.with(node, 0, 0));
            }
        }
        settle(world);
        if (!world.anySource()) {
            for (int node = 0; node < world.size; node++) {
                world.members[node].waited = true;
            }
            settle(world);
        }
        for (int node = 0; node < world.size && !world.anySource(); node++) {
            steps.apply(world, Move.START.with(node, 0, 0));
            settle(world);
        }
        judge(world);
    }

    /** Everything that goes on by itself goes on until nothing changes. */
    private void settle(World world) {
        for (int round = 0; round < MAX_ROUNDS; round++) {
            List<String> before = world.prints();
            for (int node = 0; node < world.size; node++) {
                Member member = world.members[node];
                if (member.up && member.task == Task.NONE) {
                    steps.apply(world, Move.THINK.with(node, 0, 0));
                }
                if (member.task == Task.ENTERING) {
                    steps.apply(world, Move.SERVE.with(node, 0, 0));
                }
                resume(world, node);
            }
            if (before.equals(world.prints())) {
                return;
            }
        }
        throw new Violation("G7: with all nodes up and connected, the cluster does not come to rest");
    }

    private void resume(World world, int node) {
        for (int target = 0; target < world.size && world.members[node].isSource(); target++) {
            if (target == node) {
                continue;
            }
            if (world.members[node].record.peer(world.name(target)).paused()) {
                steps.apply(world, Move.RESUME.with(node, target, 0));
            }
            for (int i = 0; i < Oracle.MAX_CHUNKS + 4; i++) {
                int next = steps.next(world, node, target);
                if (next >= 0) {
                    steps.apply(world, next);
                }
            }
        }
    }

    private void judge(World world) {
        int source = -1;
        int sources = 0;
        for (int node = 0; node < world.size; node++) {
            if (world.members[node].role == Role.SOURCE) {
                source = node;
                sources++;
            }
        }
        if (world.tainted) {
            return;
        }
        if (sources != 1) {
            throw new Violation("G7: all nodes are up and connected, nothing was forced, and " + (sources == 0
                    ? "none goes in service, not even by start" : sources + " are in service"));
        }
        for (int node = 0; node < world.size; node++) {
            boolean stays = node != source && world.members[source].leg(node) != Leg.IN_SYNC;
            if (stays && rules.plan(world, source, node).kind() == TargetPlan.Kind.SPLIT_BRAIN) {
                splits++;
            } else if (stays) {
                throw new Violation("G7: all nodes are up and connected, nothing was forced, and " + world.name(node)
                        + " does not come in sync with " + world.name(source) + " (" + world.members[source].leg(node) + ", "
                        + rules.plan(world, source, node).sentence() + ")");
            }
        }
    }
}
