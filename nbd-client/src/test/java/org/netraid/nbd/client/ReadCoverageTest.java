/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.nbd.client;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.netraid.sim.SimRandom;

class ReadCoverageTest {

    private final ReadCoverage coverage = new ReadCoverage();

    @Test
    void shouldNoticeOverlapsAndGaps() {
        assertThat(coverage.add(10, 20)).isTrue();
        assertThat(coverage.add(15, 16)).isFalse();
        assertThat(coverage.add(5, 11)).isFalse();
        assertThat(coverage.add(30, 40)).isTrue();
        assertThat(coverage.covers(10, 40)).isFalse();
        assertThat(coverage.add(19, 31)).isFalse();
        assertThat(coverage.add(20, 30)).isTrue();
        assertThat(coverage.covers(10, 40)).isTrue();
    }

    @Test
    void shouldAgreeWithABitmapForRandomPieces() {
        SimRandom random = new SimRandom(7);
        for (int round = 0; round < 500; round++) {
            coverage.clear();
            boolean[] bits = new boolean[64];
            for (int i = 0; i < 60; i++) {
                int start = random.nextInt(64);
                int end = start + 1 + random.nextInt(Math.min(8, 64 - start));
                boolean free = true;
                for (int j = start; j < end; j++) {
                    free &= !bits[j];
                }
                assertThat(coverage.add(start, end)).isEqualTo(free);
                for (int j = start; free && j < end; j++) {
                    bits[j] = true;
                }
                boolean all = true;
                for (boolean bit : bits) {
                    all &= bit;
                }
                assertThat(coverage.covers(0, 64)).isEqualTo(all);
            }
        }
    }

    @Test
    void shouldBoundTheNumberOfPieces() {
        for (int i = 0; i < ReadCoverage.MAX_PIECES; i++) {
            assertThat(coverage.add(2L * i, 2L * i + 1)).isTrue();
        }
        assertThat(coverage.add(1_000_000, 1_000_001)).isFalse();
    }
}
