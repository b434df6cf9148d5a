/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.resync;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class PassPlanTest {

    @Test
    void shouldGoOnWhilePassesShrinkAndEndWhenTheNextTakesASecond() {
        PassPlan plan = new PassPlan();
        long dirty = 100_000;
        int passes = 0;
        boolean last = false;
        while (!last) {
            plan.started(dirty);
            passes++;
            dirty /= 3;
            last = plan.isLast(dirty, 500);
        }
        assertThat(dirty).isBetween(100L, 500L);
        assertThat(passes).isEqualTo(5);
    }

    @Test
    void shouldEndAfterTwoPassesThatDidNotHelp() {
        PassPlan plan = new PassPlan();
        plan.started(100_000);
        assertThat(plan.isLast(90_000, 500)).isFalse();
        plan.started(90_000);
        assertThat(plan.isLast(20_000, 500)).as("one that did counts anew").isFalse();
        plan.started(20_000);
        assertThat(plan.isLast(21_000, 500)).isFalse();
        plan.started(21_000);
        assertThat(plan.isLast(19_000, 500)).isTrue();
    }

    @Test
    void shouldEndAtSomeTimeWhateverHappens() {
        PassPlan plan = new PassPlan();
        for (int i = 1; i < PassPlan.MOST_PASSES; i++) {
            plan.started(1L << 60 - i);
            assertThat(plan.isLast(1L << 59 - i, 0)).isFalse();
        }
        plan.started(1L << 30);
        assertThat(plan.isLast(1L << 29, 0)).isTrue();
    }
}
