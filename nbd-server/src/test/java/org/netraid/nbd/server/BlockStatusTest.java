/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.nbd.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.netraid.block.BlockCapability;
import org.netraid.block.BlockCommand;
import org.netraid.block.BlockError;
import org.netraid.nbd.wire.ChunkType;
import org.netraid.nbd.wire.CommandFlags;
import org.netraid.nbd.wire.MetaContextRequest;
import org.netraid.nbd.wire.NbdCommand;
import org.netraid.nbd.wire.NbdOption;
import org.netraid.nbd.wire.NbdOptionReply;
import org.netraid.sim.SimDiskOptions;

/** Metadata contexts and BLOCK_STATUS, each with the stream whole (0) and cut into single bytes (1). */
class BlockStatusTest {

    private static final int SIZE = ServerRig.SIZE_BYTES;
    private static final int EINVAL = BlockError.EINVAL.errno();
    private static final String ALLOCATION = "base:allocation";

    private ServerRig rig;
    private WireClient client;

    private void connect(int piece, SimDiskOptions options) {
        rig = new ServerRig(piece, ServerLimits.DEFAULT, options);
        client = rig.connect().greet().structured();
    }

    private void connect(int piece) {
        connect(piece, SimDiskOptions.ofSize(SIZE));
    }

    private static byte[] query(String export, String... queries) {
        ByteBuffer encoded = new MetaContextRequest(export, List.of(queries)).encode();
        byte[] bytes = new byte[encoded.remaining()];
        encoded.get(bytes);
        return bytes;
    }

    /** "id:name" of every context in the answer, which ends with ACK. */
    private List<String> contexts(int option, String... queries) {
        List<WireClient.OptionReply> replies = client.ask(option, query("", queries));
        assertThat(replies.remove(replies.size() - 1).type()).isEqualTo(NbdOptionReply.ACK);
        List<String> names = new ArrayList<>();
        for (WireClient.OptionReply reply : replies) {
            assertThat(reply.type()).isEqualTo(NbdOptionReply.META_CONTEXT);
            names.add(ByteBuffer.wrap(reply.data()).getInt() + reply.text().substring(4));
        }
        return names;
    }

    private int selected(String... queries) {
        List<String> names = contexts(NbdOption.SET_META_CONTEXT, queries);
        assertThat(names).hasSizeLessThan(2);
        return names.size();
    }

    private int statusError(long offset, long length, int flags) {
        client.request(NbdCommand.BLOCK_STATUS, flags, 77, offset, length);
        client.settle();
        WireClient.Reply reply = client.takeChunk();
        assertThat(reply.cookie()).isEqualTo(77);
        assertThat(reply.done()).isTrue();
        return reply.error();
    }

