/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.node;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.LongStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** {@link QuorumSim} over a few seeds; {@code bin/sim --quorum} runs more. */
class QuorumSimTest {

    private static final int STEPS = 40;

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void shouldNeverHaveTwoNodesAcknowledgeWrites(long seed) {
        assertThat(QuorumSim.run(seed, STEPS, "")).contains("acknowledged");
    }

    /** The old source is back among a majority, and the new one was restarted: each waited for the other to leave. */
    @Test
    void shouldConvergeWhenTheSuccessorRestartsBesideTheOldSource() {
        assertThat(QuorumSim.run(106, STEPS, "")).contains("acknowledged");
    }

    @Tag("slow")
    @ParameterizedTest
    @MethodSource("manySeeds")
    void shouldNeverHaveTwoNodesAcknowledgeWritesWithManySeeds(long seed) {
        QuorumSim.run(seed, STEPS, "");
    }

    static LongStream manySeeds() {
        return LongStream.rangeClosed(100, 100 + Long.getLong("netraid.quorum.seeds", 6));
    }

    @Tag("slow")
    @Test
    void shouldNoticeEachPlantedDefect() {
        for (String defect : QuorumSim.DEFECTS) {
            assertThat(findsWithin(20, defect)).as(defect).isTrue();
        }
    }

    private static boolean findsWithin(int seeds, String defect) {
        for (long seed = 1; seed <= seeds; seed++) {
            try {
                QuorumSim.run(seed, STEPS, defect);
            } catch (AssertionError found) {
                return true;
            }
        }
        return false;
    }
}
