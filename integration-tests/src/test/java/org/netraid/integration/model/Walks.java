/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.integration.model;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;

/** Random ways through the states of clusters that are too large for a search. Each ends with all nodes up again. */
final class Walks {

    private final int size;
    private final int chunks;
    private final Steps steps;
    private final Healing healing;
    final Tally tally = new Tally();
    private long moves;

    Walks(int size, int chunks, Defect defect, Set<Feature> features) {
        this.size = size;
        this.chunks = chunks;
        Rules rules = new Rules(defect, features);
        steps = new Steps(rules, tally, size, chunks);
        healing = new Healing(steps, rules);
    }

    long moves() {
        return moves;
    }

    /** @return the story of a violation, made as short as possible; empty if there is none */
    List<String> walk(long seed, int length) {
        Random random = new Random(seed);
        World world = Starts.inSync(size, chunks, steps);
        List<Integer> path = new ArrayList<>();
        // most walks without force: only then does everything count
        boolean mayForce = random.nextInt(4) == 0;
        try {
            for (int i = 0; i < length; i++) {
                List<Integer> possible = new ArrayList<>();
                steps.possible(world, move -> offer(world, move, mayForce, possible));
                int move = possible.get(random.nextInt(possible.size()));
                path.add(move);
                steps.apply(world, move);
                world.compact();
                moves++;
            }
            healing.check(world);
            return List.of();
        } catch (Violation violation) {
            Story story = new Story(size, chunks, steps, healing);
            return story.of(story.shortened(path));
        }
    }

    /** What goes on by itself is more likely than trouble, or nobody would ever be in sync. */
    private void offer(World world, int move, boolean mayForce, List<Integer> possible) {
        int weight = switch (Move.kind(move)) {
            case FORCE, FORCE_INCONSISTENT -> mayForce ? 1 : 0;
            case FULLRESYNC -> 1;
            case ANNOUNCE -> Move.detail(move) == 0 ? 12 : 2;
            case OPEN, MERGE, BEGIN, COPY, CONFIRM, SETTLE -> 12;
            case SERVE, THINK, BOOT -> 4 * size;
            case WRITE -> 8;
            case WAITED, CONNECT -> 6;
            case REGIONS, ROLLBACK -> Move.detail(move) == 0 ? 6 : 1;
            default -> 1;
        };
        for (int i = 0; i < weight; i++) {
            possible.add(move);
        }
    }
}
