/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.mirror;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class WriteLatencyTest {

    @Test
    void shouldFindQuantilesToAnEighth() {
        WriteLatency latency = new WriteLatency();
        long[] before = new long[WriteLatency.BUCKETS];
        latency.copyTo(before);
        for (int i = 1; i <= 1000; i++) {
            latency.record(i * 1000L);
        }
        assertThat(latency.countSince(before)).isEqualTo(1000);
        assertThat(latency.quantileSince(before, 0.99)).isBetween(990_000L, 1_115_000L);
        assertThat(latency.quantileSince(before, 0.5)).isBetween(500_000L, 563_000L);
    }

    @Test
    void shouldSeeOnlyWhatCameSinceTheCopy() {
        WriteLatency latency = new WriteLatency();
        long[] before = new long[WriteLatency.BUCKETS];
        latency.record(5_000_000_000L);
        latency.copyTo(before);
        assertThat(latency.quantileSince(before, 0.99)).isZero();
        latency.record(100);
        assertThat(latency.quantileSince(before, 0.99)).isBetween(100L, 112L);
    }

    @Test
    void shouldHoldAnyDuration() {
        for (long ns = 1; ns > 0; ns <<= 1) {
            for (long at : new long[] {ns - 1, ns, ns + ns / 3}) {
                int bucket = WriteLatency.bucketOf(at);
                assertThat(bucket).isBetween(0, WriteLatency.BUCKETS - 1);
                assertThat(WriteLatency.upperEdgeNs(bucket)).isGreaterThanOrEqualTo(at);
            }
        }
    }
}
