/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.integration.model;

import java.util.ArrayList;
import java.util.List;

/** Plays moves again and tells them in an operator's words. */
final class Story {

    private final int size;
    private final int chunks;
    private final Steps steps;
    private final Healing healing;

    Story(int size, int chunks, Steps steps, Healing healing) {
        this.size = size;
        this.chunks = chunks;
        this.steps = steps;
        this.healing = healing;
    }

    /** The story of a violation; empty if these moves lead to none. */
    List<String> of(List<Integer> moves) {
        List<String> lines = new ArrayList<>();
        World world = Starts.inSync(size, chunks, steps).tellTo(lines);
        lines.add("a is in service, " + String.join(" and ", world.otherNames(0)) + (size == 2 ? " is" : " are") + " in sync with it");
        try {
            for (int move : moves) {
                if (isPossible(world, move)) {
                    steps.apply(world, move);
                }
            }
            healing.check(world);
        } catch (Violation violation) {
            lines.add("VIOLATION of " + violation.getMessage());
            lines.addAll(world.picture());
            return lines;
        }
        return List.of();
    }

    private boolean isPossible(World world, int move) {
        boolean[] found = {false};
        steps.possible(world, candidate -> found[0] |= candidate == move);
        return found[0];
    }

    /** Leaves moves out as long as a violation remains. */
    List<Integer> shortened(List<Integer> moves) {
        List<Integer> best = new ArrayList<>(moves);
        for (boolean again = true; again;) {
            again = false;
            for (int i = best.size() - 1; i >= 0; i--) {
                List<Integer> shorter = new ArrayList<>(best);
                shorter.remove(i);
                if (!of(shorter).isEmpty()) {
                    best = shorter;
                    again = true;
                }
            }
        }
        return best;
    }
}
