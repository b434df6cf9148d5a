/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.mirror;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class WriteLatencyTest {

    @Test
    void shouldFindQuantilesToAThirtySecond() {
        WriteLatency latency = new WriteLatency();
        long[] before = new long[WriteLatency.BUCKETS];
        latency.copyTo(before);
        for (int i = 1; i <= 1000; i++) {
            latency.record(i * 1000L);
        }
        assertThat(latency.countSince(before)).isEqualTo(1000);
        assertThat(latency.quantileSince(before, 0.99)).isBetween(990_000L, 1_022_000L);
        assertThat(latency.quantileSince(before, 0.5)).isBetween(500_000L, 516_000L);
    }

    @Test
    void shouldSeeOnlyWhatCameSinceTheCopy() {
        WriteLatency latency = new WriteLatency();
        long[] before = new long[WriteLatency.BUCKETS];
        latency.record(5_000_000_000L);
        latency.copyTo(before);
        assertThat(latency.quantileSince(before, 0.99)).isZero();
        latency.record(100);
        assertThat(latency.quantileSince(before, 0.99)).isBetween(100L, 103L);
    }

    @Test
    void shouldCountWhatWasSlower() {
        WriteLatency latency = new WriteLatency();
        long[] before = new long[WriteLatency.BUCKETS];
        latency.record(300_000);
        latency.copyTo(before);
        for (int i = 1; i <= 100; i++) {
            latency.record(i < 95 ? 100_000 : 300_000);
        }
        assertThat(latency.slowerSince(before, 200_000)).isEqualTo(6);
        assertThat(latency.slowerSince(before, 50_000)).isEqualTo(100);
        assertThat(latency.slowerSince(before, 300_000)).isZero();
        double[] into = new double[WriteLatency.BUCKETS];
        latency.addSince(before, into);
        assertThat(into[WriteLatency.bucketOf(300_000)]).isEqualTo(6);
        assertThat(WriteLatency.bucketNs(WriteLatency.bucketOf(300_000))).isBetween(300_000L, 310_000L);
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
