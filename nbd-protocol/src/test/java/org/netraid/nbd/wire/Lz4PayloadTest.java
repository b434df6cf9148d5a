/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.nbd.wire;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class Lz4PayloadTest {

    /** Put together by hand from the LZ4 block format: 2 literals, a match of 12 at distance 2, 5 literals. */
    private static final String BLOCK = "28" + "6162" + "0200" + "50" + "7879787978";
    private static final String DATA = "ab".repeat(7) + "xyxyx";

    private static ByteBuffer direct(byte[] bytes) {
        return ByteBuffer.allocateDirect(bytes.length).put(bytes).flip();
    }

    @Test
    void shouldInflateTheGoldenBlock() {
        ByteBuffer block = direct(HexFormat.of().parseHex(BLOCK));
        ByteBuffer data = ByteBuffer.allocateDirect(DATA.length());
        assertThat(Lz4Payload.inflate(block, 0, block.remaining(), data, 0, DATA.length())).isTrue();
        assertThat(StandardCharsets.US_ASCII.decode(data).toString()).isEqualTo(DATA);
    }

    @ParameterizedTest
    @EnumSource(value = Compression.class, names = "OFF", mode = EnumSource.Mode.EXCLUDE)
    void shouldGiveBackWhatItCompressed(Compression compression) {
        Lz4Payload lz4 = new Lz4Payload(compression);
        Random random = new Random(7);
        for (int length : new int[] {1, 13, 512, 4096, 65536, Lz4Payload.MAX_DATA_BYTES}) {
            byte[] bytes = new byte[length];
            for (int i = 0; i < length; i++) {
                bytes[i] = (byte) (random.nextInt(16) == 0 ? random.nextInt() : i / 64);
            }
            ByteBuffer from = ByteBuffer.allocateDirect(length + 5).put(5, bytes);
            ByteBuffer payload = ByteBuffer.allocateDirect(Lz4Payload.maxBytes(length));
            int payloadBytes = lz4.encode(from, 5, length, payload);
            assertThat(payload.getInt(0)).isEqualTo(length);
            ByteBuffer back = ByteBuffer.allocateDirect(length + 9);
            assertThat(Lz4Payload.inflate(payload, 4, payloadBytes - 4, back, 9, length)).isTrue();
            assertThat(back.slice(9, length)).isEqualTo(ByteBuffer.wrap(bytes));
            assertThat(length < 512 || Lz4Payload.isPlausible(payloadBytes, length)).isTrue();
        }
    }

    @Test
    void shouldRefuseDamagedBlocksWithoutTouchingBytesOutside() {
        Lz4Payload lz4 = new Lz4Payload(Compression.FAST);
        Random random = new Random(3);
        ByteBuffer from = ByteBuffer.allocateDirect(4096);
        for (int i = 0; i < 4096; i++) {
            from.put(i, (byte) (i / 100));
        }
        ByteBuffer payload = ByteBuffer.allocateDirect(Lz4Payload.maxBytes(4096));
        int good = lz4.encode(from, 0, 4096, payload);
        assertThat(Lz4Payload.inflate(payload, 4, good - 5, ByteBuffer.allocateDirect(4096), 0, 4096)).isFalse();
        assertThat(Lz4Payload.inflate(payload, 4, good - 4, ByteBuffer.allocateDirect(4096), 0, 4095)).isFalse();
        for (int round = 0; round < 20_000; round++) {
            ByteBuffer bad = ByteBuffer.allocateDirect(good).put(0, payload, 0, good);
            for (int i = random.nextInt(4); i >= 0; i--) {
                bad.put(4 + random.nextInt(good - 4), (byte) random.nextInt());
            }
            ByteBuffer to = ByteBuffer.allocateDirect(64 + 4096 + 64);
            Lz4Payload.inflate(bad, 4, good - 4, to, 64, 4096);
            assertThat(to.slice(0, 64)).isEqualTo(ByteBuffer.allocate(64));
            assertThat(to.slice(64 + 4096, 64)).isEqualTo(ByteBuffer.allocate(64));
        }
    }

    @Test
    void shouldBoundWhatALengthMayAnnounce() {
        assertThat(Lz4Payload.isPlausible(5, 2)).isTrue();
        assertThat(Lz4Payload.isPlausible(5, 1)).as("no shorter than the data").isFalse();
        assertThat(Lz4Payload.isPlausible(4, 100)).isFalse();
        assertThat(Lz4Payload.isPlausible(100, Lz4Payload.MAX_DATA_BYTES)).isTrue();
        assertThat(Lz4Payload.isPlausible(100, Lz4Payload.MAX_DATA_BYTES + 1)).isFalse();
        assertThat(Lz4Payload.isPlausible(100, -1)).isFalse();
        assertThat(Lz4Payload.isPlausible(0xffffffffL, 4096)).isFalse();
    }
}