    /** "length:status ..." */
    private String status(long offset, long length, int flags) {
        client.request(NbdCommand.BLOCK_STATUS, flags, 78, offset, length);
        client.settle();
        WireClient.Reply reply = client.takeChunk();
        assertThat(reply.cookie()).isEqualTo(78);
        assertThat(reply.chunkType()).isEqualTo(ChunkType.BLOCK_STATUS);
        assertThat(reply.done()).isTrue();
        assertThat(client.available()).isZero();
        ByteBuffer payload = ByteBuffer.wrap(reply.data());
        assertThat(payload.getInt()).isEqualTo(1);
        StringBuilder text = new StringBuilder();
        while (payload.hasRemaining()) {
            text.append(text.isEmpty() ? "" : " ").append(Integer.toUnsignedString(payload.getInt())).append(':').append(payload.getInt());
        }
        return text.toString();
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void shouldListTheContextByNameByNamespaceAndByDefault(int piece) {
        connect(piece);
        String one = "0" + ALLOCATION;
        assertThat(contexts(NbdOption.LIST_META_CONTEXT)).containsExactly(one);
        assertThat(contexts(NbdOption.LIST_META_CONTEXT, "base:")).containsExactly(one);
        assertThat(contexts(NbdOption.LIST_META_CONTEXT, "x-nosuch:a", ALLOCATION, ALLOCATION, "base:")).containsExactly(one);
        assertThat(contexts(NbdOption.LIST_META_CONTEXT, "x-nosuch:", "base:nosuch", "", "base", "BASE:allocation")).isEmpty();
        client.go();
        assertThat(statusError(0, 512, 0)).as("listing selects nothing").isEqualTo(EINVAL);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void shouldSelectOnlyWhatIsNamedAndReplaceTheOldSelection(int piece) {
        connect(piece);
        assertThat(contexts(NbdOption.SET_META_CONTEXT, "x-nosuch:a", ALLOCATION, ALLOCATION)).containsExactly("1" + ALLOCATION);
        for (String[] none : new String[][] {{}, {"base:"}, {"base:nosuch"}, {"x-nosuch:a"}}) {
            assertThat(selected(ALLOCATION)).isEqualTo(1);
            assertThat(selected(none)).isZero();
        }
        client.go();
        assertThat(statusError(0, 512, 0)).isEqualTo(EINVAL);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void shouldForgetTheSelectionWhenTheNextOneFails(int piece) {
        byte[] broken = {0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 100};
        byte[] tooBig = new byte[ServerLimits.DEFAULT.maxOptionBytes() + 1];
        for (byte[] data : new byte[][] {broken, tooBig, query("nosuch", ALLOCATION)}) {
            connect(piece);
            assertThat(selected(ALLOCATION)).isEqualTo(1);
            assertThat(NbdOptionReply.isError(client.askFor(NbdOption.SET_META_CONTEXT, data))).isTrue();
            client.go();
            assertThat(statusError(0, 512, 0)).isEqualTo(EINVAL);
            if (piece == 1) {
                break;
            }
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void shouldUseTheSelectionOnlyForTheExportItWasMadeFor(int piece) {
        connect(piece);
        assertThat(selected(ALLOCATION)).isEqualTo(1);
        client.go("ro");
        assertThat(statusError(0, 512, 0)).isEqualTo(EINVAL);
        client = rig.connect().greet().structured();
        assertThat(selected(ALLOCATION)).isEqualTo(1);
        client.go("disk");
        assertThat(status(0, 512, 0)).as("the default export under its name").isEqualTo("512:3");
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void shouldTellHolesMergedAndInBounds(int piece) {
        connect(piece);
        selected(ALLOCATION);
        client.go();
        client.request(NbdCommand.WRITE, 0, 1, 8192, 8192, ServerRig.pattern(8192, 1));
        client.settle();
        assertThat(client.takeSimple(0).error()).isZero();
        int rest = SIZE - 16384;
        assertThat(status(0, SIZE, 0)).isEqualTo("8192:3 8192:0 " + rest + ":3");
        assertThat(status(100, 8192, 0)).isEqualTo("8092:3 100:0");
        assertThat(status(0, SIZE, CommandFlags.REQ_ONE)).isEqualTo("8192:3");
        assertThat(status(8192, 1, CommandFlags.REQ_ONE | CommandFlags.FUA)).isEqualTo("1:0");
        assertThat(status(SIZE - 1, 1, 0)).isEqualTo("1:3");
        for (long[] range : new long[][] {{SIZE, 1}, {SIZE - 512, 1024}, {-1, 1}, {1L << 63, 512}, {0, 0}, {SIZE, 0}}) {
            assertThat(statusError(range[0], range[1], 0)).isEqualTo(EINVAL);
        }
        assertThat(statusError(0, 512, CommandFlags.DF)).isEqualTo(EINVAL);
        assertThat(statusError(0, 512, CommandFlags.PAYLOAD_LEN)).isEqualTo(EINVAL);
        rig.disk.fault().on(BlockCommand.EXTENTS).once().fail(BlockError.EIO);
        assertThat(statusError(0, 512, 0)).isEqualTo(BlockError.EIO.errno());
        assertThat(status(0, 512, 0)).isEqualTo("512:3");
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void shouldReportDataWhenTheDeviceDoesNotKnowItsHoles(int piece) {
        long size = 5L << 30;
        connect(piece, SimDiskOptions.ofSize(size).withCapabilities(EnumSet.of(BlockCapability.FLUSH)));
        selected(ALLOCATION);
        client.go();
        assertThat(status(0, 0xfffff000L, 0)).isEqualTo("4294963200:0");
        assertThat(status(size - 4096, 4096, CommandFlags.REQ_ONE)).isEqualTo("4096:0");
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void shouldBoundTheExtentsOfOneReply(int piece) {
        connect(piece, SimDiskOptions.ofSize(8 << 20));
        selected(ALLOCATION);
        client.go();
        for (int i = 0; i < 700; i++) {
            client.request(NbdCommand.WRITE, 0, i, i * 8192L, 1, (byte) 1);
            client.settle();
            client.takeSimple(0);
        }
        String first = status(0, 8 << 20, 0);
        assertThat(first.split(" ")).hasSize(StatusReply.MAX_EXTENTS);
        assertThat(status(StatusReply.MAX_EXTENTS * 4096L, 8 << 20 >> 1, 0).split(" ").length).isGreaterThan(200);
    }
}
