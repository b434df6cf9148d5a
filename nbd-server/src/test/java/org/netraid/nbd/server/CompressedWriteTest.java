/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.nbd.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.netraid.nbd.wire.Compression;
import org.netraid.nbd.wire.Extension;
import org.netraid.nbd.wire.Lz4Payload;
import org.netraid.nbd.wire.MetaContextRequest;
import org.netraid.nbd.wire.NbdOption;
import org.netraid.sim.SimDiskOptions;

/** {@code x-netraid:lz4} on the wire, with the stream whole (0) and cut into single bytes (1). Numbers are the document's. */
class CompressedWriteTest {

    private static final int SIZE = 4 << 20;
    private static final int WRITE_LZ4 = 0x4e03;
    private static final int EINVAL = 22;
    /** 19 bytes, see {@code Lz4PayloadTest}. */
    private static final byte[] GOLDEN = HexFormat.of().parseHex("00000013" + "28" + "6162" + "0200" + "50" + "7879787978");

    private ServerRig rig;
    private WireClient client;

    private void connect(int piece, String... contexts) {
        rig = new ServerRig(piece, ServerLimits.DEFAULT, SimDiskOptions.ofSize(SIZE));
        rig.service.offer(Set.of(Extension.values()));
        client = rig.connect().greet().structured();
        select(contexts);
        client.go();
    }

    private void select(String... contexts) {
        ByteBuffer query = new MetaContextRequest("", List.of(contexts)).encode();
        client.ask(NbdOption.SET_META_CONTEXT, Arrays.copyOf(query.array(), query.remaining()));
    }

    private int ask(int flags, long offset, byte[] payload) {
        client.request(WRITE_LZ4, flags, 9, offset, payload.length, payload);
        client.settle();
        WireClient.Reply reply = client.nextIsChunk() ? client.takeChunk() : client.takeSimple(0);
        assertThat(reply.cookie()).isEqualTo(9);
        assertThat(client.available()).isZero();
        return reply.error();
    }

    private static byte[] packed(byte[] data) {
        ByteBuffer payload = ByteBuffer.allocate(Lz4Payload.maxBytes(data.length));
        int length = new Lz4Payload(Compression.HIGH).encode(ByteBuffer.wrap(data), 0, data.length, payload);
        return Arrays.copyOf(payload.array(), length);
    }

