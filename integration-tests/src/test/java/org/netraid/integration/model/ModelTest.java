/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.integration.model;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The short form of {@code bin/model}: some depth, some walks, and each planted defect. */
class ModelTest {

    private static final int STATES = 30_000;
    private static final int STATES_TO_A_DEFECT = 100_000;

    @ParameterizedTest
    @EnumSource(value = Defect.class, mode = EnumSource.Mode.EXCLUDE, names = {"NONE", "FORGET_WHO_MAY_HOLD", "FORGET_REGIONS",
        "FORGET_REGIONS_EARLY", "SURVIVOR_AT_ONCE", "FORGET_UNDONE", "KEEP_RECORD", "FORGET_WAY_BACK"})
    void shouldFindEachPlantedDefect(Defect defect) {
        assertThat(new Search(2, 1, defect, Feature.none(), 10).run(40, STATES_TO_A_DEFECT).story()).as(defect.option())
                .anyMatch(line -> line.startsWith("VIOLATION"));
    }

    /** The way there is long: after a switchover the old source has the new generation, and the new source has not heard that it has. */
    @Test
    void shouldFindThatATargetIsForgottenThatMayHoldTheGeneration() {
        List<String> story = new Search(2, 1, Defect.FORGET_WHO_MAY_HOLD, Feature.none(), 0).after(
                Move.SWITCHOVER.with(0, 1, 0), Move.SERVE.with(1, 0, 0), Move.OPEN.with(1, 0, 0), Move.CUT.with(1, 0, 0),
                Move.FORCE.with(0, 0, 0), Move.SERVE.with(0, 0, 0),
                Move.WRITE.with(1, 0, 0), Move.CONNECT.with(1, 0, 0), Move.THINK.with(1, 0, 0), Move.MERGE.with(0, 1, 0))
                .run(40, STATES_TO_A_DEFECT).story();
        assertThat(story).anyMatch(line -> line.startsWith("VIOLATION of G6"));
    }

    /** Begins on the way there, which is long with a third node. */
    private static List<String> found(Defect defect, Feature feature, int... first) {
        return new Search(3, 1, defect, EnumSet.of(feature), 10).after(first).run(40, STATES_TO_A_DEFECT).story();
    }

    @Test
    void shouldFindThatSurvivorsDoNotRememberWhatTheyGot() {
        assertThat(found(Defect.FORGET_REGIONS, Feature.SURVIVORS, Move.REGIONS.with(0, 0, 0), Move.PAUSE.with(0, 1, 0),
                Move.WRITE.with(0, 0, 0), Move.CRASH.with(0, 0, 0))).anyMatch(line -> line.startsWith("VIOLATION of G8"));
        assertThat(found(Defect.FORGET_REGIONS_EARLY, Feature.SURVIVORS, Move.REGIONS.with(0, 0, 0), Move.PAUSE.with(0, 1, 0),
                Move.WRITE.with(0, 0, 0))).anyMatch(line -> line.startsWith("VIOLATION of G8"));
    }

    @Test
    void shouldFindThatASurvivorGetsWritesOfASourceItHasNotTaken() {
        assertThat(found(Defect.SURVIVOR_AT_ONCE, Feature.SURVIVORS, Move.REGIONS.with(0, 0, 0), Move.CRASH.with(0, 0, 0),
                Move.START.with(1, 0, 0), Move.SERVE.with(1, 0, 0), Move.OPEN.with(1, 2, 0),
                Move.CRASH_IN_WRITE.with(1, 0, Move.Torn.TARGETS.ordinal()), Move.FORCE.with(2, 0, 0)))
                .anyMatch(line -> line.startsWith("VIOLATION of G8"));
    }

    @Test
    void shouldFindThatARollBackIsForgotten() {
        assertThat(found(Defect.FORGET_UNDONE, Feature.ROLLBACK, Move.PAUSE.with(0, 2, 0), Move.WRITE.with(0, 0, 0),
                Move.RESUME.with(0, 2, 0), Move.ANNOUNCE.with(0, 2, 0), Move.BEGIN.with(0, 2, 0), Move.COPY.with(0, 2, 0),
                Move.STOP.with(0, 0, 0), Move.ROLLBACK.with(2, 0, 0))).anyMatch(line -> line.startsWith("VIOLATION of G8"));
        assertThat(found(Defect.KEEP_RECORD, Feature.ROLLBACK, Move.PAUSE.with(0, 2, 0), Move.WRITE.with(0, 0, 0),
                Move.RESUME.with(0, 2, 0), Move.ANNOUNCE.with(0, 2, 0), Move.BEGIN.with(0, 2, 0), Move.CRASH.with(0, 0, 0)))
                .anyMatch(line -> line.startsWith("VIOLATION of G6"));
    }

