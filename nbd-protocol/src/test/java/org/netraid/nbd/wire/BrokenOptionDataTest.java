/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.nbd.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.util.Random;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Option data that lies about its lengths is refused with a message, and never read out of bounds. */
class BrokenOptionDataTest {

    private static final long SEED = 20260101;

    @ParameterizedTest
    @ValueSource(strings = {
        "", "00000000", "00000000 00", "00000009 616263 0000", "ffffffff 0000", "80000000 0000",
        "00000001 61 0005 0003", "00000001 61 0000 00", "00000001 61 0001 000300", "00000002 ff61 0000", "00000002 6100 0000"})
    void shouldRefuseBrokenInfoRequest(String hex) {
        assertThatThrownBy(() -> InfoRequest.decode(GoldenBytesTest.bytes(hex))).isInstanceOf(NbdFormatException.class);
    }

    @ParameterizedTest
    @ValueSource(strings = {
        "", "00000000", "fffffff0 61", "00000000 00000001", "00000000 ffffffff 00000005 626173653a",
        "00000000 00000001 00000064 626173653a", "00000000 00000001 00000005 626173653a 6a"})
    void shouldRefuseBrokenMetaContextRequest(String hex) {
        assertThatThrownBy(() -> MetaContextRequest.decode(GoldenBytesTest.bytes(hex))).isInstanceOf(NbdFormatException.class);
    }

    @ParameterizedTest
    @ValueSource(strings = {
        "", "00000001 00000200", "00000000 00001000 02000000", "00000003 00001000 02000000", "00020000 00020000 02000000",
        "00000001 00000100 02000000", "00001000 00000200 02000000", "00000001 00001000 00000200", "00000001 80000000 ffffffff"})
    void shouldRefuseBrokenBlockSizes(String hex) {
        assertThatThrownBy(() -> BlockSizeInfo.decode(GoldenBytesTest.bytes(hex))).isInstanceOf(NbdFormatException.class);
    }

    @Test
    void shouldRefuseStringWhenLongerThanTheProtocolAllows() {
        ByteBuffer data = ByteBuffer.allocate(6 + 5000).putInt(0, 5000);
        assertThatThrownBy(() -> InfoRequest.decode(data)).isInstanceOf(NbdFormatException.class).hasMessageContaining("4096");
        assertThatThrownBy(() -> NbdStrings.encode("n".repeat(4097), "export name")).isInstanceOf(NbdFormatException.class);
        assertThat(NbdStrings.encode("n".repeat(4096), "export name")).hasSize(4096);
    }

    @Test
    void shouldRefuseToSendStringThatHasNoWireForm() {
        assertThatThrownBy(() -> NbdStrings.encode("a\0b", "export name")).isInstanceOf(NbdFormatException.class);
        assertThatThrownBy(() -> NbdStrings.encode("\ud800", "export name")).isInstanceOf(NbdFormatException.class);
    }

    @Test
    void shouldCutMessageAtACharacter() {
        assertThat(NbdStrings.truncated("a\u00e4\u00e4", 4)).isEqualTo("a\u00e4".getBytes(java.nio.charset.StandardCharsets.UTF_8));
        assertThat(NbdStrings.truncated("x\0", 10)).isEqualTo(new byte[] {'x', '?'});
    }

    @Test
    void shouldEndEveryDecodeInAValueOrAFormatExceptionWhenFedRandomBytes() {
        Random random = new Random(SEED);
        for (int i = 0; i < 20_000; i++) {
            ByteBuffer data = randomData(random);
            survives(InfoRequest::decode, data, i);
            survives(MetaContextRequest::decode, data, i);
            survives(ListedExport::decode, data, i);
            survives(BlockSizeInfo::decode, data, i);
            survives(ExportInfo::decode, data, i);
            survives(StructuredReplyChunk::errorMessage, data, i);
        }
    }

    /** Short, with a plausible length in front more often than chance would give, inside a larger array. */
    private static ByteBuffer randomData(Random random) {
        byte[] raw = new byte[64];
        random.nextBytes(raw);
        int length = random.nextInt(48);
        ByteBuffer data = ByteBuffer.wrap(raw, 8, length).slice();
        for (int at = 0; at + 4 <= length && random.nextInt(3) > 0; at += 4 + random.nextInt(4)) {
            data.putInt(at, random.nextInt(4) == 0 ? random.nextInt() : random.nextInt(16));
        }
        return data;
    }

    private static void survives(Function<ByteBuffer, Object> decoder, ByteBuffer data, int round) {
        try {
            assertThat(decoder.apply(data.duplicate())).isNotNull();
        } catch (NbdFormatException e) {
            assertThat(e.getMessage()).as("seed %d round %d", SEED, round).isNotEmpty();
        }
    }
}
