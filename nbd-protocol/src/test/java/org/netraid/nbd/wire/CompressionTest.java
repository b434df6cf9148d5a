/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.nbd.wire;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class CompressionTest {

    @Test
    void shouldTakeWordsAndTheLevelsOfDataKeeper() {
        for (Compression each : Compression.values()) {
            assertThat(Compression.parse(each.toString())).isEqualTo(each);
        }
        assertThat(Compression.parse("0")).isEqualTo(Compression.OFF);
        assertThat(Compression.parse("1")).isEqualTo(Compression.FAST);
        assertThat(Compression.parse("6")).isEqualTo(Compression.FAST);
        assertThat(Compression.parse("7")).isEqualTo(Compression.HIGH);
        assertThat(Compression.parse("9")).isEqualTo(Compression.HIGH);
        assertThat(Compression.parse("10")).isNull();
    }
}