    @Test
    void shouldFindThatASourceDoesNotWaitForACopyThatWasTakenBack() {
        assertThat(new Search(2, 1, Defect.FORGET_WAY_BACK, EnumSet.of(Feature.ROLLBACK), 0).after(Move.STALL.with(0, 1, 0),
                Move.WRITE.with(0, 0, 0), Move.OPEN.with(0, 1, 0), Move.ANNOUNCE.with(0, 1, 0), Move.BEGIN.with(0, 1, 0),
                Move.CRASH.with(0, 0, 0), Move.ROLLBACK.with(1, 0, 0), Move.FORCE.with(1, 0, 0), Move.SERVE.with(1, 0, 0))
                .run(40, STATES_TO_A_DEFECT).story()).anyMatch(line -> line.startsWith("VIOLATION of G6"));
    }

    @Test
    void shouldKeepTheGuaranteesWhereSurvivorsRememberAndResyncsAreTakenBack() {
        Search search = new Search(3, 1, Defect.NONE, Feature.all(), 20);
        assertThat(search.run(40, STATES / 3).story()).isEmpty();
        assertThat(search.tally.fullWithout(Set.of("D8", "D10", "D13", "D14"))).as(search.tally.text()).isZero();
    }

    private static List<String> story(int size, int... moves) {
        Rules rules = new Rules(Defect.NONE, Feature.none());
        Steps steps = new Steps(rules, new Tally(), size, 1);
        return new Story(size, 1, steps, new Healing(steps, rules)).of(Arrays.stream(moves).boxed().toList());
    }

    /** Forced on both sides of a broken link; the third node is being filled by one side, and the other side wants it too. */
    @Test
    void shouldNotTearATargetFromOneSideOfASplitBrainToTheOther() {
        assertThat(story(3, Move.PAUSE.with(0, 2, 0), Move.WRITE.with(0, 0, 0), Move.CUT.with(1, 0, 0), Move.FORCE.with(1, 0, 0),
                Move.SERVE.with(1, 0, 0), Move.RESUME.with(0, 2, 0), Move.ANNOUNCE.with(0, 2, 0), Move.BEGIN.with(0, 2, 0),
                Move.WRITE.with(0, 0, 0), Move.WAIT_OVER.with(1, 0, 0), Move.OPEN.with(1, 2, 0), Move.ANNOUNCE.with(1, 2, 0),
                Move.BEGIN.with(1, 2, 0), Move.COPY.with(1, 2, 0))).isEmpty();
    }

    /** The first source has not written since, and so is not split from the second one, but stale. */
    @Test
    void shouldNotGiveATargetInMidResyncBackToAStaleSource() {
        assertThat(story(3, Move.CUT.with(1, 0, 0), Move.FORCE.with(1, 0, 0), Move.SERVE.with(1, 0, 0), Move.WAIT_OVER.with(1, 0, 0),
                Move.OPEN.with(1, 2, 0), Move.ANNOUNCE.with(1, 2, 0), Move.BEGIN.with(1, 2, 0), Move.WRITE.with(1, 0, 0),
                Move.OPEN.with(0, 2, 0), Move.ANNOUNCE.with(0, 2, 0), Move.BEGIN.with(0, 2, 0), Move.COPY.with(0, 2, 0))).isEmpty();
    }

    @Test
    void shouldKeepTheGuaranteesInAllStatesOfTwoAndThreeNodesToSomeDepth() {
        assertThat(new Search(2, 2, Defect.NONE, Feature.none(), 20).run(40, STATES).story()).isEmpty();
        Search three = new Search(3, 2, Defect.NONE, Feature.none(), 20);
        assertThat(three.run(40, STATES).story()).isEmpty();
        assertThat(three.tally.fullWithout(Set.of("D8", "D10", "D13", "D14"))).as(three.tally.text()).isZero();
    }

    @Test
    void shouldKeepTheGuaranteesOnWalksOfEightNodes() {
        Walks walks = new Walks(8, 2, Defect.NONE, Feature.all());
        for (long seed = 1; seed <= 20; seed++) {
            List<String> story = walks.walk(seed, 80);
            assertThat(story).as("seed %d%n%s", seed, String.join("\n", story)).isEmpty();
        }
    }
}
