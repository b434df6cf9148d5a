/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.nbd.wire;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** The numbers of docs/wire-extensions.md. */
class ExtensionTest {

    @Test
    void shouldPutTheLengthOfAChunkIntoTheFlags() {
        for (int log2 = 12; log2 <= 20; log2++) {
            assertThat(ChecksumFlags.of(1 << log2)).isEqualTo(log2 - 12 << 8);
            assertThat(ChecksumFlags.chunkBytes(log2 - 12 << 8 | 0xf0ff)).isEqualTo(1 << log2);
        }
        for (int bad = 9; bad < 16; bad++) {
            assertThat(ChecksumFlags.chunkBytes(bad << 8)).isZero();
        }
    }

    @Test
    void shouldBeSpecifiedInTheDocument() throws Exception {
        String document = Files.readString(Path.of(System.getProperty("netraid.root", ".."), "docs/wire-extensions.md"));
        for (Extension extension : Extension.values()) {
            assertThat(document).contains("`" + extension.contextName() + "`");
        }
        assertThat(document).contains("command `0x4e01` | `CHECKSUM`", "command `0x4e02` | `BARRIER`", "reply type `0x4e01` | `CHECKSUMS`",
                "reply type `0x4e02` | `RECEIVED`", "flag bit 12, `0x1000` | `RECEIPT`");
        assertThat(document).contains("command `0x4e03` | `WRITE_LZ4`");
        assertThat(NbdCommand.WRITE_LZ4).isEqualTo(0x4e03);
        assertThat(NbdCommand.CHECKSUM).isEqualTo(0x4e01);
        assertThat(NbdCommand.BARRIER).isEqualTo(0x4e02);
        assertThat(ChunkType.CHECKSUMS).isEqualTo(0x4e01);
        assertThat(ChunkType.RECEIVED).isEqualTo(0x4e02);
        assertThat(CommandFlags.RECEIPT).isEqualTo(0x1000);
    }
}
