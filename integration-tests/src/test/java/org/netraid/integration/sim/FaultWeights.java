/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.integration.sim;

import org.netraid.sim.SimRandom;

/**
 * How often each kind of fault strikes in one run: drawn from the seed, so that in some runs a kind never comes between the others,
 * and in some it comes again and again.
 */
final class FaultWeights {

    /** What can go wrong, or be done by an operator. */
    enum Kind {
        DISCONNECT(15), CRASH_TARGET(15), CUT_OFF(12), HOLD_REPLIES(6), TARGET_DISK(13), CRASH_SOURCE(12), SOURCE_DISK(8), STOP_SOURCE(5),
        PAUSE(8), FULL_RESYNC(2), SUSPEND(5), CRASH_BOTH(7), FREEZE(8);

        final int usual;

        Kind(int usual) {
            this.usual = usual;
        }
    }

    private final int[] weights = new int[Kind.values().length];
    private final int sum;

    FaultWeights(SimRandom random) {
        int total = 0;
        for (Kind kind : Kind.values()) {
            int factor = random.chance(200) ? 0 : random.chance(200) ? 6 : 1;
            weights[kind.ordinal()] = kind.usual * factor;
            total += weights[kind.ordinal()];
        }
        if (total == 0) {
            weights[0] = 1;
            total = 1;
        }
        sum = total;
    }

    Kind draw(SimRandom random) {
        int at = random.nextInt(sum);
        int kind = 0;
        while (at >= weights[kind]) {
            at -= weights[kind];
            kind++;
        }
        return Kind.values()[kind];
    }
}
