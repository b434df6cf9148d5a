/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.resync;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.netraid.sim.SimRandom;

class CompareAdvisorTest {

    /** Walks over so many runs of 16 chunks, of which this share of runs is equal. @return runs compared */
    private static int walk(CompareAdvisor advisor, int runs, int equalPerMille) {
        SimRandom random = new SimRandom(1);
        int compared = 0;
        for (int i = 0; i < runs; i++) {
            if (advisor.shouldCompare()) {
                compared++;
                advisor.onCompared(16, random.chance(equalPerMille) ? 16 : 0);
            }
        }
        return compared;
    }

    @Test
    void shouldCompareEverythingWhenMuchIsEqual() {
        assertThat(walk(new CompareAdvisor(false), 5000, 1000)).isEqualTo(5000);
        assertThat(walk(new CompareAdvisor(false), 5000, 500)).isGreaterThan(4000);
    }

    @Test
    void shouldHardlyEverCompareWhenNothingIsEqual() {
        assertThat(walk(new CompareAdvisor(false), 4096, 0)).isBetween(CompareAdvisor.TRIAL_RUNS, 50);
    }

    @Test
    void shouldNoticeThatAnEqualPartHasBegun() {
        CompareAdvisor advisor = new CompareAdvisor(false);
        walk(advisor, 1000, 0);
        assertThat(walk(advisor, 3000, 1000)).isGreaterThan(2700);
    }

    @Test
    void shouldSayWhetherRunsAreCompared() {
        CompareAdvisor advisor = new CompareAdvisor(false);
        assertThat(advisor.isComparing()).as("a trial").isTrue();
        walk(advisor, CompareAdvisor.TRIAL_RUNS, 0);
        assertThat(advisor.isComparing()).as("nothing was equal").isFalse();
        advisor = new CompareAdvisor(false);
        walk(advisor, CompareAdvisor.TRIAL_RUNS, 1000);
        assertThat(advisor.isComparing()).as("all was equal").isTrue();
    }

    @Test
    void shouldCompareASeededTargetToTheEnd() {
        assertThat(walk(new CompareAdvisor(true), 1000, 0)).isEqualTo(1000);
    }

    @Test
    void shouldHoldBackDuringTheFirstTrialOnly() {
        CompareAdvisor advisor = new CompareAdvisor(false);
        for (int i = 0; i < CompareAdvisor.TRIAL_RUNS; i++) {
            assertThat(advisor.isUndecided()).isFalse();
            assertThat(advisor.shouldCompare()).isTrue();
        }
        assertThat(advisor.isUndecided()).isTrue();
        for (int i = 1; i < CompareAdvisor.TRIAL_RUNS; i++) {
            advisor.onCompared(16, 0);
        }
        assertThat(advisor.isUndecided()).isTrue();
        advisor.onAbandoned();
        assertThat(advisor.isUndecided()).isFalse();
        assertThat(advisor.shouldCompare()).as("all were in vain: another trial").isTrue();
    }
}
