/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.intentlog;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class GroupDelayTest {

    private static final long MS = 1_000_000;

    private final GroupDelay delay = new GroupDelay();
    private long now;

    private void commits(int count, long eachNs, int released, int waiting) {
        for (int i = 0; i < count; i++) {
            delay.commitStarted(now);
            now += eachNs;
            delay.commitEnded(now, released, waiting);
        }
    }

    @Test
    void shouldHoldASlowCommitBackForAQuarterOfItsTimeWhileCompanyIsExpected() {
        commits(100, 4 * MS, 16, 16);
        assertThat(delay.holdNs(now, 16)).isBetween(900_000L, MS);
        now += 500_000;
        assertThat(delay.holdNs(now, 20)).isBetween(400_000L, 500_000L);
        now += 600_000;
        assertThat(delay.holdNs(now, 20)).isZero();
    }

    @Test
    void shouldGoAtOnceWhenMostAreBack() {
        commits(100, 4 * MS, 16, 16);
        assertThat(delay.holdNs(now, 25)).isPositive();
        assertThat(delay.holdNs(now, 26)).isZero();
    }

    @Test
    void shouldNeverHoldFastCommitsNorALoneWriter() {
        commits(100, 100_000, 16, 16);
        assertThat(delay.holdNs(now, 1)).isZero();
        commits(100, 4 * MS, 1, 0);
        assertThat(delay.holdNs(now, 1)).isZero();
        assertThat(delay.holdNs(now, 0)).isZero();
    }
}
