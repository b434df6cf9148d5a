/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.intentlog;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.netraid.fault.FaultPoints;

/**
 * No way in which a power cut or rot can leave the log's device makes the log forget a chunk that may differ. Millions of cases, minutes:
 * <pre>
 * mvn test -pl intent-log -am -Dsurefire.excluded.groups= -Dsurefire.failIfNoSpecifiedTests=false -Dtest=TornWriteTest,CrashTest \
 *     -Dnetraid.torn.cases=5000000 -Dnetraid.crash.seeds=10000 -Dnetraid.rot.seeds=12
 * </pre>
 */
class TornWriteTest {

    private static final long CASES = Long.getLong("netraid.torn.cases", 200_000);
    private static final long ROT_SEEDS = Long.getLong("netraid.rot.seeds", 3);

    @Test
    void shouldRecoverFromEveryTornWrite() {
        long cases = 0;
        for (long seed = 0; cases < 10_000; seed++) {
            cases += new TornWriteExplorer(seed, FaultPoints.NONE).run(100);
        }
    }

    /** A place that had been freed durably counted as hot for its next extent before that was durable. */
    @Test
    void shouldRecoverInTheRunThatOnceFailed() {
        assertThat(new TornWriteExplorer(10_031, FaultPoints.NONE).run(400)).isPositive();
    }

    @Test
    @Tag("slow")
    void shouldRecoverFromEveryTornWriteOfManyRuns() {
        long cases = 0;
        for (long seed = 10_000; cases < CASES; seed++) {
            cases += new TornWriteExplorer(seed, FaultPoints.NONE).run(400);
        }
    }

    @Test
    void shouldNoticeOrSurviveRotAtEveryByte() {
        for (long seed = 40; seed < 42; seed++) {
            new TornWriteExplorer(seed, FaultPoints.NONE).rotEverywhere(150, 89);
        }
    }

    @Test
    @Tag("slow")
    void shouldNoticeOrSurviveRotAtReallyEveryByte() {
        for (long seed = 50; seed < 50 + ROT_SEEDS; seed++) {
            new TornWriteExplorer(seed, FaultPoints.NONE).rotEverywhere(300, 1);
        }
    }

    @Test
    void shouldNoticeWhenTornPagesAreAccepted() {
        int found = 0;
        for (long seed = 0; seed < 100 && found == 0; seed++) {
            try {
                new TornWriteExplorer(seed, "torn-page-accepted"::equals).run(200);
            } catch (AssertionError e) {
                assertThat(e).hasMessageContaining("may differ and is not dirty");
                found++;
            }
        }
        assertThat(found).as("runs that noticed").isPositive();
    }
}
