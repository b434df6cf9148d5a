/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.intentlog;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.netraid.fault.FaultPoints;

/** Crashes at any step of a random workload; more of them: {@code -Dnetraid.crash.seeds}, see {@link TornWriteTest}. */
class CrashTest {

    private static final long SEEDS = Long.getLong("netraid.crash.seeds", 1000);

    @Test
    void shouldRecoverEveryChunkThatMayDifferWhenCrashedAtAnyStep() {
        for (long seed = 0; seed < 40; seed++) {
            run(seed, 600, FaultPoints.NONE);
        }
    }

    /**
     * Seeds that once failed: 1155 and 1187, resync report cleared the bits of a huge write; 1584 and 2035, the only good place of a page
     * was overwritten first;
     * 3710, a huge write took over bits of writes that a lost target had not flushed.
     */
    @ParameterizedTest
    @ValueSource(longs = {1155, 1187, 1584, 2035, 3710})
    void shouldRecoverInRunsThatOnceFailed(long seed) {
        CrashWorkload.withFixedHotSet(seed).run(800);
    }

    @Test
    @Tag("slow")
    void shouldRecoverEveryChunkThatMayDifferInManyMoreRuns() {
        for (long seed = 1000; seed < 1000 + SEEDS; seed++) {
            run(seed, 1500, FaultPoints.NONE);
        }
    }

    /** The rule is broken on purpose: the workload must notice. */
    @ParameterizedTest
    @ValueSource(strings = {"clear-bit-before-flush", "ack-before-intent", "extent-released-while-active"})
    void shouldNoticeWhenRuleIsBroken(String rule) {
        int found = 0;
        for (long seed = 0; seed < 200 && found == 0; seed++) {
            try {
                run(seed, 400, rule::equals);
            } catch (AssertionError e) {
                assertThat(e).hasMessageContaining("may differ and is not dirty");
                found++;
            }
        }
        assertThat(found).as("runs that noticed").isPositive();
    }

    private static void run(long seed, int steps, FaultPoints faults) {
        try {
            new CrashWorkload(seed, faults).run(steps);
        } catch (RuntimeException e) {
            throw new IllegalStateException("seed " + seed, e);
        }
    }
}
