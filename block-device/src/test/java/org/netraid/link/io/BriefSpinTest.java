/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.link.io;

import static io.netty.channel.SelectStrategy.CONTINUE;
import static io.netty.channel.SelectStrategy.SELECT;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class BriefSpinTest {

    private static final long STEP_NS = 1_000;

    private long nowNs = Long.MAX_VALUE - 10 * BriefSpin.SPIN_NS; // the clock may wrap
    private int looks;
    private int yields;
    private int ready;
    private final BriefSpin spin = new BriefSpin(() -> nowNs, () -> yields++);

    @Test
    void shouldSleepAtOnceWhenNothingHasComeQuickly() throws Exception {
        assertThat(turn(false)).isEqualTo(SELECT);
        pass(BriefSpin.SHORT_NS);
        assertThat(turn(false)).isEqualTo(SELECT);
        assertThat(looks).isZero();
        assertThat(yields).isZero();
    }

    @Test
    void shouldLookForAWhileOnceWokenSoon() throws Exception {
        wokenSoon();
        int turns = 0;
        while (turn(false) == CONTINUE) {
            pass(STEP_NS);
            turns++;
        }
        assertThat(turns).isEqualTo((int) (BriefSpin.SPIN_NS / STEP_NS));
        assertThat(yields).isEqualTo(turns);
    }

    @Test
    void shouldHandOnWhatItFindsAndBeginAnewAfterIt() throws Exception {
        wokenSoon();
        for (int i = 0; i < 200; i++) {
            pass(BriefSpin.SPIN_NS - STEP_NS);
            assertThat(turn(false)).isEqualTo(CONTINUE);
            ready = 3;
            assertThat(turn(false)).isEqualTo(3);
            ready = 0;
            assertThat(turn(false)).isEqualTo(CONTINUE);
        }
    }

    @Test
    void shouldNotSleepNorSpinWhileThereAreTasks() throws Exception {
        assertThat(turn(true)).isZero();
        ready = 1;
        assertThat(turn(true)).isEqualTo(1);
        assertThat(yields).isZero();
    }

    @Test
    void shouldStopSpinningAfterOneLongSleep() throws Exception {
        wokenSoon();
        pass(BriefSpin.SPIN_NS);
        while (turn(false) == CONTINUE) {
            pass(STEP_NS);
        }
        pass(BriefSpin.SHORT_NS);
        looks = 0;
        assertThat(turn(false)).isEqualTo(SELECT);
        assertThat(looks).isZero();
    }

    private void wokenSoon() throws Exception {
        assertThat(turn(false)).isEqualTo(SELECT);
        pass(STEP_NS);
    }

    private int turn(boolean hasTasks) throws Exception {
        return spin.calculateStrategy(() -> {
            looks++;
            return ready;
        }, hasTasks);
    }

    private void pass(long ns) {
        nowNs += ns;
    }
}
