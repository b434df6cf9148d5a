/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.integration.model;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Set;

/** Breadth first, so that what it finds is the shortest way to it. */
final class Search {

    /**
     * What came of it.
     *
     * @param states distinct states
     * @param depth of the last state that was looked at
     * @param complete all states to that depth were looked at, and not only as many as were allowed
     * @param story of the violation; empty if there is none
     */
    record Result(int states, long moves, int depth, boolean complete, int healed, List<String> story) {
        boolean isGood() {
            return story.isEmpty();
        }
    }

    private final int size;
    private final int chunks;
    private final Rules rules;
    private final Steps steps;
    private final Healing healing;
    private final int healEach;
    final Tally tally = new Tally();
    private final Pool pool = new Pool();
    private final StateSet states;
    private int[] parents = new int[1 << 16];
    private int[] moves = new int[1 << 16];
    private final int[] row;
    private List<Integer> beginning = List.of();
    private long tried;
    private int healed;

    /** @param healEach every how many-th state is healed; 0: none */
    Search(int size, int chunks, Defect defect, Set<Feature> features, int healEach) {
        this.size = size;
        this.chunks = chunks;
        this.healEach = healEach;
        rules = new Rules(defect, features);
        steps = new Steps(rules, tally, size, chunks);
        healing = new Healing(new Steps(rules, new Tally(), size, chunks), rules);
        states = new StateSet(World.ints(size));
        row = new int[World.ints(size)];
    }

    /** Begins where these moves lead to, to find what is too deep otherwise. */
    Search after(int... first) {
        beginning = Arrays.stream(first).boxed().toList();
        return this;
    }

    Result run(int depth, int maxStates) {
        World start = Starts.inSync(size, chunks, steps);
        beginning.forEach(move -> steps.apply(start, move));
        start.encode(pool, row);
        note(states.add(row), -1, -1);
        int levelEnd = 1;
        int level = 0;
        int[] current = new int[row.length];
        for (int index = 0; index < states.size(); index++) {
            if (index == levelEnd) {
                level++;
                levelEnd = states.size();
            }
            if (level >= depth || states.size() >= maxStates) {
                return new Result(states.size(), tried, level, level >= depth, healed, List.of());
            }
            states.get(index, current);
            List<String> story = expand(index, current);
            if (!story.isEmpty()) {
                return new Result(states.size(), tried, level + 1, false, healed, story);
            }
        }
        return new Result(states.size(), tried, level, true, healed, List.of());
    }

    int splits() {
        return healing.splits();
    }

    private List<String> expand(int index, int[] current) {
        World world = World.decode(size, chunks, pool, current);
        List<String> found = new ArrayList<>();
        steps.possible(world, move -> {
            if (!found.isEmpty()) {
                return;
            }
            World next = world.copy();
            tried++;
            try {
                steps.apply(next, move);
                next.encode(pool, row);
                int added = states.add(row);
                if (added >= 0) {
                    note(added, index, move);
                    if (healEach > 0 && added % healEach == 0) {
                        healed++;
                        healing.check(next);
                    }
                }
            } catch (Violation violation) {
                found.addAll(tell(index, move));
            }
        });
        return found;
    }

    private void note(int index, int parent, int move) {
        if (index >= parents.length) {
            parents = Arrays.copyOf(parents, parents.length * 2);
            moves = Arrays.copyOf(moves, moves.length * 2);
        }
        parents[index] = parent;
        moves[index] = move;
    }

    private List<String> tell(int index, int last) {
        List<Integer> path = new ArrayList<>(List.of(last));
        for (int at = index; parents[at] >= 0; at = parents[at]) {
            path.add(moves[at]);
        }
        Collections.reverse(path);
        path.addAll(0, beginning);
        return new Story(size, chunks, steps, healing).of(path);
    }
}