    private static byte[] text(int length) {
        byte[] data = new byte[length];
        for (int i = 0; i < length; i++) {
            data[i] = (byte) ("NetRAID ".charAt(i % 8) + i / 999);
        }
        return data;
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void shouldWriteTheDataThatThePayloadInflatesTo(int piece) {
        connect(piece, "x-netraid:lz4");
        assertThat(ask(0, 5000, GOLDEN)).isZero();
        assertThat(new String(rig.disk.content(5000, 19), java.nio.charset.StandardCharsets.US_ASCII)).isEqualTo("ab".repeat(7) + "xyxyx");
        byte[] data = text(100_000);
        assertThat(ask(1, 8192, packed(data))).isZero();
        assertThat(rig.disk.content(8192, data.length)).isEqualTo(data);
        assertThat(rig.disk.durableContent(8192, data.length)).as("FUA").isEqualTo(data);
        assertThat(ask(0, 0, packed(text(1 << 20)))).isZero();
        assertThat(rig.pool.inUseBytes()).isZero();
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void shouldRefuseWhatIsDamagedOrDoesNotFitAndStayInStep(int piece) {
        connect(piece, "x-netraid:lz4");
        for (int length = 0; length <= 6; length++) {
            assertThat(ask(0, 0, Arrays.copyOf(GOLDEN, length))).as("payload of %d bytes", length).isEqualTo(EINVAL);
        }
        assertThat(ask(0, 0, Arrays.copyOf(GOLDEN, GOLDEN.length + 1))).isEqualTo(EINVAL);
        for (int announced : new int[] {0, 1, 10, 18, 20, (1 << 20) + 1, 1 << 30, -1, Integer.MIN_VALUE}) {
            byte[] lying = ByteBuffer.wrap(GOLDEN.clone()).putInt(0, announced).array();
            assertThat(ask(0, 0, lying)).as("announces %d bytes", announced).isEqualTo(EINVAL);
        }
        assertThat(ask(0, SIZE - 18, GOLDEN)).isEqualTo(28);
        assertThat(ask(0, -1, GOLDEN)).isEqualTo(28);
        assertThat(ask(2, 0, GOLDEN)).isEqualTo(EINVAL);
        assertThat(ask(0x1000, 0, GOLDEN)).as("receipt is not negotiated").isEqualTo(EINVAL);
        assertThat(rig.disk.writes()).isZero();
        assertThat(ask(0, SIZE - 19, GOLDEN)).isZero();
        assertThat(rig.pool.inUseBytes()).isZero();
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void shouldRefuseOnReadOnlyExports(int piece) {
        connect(piece);
        client = rig.connect().greet().structured();
        ByteBuffer query = new MetaContextRequest("ro", List.of("x-netraid:lz4")).encode();
        client.ask(NbdOption.SET_META_CONTEXT, Arrays.copyOf(query.array(), query.remaining()));
        client.go("ro");
        assertThat(ask(0, 0, GOLDEN)).isEqualTo(1);
        assertThat(ask(0, 0, GOLDEN)).isEqualTo(1);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void shouldAcknowledgeReceiptAndKeepTheOrderLikeAnyWrite(int piece) {
        connect(piece, "x-netraid:lz4", "x-netraid:receipt", "x-netraid:order");
        client.request(WRITE_LZ4, 0x1000, 1, 0, GOLDEN.length, GOLDEN);
        byte[] damaged = GOLDEN.clone();
        damaged[7] = 7;
        damaged[8] = 7;
        client.request(WRITE_LZ4, 0x1000, 2, 0, damaged.length, damaged);
        client.request(0x4e02, 0, 3, 0, 0);
        client.settle();
        assertThat(client.takeChunk().chunkType()).isEqualTo(0x4e02);
        assertThat(client.takeChunk().error()).as("damaged").isEqualTo(EINVAL);
        assertThat(client.takeChunk().cookie()).isEqualTo(1);
        assertThat(client.takeChunk().error()).as("the barrier").isEqualTo(5);
    }

    @Test
    void shouldApplyNothingOfHalfAPayload() {
        for (int cut = 1; cut < 28 + GOLDEN.length; cut++) {
            connect(0, "x-netraid:lz4");
            client.send(Arrays.copyOf(WireClient.requestBytes(WRITE_LZ4, 0, 1, 0, GOLDEN.length, GOLDEN), cut));
            client.link.hangUp();
            client.settle();
            assertThat(rig.service.connections()).isZero();
            assertThat(rig.disk.writes()).isZero();
            assertThat(rig.pool.inUseBytes()).isZero();
        }
    }

    @Test
    void shouldTakeThePayloadLengthFromExtendedHeaders() {
        rig = new ServerRig(0, ServerLimits.DEFAULT, SimDiskOptions.ofSize(SIZE));
        rig.service.offer(Set.of(Extension.values()));
        client = rig.connect().greet();
        client.ask(NbdOption.EXTENDED_HEADERS, new byte[0]);
        select("x-netraid:lz4");
        client.go();
        for (int flags : new int[] {0, 32}) {
            ByteBuffer out = ByteBuffer.allocate(32 + (flags == 0 ? 0 : GOLDEN.length)).putInt(0x21e41c71).putShort((short) flags)
                    .putShort((short) WRITE_LZ4).putLong(7).putLong(0).putLong(GOLDEN.length);
            client.send((flags == 0 ? out : out.put(GOLDEN)).array());
            ByteBuffer head = ByteBuffer.wrap(client.take(32));
            assertThat(head.getShort(6)).isEqualTo(flags == 0 ? (short) 0x8001 : 0);
            client.take((int) head.getLong(24));
        }
        assertThat(rig.disk.writes()).isEqualTo(1);
    }
}
