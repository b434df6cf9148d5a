/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.block;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;

class ChunkHashTest {

    private final ChunkHash hash = new ChunkHash();

    private String hex(ByteBuffer data, int chunkBytes) {
        ByteBuffer out = ByteBuffer.allocate(ChunkHash.hashesBytes(data.remaining(), chunkBytes));
        hash.hash(data, chunkBytes, out, 0);
        assertThat(data.hasRemaining()).isFalse();
        return HexFormat.of().formatHex(out.array());
    }

    /** The value of "abc" is the example in FIPS 180-4; the other comes from {@code openssl dgst -sha512-256}. */
    @Test
    void shouldBeTheFirstHalfOfSha512Slash256() {
        assertThat(hex(ByteBuffer.wrap("abc".getBytes(StandardCharsets.US_ASCII)), 4096)).isEqualTo("53048e2681941ef99b2e29b76b4c7dab");
        assertThat(hex(ByteBuffer.allocateDirect(4096 + 3), 4096)).hasSize(64);
        assertThat(hex(ByteBuffer.allocateDirect(4096), 4096)).isEqualTo("4b096e0bf36325c8a26b0bf0416393bc");
    }

    @Test
    void shouldKnowWhatAChunkIsAndHowMuchRoomTheHashesTake() {
        assertThat(ChunkHash.hashesBytes(0, 4096)).isZero();
        assertThat(ChunkHash.hashesBytes(1, 4096)).isEqualTo(16);
        assertThat(ChunkHash.hashesBytes(4097, 4096)).isEqualTo(32);
        for (long bad : new long[] {0, 2048, 4095, 6144, 2 << 20, -4096, Long.MIN_VALUE}) {
            assertThat(ChunkHash.isChunk(bad)).isFalse();
            assertThatThrownBy(() -> ChunkHash.hashesBytes(1, (int) bad)).isInstanceOf(IllegalArgumentException.class);
        }
        assertThatThrownBy(() -> ChunkHash.hashesBytes(-1, 4096)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> ChunkHash.hashesBytes(Long.MAX_VALUE, 1 << 20)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void shouldRefuseABufferOfAnotherSizeThanTheHashes() {
        assertThatThrownBy(() -> new BlockRequest().checksum(0, 8192, 4096, ByteBuffer.allocate(31), done -> { }))
                .isInstanceOf(IllegalArgumentException.class);
    }
}
