/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.integration.model;

/** Where searches begin. */
final class Starts {

    private Starts() {
    }

    /** The first node has created the mirror and is in service, everybody else is in sync with it: by the same steps as all else. */
    static World inSync(int size, int chunks, Steps steps) {
        World world = Steps.created(size, chunks);
        steps.apply(world, Move.SERVE.with(0, 0, 0));
        for (int target = 1; target < size; target++) {
            for (int next = steps.next(world, 0, target); next >= 0; next = steps.next(world, 0, target)) {
                steps.apply(world, next);
            }
        }
        world.compact();
        return world;
    }
}
