/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.nbd.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.netraid.block.BlockCommand;
import org.netraid.block.BlockError;
import org.netraid.nbd.wire.Extension;
import org.netraid.nbd.wire.MetaContextRequest;
import org.netraid.nbd.wire.NbdOption;
import org.netraid.nbd.wire.NbdOptionReply;
import org.netraid.sim.SimDiskOptions;

/** {@code x-netraid:checksum} on the wire, with the stream whole (0) and cut into single bytes (1). Numbers are the document's. */
class ChecksumTest {

    private static final int SIZE = (10 << 20) + 1000;
    private static final int CHECKSUM = 0x4e01;
    private static final int CHECKSUMS = 0x4e01;
    private static final int EINVAL = 22;
    private static final int KIB4 = 0;
    private static final int KIB64 = 4 << 8;
    private static final int MIB1 = 8 << 8;

    private ServerRig rig;
    private WireClient client;

    private void connect(int piece, boolean select) {
        rig = new ServerRig(piece, ServerLimits.DEFAULT, SimDiskOptions.ofSize(SIZE));
        rig.service.offer(Set.of(Extension.values()));
        client = rig.connect().greet().structured();
        if (select) {
            ByteBuffer query = new MetaContextRequest("", List.of("x-netraid:checksum")).encode();
            List<WireClient.OptionReply> replies = client.ask(NbdOption.SET_META_CONTEXT, Arrays.copyOf(query.array(), query.remaining()));
            assertThat(replies).hasSize(2);
            assertThat(replies.get(0).type()).isEqualTo(NbdOptionReply.META_CONTEXT);
            assertThat(replies.get(0).text()).endsWith("x-netraid:checksum");
        }
        client.go();
    }

    private WireClient.Reply ask(int flags, long offset, long length) {
        client.request(CHECKSUM, flags, 9, offset, length);
        client.settle();
        WireClient.Reply reply = client.takeChunk();
        assertThat(reply.cookie()).isEqualTo(9);
        assertThat(reply.done()).isTrue();
        assertThat(client.available()).isZero();
        return reply;
    }

    private byte[] expected(int offset, int length, int chunk) throws Exception {
        ByteBuffer out = ByteBuffer.allocate(8 + (length + chunk - 1) / chunk * 16).putLong(offset);
        for (int at = offset; at < offset + length; at += chunk) {
            byte[] bytes = rig.disk.content(at, Math.min(chunk, offset + length - at));
            out.put(MessageDigest.getInstance("SHA-512/256").digest(bytes), 0, 16);
        }
        return out.array();
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void shouldHashEveryChunkAndTheLastPartialOne(int piece) throws Exception {
        connect(piece, true);
        client.request(1, 0, 1, 5000, 100_000, ServerRig.pattern(100_000, 3));
        client.settle();
        client.takeSimple(0);
        for (int[] range : new int[][] {{0, 4096, KIB4, 4096}, {1, 9000, KIB4, 4096}, {0, SIZE, KIB64, 65536},
                {4096, SIZE - 4096, MIB1, 1 << 20}, {SIZE - 1, 1, MIB1, 1 << 20}}) {
            WireClient.Reply reply = ask(range[2] | 4, range[0], range[1]);
            assertThat(reply.chunkType()).isEqualTo(CHECKSUMS);
            assertThat(reply.data()).isEqualTo(expected(range[0], range[1], range[3]));
        }
        assertThat(rig.pool.inUseBytes()).isZero();
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void shouldRefuseWhatDoesNotFitAndStayInStep(int piece) {
        connect(piece, true);
        for (long[] bad : new long[][] {{9 << 8, 0, 4096}, {15 << 8, 0, 4096}, {1 << 12, 0, 4096}, {2, 0, 4096}, {0, 0, 0}, {0, SIZE, 1},
                {0, SIZE - 4096, 8192}, {0, -1, 4096}, {0, 1L << 63, 4096}, {0, 0, 0xffffffffL}}) {
            assertThat(ask((int) bad[0], bad[1], bad[2]).error()).isEqualTo(EINVAL);
        }
        rig.disk.fault().on(BlockCommand.CHECKSUM).once().fail(BlockError.EIO);
        assertThat(ask(KIB4, 0, 8192).error()).isEqualTo(5);
        assertThat(ask(KIB4 | 1, 0, 8192).error()).as("FUA means nothing here").isZero();
        assertThat(rig.pool.inUseBytes()).isZero();
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void shouldNotKnowTheCommandUnlessItsContextIsSelected(int piece) {
        connect(piece, false);
        assertThat(ask(KIB4, 0, 4096).error()).isEqualTo(EINVAL);
        assertThat(rig.disk.checksums()).isZero();
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void shouldAnswerBlockStatusOfTheExtensionWithZero(int piece) {
        connect(piece, true);
        client.request(7, 0, 9, 0, SIZE);
        client.settle();
        WireClient.Reply reply = client.takeChunk();
        assertThat(reply.done()).isTrue();
        ByteBuffer payload = ByteBuffer.wrap(reply.data());
        assertThat(payload.getInt(4)).isEqualTo(SIZE);
        assertThat(payload.getInt(8)).isZero();
        assertThat(payload.limit()).isEqualTo(12);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void shouldNotBeOfferedWhereTheServerOrTheDeviceDoesNotHaveIt(int piece) {
        for (boolean server : new boolean[] {true, false}) {
            SimDiskOptions options = SimDiskOptions.ofSize(SIZE);
            rig = new ServerRig(piece, ServerLimits.DEFAULT, server ? options.withCapabilities(Set.of()) : options);
            rig.service.offer(server ? Set.of(Extension.CHECKSUM) : Set.of());
            client = rig.connect().greet().structured();
            ByteBuffer query = new MetaContextRequest("", List.of("x-netraid:checksum")).encode();
            for (int option : new int[] {NbdOption.LIST_META_CONTEXT, NbdOption.SET_META_CONTEXT}) {
                assertThat(client.ask(option, Arrays.copyOf(query.array(), query.remaining()))).hasSize(1);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void shouldServeOthersWhileALongRangeIsHashed(int piece) {
        connect(piece, true);
        client.request(CHECKSUM, KIB64, 1, 0, SIZE);
        client.request(0, 0, 2, 0, 512);
        client.settle();
        assertThat(client.takeChunk().cookie()).as("the read does not wait for three slices").isEqualTo(2);
        assertThat(client.takeChunk().cookie()).isEqualTo(1);
        client.request(CHECKSUM, KIB64, 3, 0, SIZE);
        client.link.hangUp();
        client.settle();
        assertThat(rig.service.connections()).isZero();
        assertThat(rig.pool.inUseBytes()).isZero();
    }
}
