/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.resync;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class RateMeterTest {

    private static final long MS = 1_000_000L;

    @Test
    void shouldShowTheRateSinceTheStartWhileThatIsRecent() {
        RateMeter meter = new RateMeter(1000 * MS);
        assertThat(meter.bytesPerSecond(1000 * MS)).isZero();
        meter.add(500_000, 1400 * MS);
        assertThat(meter.bytesPerSecond(1500 * MS)).isEqualTo(1_000_000);
    }

    @Test
    void shouldForgetWhatIsOlderThanThreeSeconds() {
        RateMeter meter = new RateMeter(0);
        for (int i = 0; i < 100; i++) {
            meter.add(i < 50 ? 1_000_000 : 10_000, i * 100 * MS);
        }
        assertThat(meter.bytesPerSecond(10_000 * MS)).isBetween(90_000L, 110_000L);
        assertThat(meter.bytesPerSecond(60_000 * MS)).isZero();
    }
}
