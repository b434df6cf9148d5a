/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.nbd.client.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine.TypeConversionException;

class ByteSizeTest {

    @ParameterizedTest
    @CsvSource({"0, 0", "512, 512", "4k, 4096", "4K, 4096", "1MiB, 1048576", "3G, 3221225472", "2t, 2199023255552"})
    void shouldReadSizesAsPeopleWriteThem(String text, long bytes) {
        assertThat(new ByteSize().convert(text)).isEqualTo(bytes);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "k", "-1", "1.5M", "4x", "9999999999G", "99999999999999999999", "0x10"})
    void shouldRefuseWhatIsNoSize(String text) {
        assertThatThrownBy(() -> new ByteSize().convert(text)).isInstanceOf(TypeConversionException.class)
                .hasMessageContaining("'" + text + "'");
    }

    @Test
    void shouldWriteSizesForPeople() {
        assertThat(ByteSize.text(100)).isEqualTo("100 bytes");
        assertThat(ByteSize.text(64 << 20)).isEqualTo("64 MiB");
        assertThat(ByteSize.text(1536)).isEqualTo("1.5 KiB");
    }
}
