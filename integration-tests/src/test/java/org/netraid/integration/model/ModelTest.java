/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.integration.model;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The short form of {@code bin/model}: some depth, some walks, and each planted defect. */
class ModelTest {

    private static final int STATES = 30_000;

    @ParameterizedTest
    @EnumSource(value = Defect.class, mode = EnumSource.Mode.EXCLUDE, names = "NONE")
    void shouldFindEachPlantedDefect(Defect defect) {
        assertThat(new Search(2, 1, defect, 10).run(40, STATES).story()).as(defect.option()).anyMatch(line -> line.startsWith("VIOLATION"));
    }

    @Test
    void shouldKeepTheGuaranteesInAllStatesOfTwoAndThreeNodesToSomeDepth() {
        assertThat(new Search(2, 2, Defect.NONE, 20).run(40, STATES).story()).isEmpty();
        Search three = new Search(3, 2, Defect.NONE, 20);
        assertThat(three.run(40, STATES).story()).isEmpty();
        assertThat(three.tally.fullWithout(Set.of("D8", "D10", "D13", "D14"))).as(three.tally.text()).isZero();
    }

    @Test
    void shouldKeepTheGuaranteesOnWalksOfEightNodes() {
        Walks walks = new Walks(8, 2, Defect.NONE);
        for (long seed = 1; seed <= 20; seed++) {
            List<String> story = walks.walk(seed, 80);
            assertThat(story).as("seed %d%n%s", seed, String.join("\n", story)).isEmpty();
        }
    }
}
