/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.nbd.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.netraid.block.BlockCommand;
import org.netraid.block.BlockError;
import org.netraid.nbd.wire.MetaContextRequest;
import org.netraid.nbd.wire.NbdOption;
import org.netraid.nbd.wire.NbdOptionReply;
import org.netraid.sim.SimDiskOptions;

/** The 32-byte headers on the wire, with the stream whole (0) and cut into single bytes (1). Numbers are the protocol's, not ours. */
class ExtendedHeadersTest {

    private static final int READ = 0;
    private static final int WRITE = 1;
    private static final int DISC = 2;
    private static final int FLUSH = 3;
    private static final int TRIM = 4;
    private static final int CACHE = 5;
    private static final int ZEROES = 6;
    private static final int STATUS = 7;
    private static final int PAYLOAD = 32;
    private static final int NONE = 0;
    private static final int ERROR = 0x8001;
    private static final int EINVAL = 22;
    private static final long HUGE = 6L << 30;

    private record Reply(int type, byte[] payload) {
        int error() {
            return type == ERROR ? ByteBuffer.wrap(payload).getInt() : 0;
        }
    }

    private ServerRig rig;
    private WireClient client;
    private long cookie;

    private void connect(int piece, SimDiskOptions options) {
        rig = new ServerRig(piece, ServerLimits.DEFAULT, options);
        client = rig.connect().greet();
        assertThat(client.askFor(NbdOption.EXTENDED_HEADERS, new byte[0])).isEqualTo(NbdOptionReply.ACK);
    }

    private void select() {
        ByteBuffer query = new MetaContextRequest("", List.of("base:allocation")).encode();
        assertThat(client.ask(NbdOption.SET_META_CONTEXT, Arrays.copyOf(query.array(), query.remaining()))).hasSize(2);
    }

    private void send(int type, int flags, long offset, long length, byte... payload) {
        cookie += 0x1_0000_0001L;
        client.send(ByteBuffer.allocate(32 + payload.length).putInt(0x21e41c71).putShort((short) flags).putShort((short) type)
                .putLong(cookie).putLong(offset).putLong(length).put(payload).array());
    }

    /** One final chunk for the last request, and nothing behind it. */
    private Reply ask(int type, int flags, long offset, long length, byte... payload) {
        send(type, flags, offset, length, payload);
        client.settle();
        ByteBuffer header = ByteBuffer.wrap(client.take(32));
        assertThat(header.getInt()).isEqualTo(0x6e8a278c);
        assertThat(header.getShort()).as("DONE").isEqualTo((short) 1);
        int chunkType = Short.toUnsignedInt(header.getShort());
        assertThat(header.getLong()).isEqualTo(cookie);
        assertThat(header.getLong()).as("offset echoed").isEqualTo(offset);
        byte[] body = client.take((int) header.getLong());
        assertThat(client.available()).isZero();
        return new Reply(chunkType, body);
    }

    private static byte[] filter(long length, int... ids) {
        ByteBuffer bytes = ByteBuffer.allocate(8 + 4 * ids.length).putLong(length);
        for (int id : ids) {
            bytes.putInt(id);
        }
        return bytes.array();
    }

    private static byte[] status(long... lengthsAndStatus) {
        ByteBuffer bytes = ByteBuffer.allocate(8 + 8 * lengthsAndStatus.length).putInt(1).putInt(lengthsAndStatus.length / 2);
        for (long number : lengthsAndStatus) {
            bytes.putLong(number);
        }
        return bytes.array();
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void shouldNegotiateOnceWithoutDataAndReplaceStructuredReplies(int piece) {
        rig = new ServerRig(piece, ServerLimits.DEFAULT, SimDiskOptions.ofSize(HUGE));
        client = rig.connect().greet();
        assertThat(client.askFor(NbdOption.EXTENDED_HEADERS, new byte[1])).isEqualTo(NbdOptionReply.ERR_INVALID);
        client.structured();
        assertThat(client.askFor(NbdOption.EXTENDED_HEADERS, new byte[0])).isEqualTo(NbdOptionReply.ACK);
        assertThat(client.askFor(NbdOption.EXTENDED_HEADERS, new byte[0])).isEqualTo(NbdOptionReply.ERR_INVALID);
        assertThat(client.askFor(NbdOption.STRUCTURED_REPLY, new byte[0])).isEqualTo(NbdOptionReply.ERR_EXT_HEADER_REQD);
        assertThat(flagsOf(client)).as("no filter without contexts").isEqualTo(0);
        select();
        assertThat(flagsOf(client)).isEqualTo(1 << 12);
        client.go();
        assertThat(ask(READ, 0, 0, 512).type()).isEqualTo(1);
    }

    private static int flagsOf(WireClient client) {
        byte[] info = client.ask(NbdOption.INFO, WireClient.info("")).get(0).data();
        return ByteBuffer.wrap(info).getShort(10) & 1 << 12;
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void shouldDropLinkWhenExportNameFollows(int piece) {
        connect(piece, SimDiskOptions.ofSize(HUGE));
        client.option(NbdOption.EXPORT_NAME, new byte[0]);
        assertThat(client.isClosed()).isTrue();
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void shouldAnswerEveryCommandWithOneExtendedChunk(int piece) {
        connect(piece, SimDiskOptions.ofSize(HUGE));
        client.go();
        byte[] data = ServerRig.pattern(5000, 2);
        assertThat(ask(WRITE, PAYLOAD | 1, 4097, 5000, data).type()).isEqualTo(NONE);
        Reply read = ask(READ, 4, 4097, 5000);
        assertThat(read.type()).isEqualTo(1);
        assertThat(ByteBuffer.wrap(read.payload()).getLong()).isEqualTo(4097);
        assertThat(Arrays.copyOfRange(read.payload(), 8, 5008)).isEqualTo(data);
        assertThat(ask(FLUSH, 0, 0, 0).type()).isEqualTo(NONE);
        assertThat(ask(CACHE, 0, 0, HUGE).type()).isEqualTo(NONE);
        assertThat(ask(TRIM, 0, 0, HUGE).type()).isEqualTo(NONE);
        assertThat(ask(ZEROES, 0, 0, HUGE).type()).as("more than 32 bits").isEqualTo(NONE);
        assertThat(rig.disk.content(4097, 5000)).isEqualTo(new byte[5000]);
        assertThat(ask(READ, 0, 0, 0).type()).isEqualTo(NONE);
        assertThat(ask(WRITE, PAYLOAD, 0, 0).type()).isEqualTo(NONE);
        rig.disk.fault().on(BlockCommand.WRITE).once().fail(BlockError.ENOSPC);
        assertThat(ask(WRITE, PAYLOAD, 0, 100, new byte[100]).error()).isEqualTo(28);
        send(DISC, 0, 0, 0);
        assertThat(client.isClosed()).isTrue();
        assertThat(rig.ended).containsExactly("the client disconnected");
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void shouldRefuseWhatDoesNotFitAndStayInStep(int piece) {
        connect(piece, SimDiskOptions.ofSize(HUGE));
        client.go();
        for (long length : new long[] {HUGE + 1, Long.MAX_VALUE, Long.MIN_VALUE, -1, -4096}) {
            assertThat(ask(READ, 0, 4096, length).error()).isEqualTo(EINVAL);
            assertThat(ask(TRIM, 0, 4096, length).error()).isEqualTo(EINVAL);
            assertThat(ask(ZEROES, 0, 4096, length).error()).isEqualTo(28);
        }
        assertThat(ask(READ, 0, 0, (32 << 20) + 1).error()).isEqualTo(EINVAL);
        assertThat(ask(WRITE, 0, 0, 512).error()).as("a WRITE without payload").isEqualTo(EINVAL);
        assertThat(ask(STATUS, 0, 0, 512).error()).as("no context").isEqualTo(EINVAL);
        for (int command : new int[] {READ, FLUSH, TRIM, CACHE, ZEROES, STATUS, 9, 0x4e52}) {
            assertThat(ask(command, PAYLOAD, 0, 512, new byte[512]).error()).as("payload of command " + command).isEqualTo(EINVAL);
        }
        assertThat(ask(WRITE, PAYLOAD, HUGE, 512, new byte[512]).error()).isEqualTo(28);
        assertThat(ask(READ, 0, 0, 512).error()).isZero();
        assertThat(rig.disk.writes()).isZero();
        assertThat(rig.pool.inUseBytes()).isZero();
    }

    @ParameterizedTest
    @ValueSource(longs = {(32 << 20) + 1, 1L << 32, Long.MAX_VALUE, -1})
    void shouldDropLinkWhenAPayloadIsTooLong(long length) {
        connect(0, SimDiskOptions.ofSize(HUGE));
        client.go();
        send(WRITE, PAYLOAD, 0, length);
        assertThat(client.isClosed()).isTrue();
        assertThat(rig.ended.get(0)).contains("a payload of " + Long.toUnsignedString(length));
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void shouldDropLinkWhenTheHeaderIsCompact(int piece) {
        connect(piece, SimDiskOptions.ofSize(HUGE));
        client.go();
        client.send(WireClient.requestBytes(READ, 0, 1, 0, 512, new byte[4]));
        assertThat(client.isClosed()).isTrue();
        assertThat(rig.ended).containsExactly("wrong request magic");
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void shouldTellHolesIn64BitsAndObeyTheFilter(int piece) {
        connect(piece, SimDiskOptions.ofSize(HUGE));
        select();
        client.go();
        long last = HUGE - 4096;
        assertThat(ask(WRITE, PAYLOAD, last, 4096, ServerRig.pattern(4096, 1)).type()).isEqualTo(NONE);
        Reply whole = ask(STATUS, 0, 0, HUGE);
        assertThat(whole.type()).isEqualTo(6);
        assertThat(whole.payload()).isEqualTo(status(last, 3, 4096, 0));
        assertThat(ask(STATUS, 8, 4096, HUGE - 4096).payload()).as("REQ_ONE").isEqualTo(status(last - 4096, 3));
        assertThat(ask(STATUS, PAYLOAD, last, 12, filter(4096, 1)).payload()).isEqualTo(status(4096, 0));
        assertThat(ask(STATUS, PAYLOAD | 8, 0, 12, filter(HUGE, 1)).payload()).isEqualTo(status(last, 3));
        assertThat(ask(STATUS, PAYLOAD, 0, 8, filter(HUGE)).type()).as("no context wanted").isEqualTo(NONE);
        byte[][] bad = {filter(512, 2), filter(512, 1, 1), filter(512, 1, 2), filter(HUGE + 1, 1), filter(-1, 1), filter(0, 1),
            new byte[1], new byte[9], new byte[11], new byte[5000]};
        for (byte[] payload : bad) {
            assertThat(ask(STATUS, PAYLOAD, 0, payload.length, payload).error()).isEqualTo(EINVAL);
        }
        assertThat(ask(STATUS, PAYLOAD | 4, 0, 12, filter(512, 1)).error()).as("a flag of READ").isEqualTo(EINVAL);
        assertThat(ask(STATUS, 0, 0, 0).error()).isEqualTo(EINVAL);
        assertThat(ask(STATUS, 0, HUGE, 1).error()).isEqualTo(EINVAL);
        assertThat(ask(STATUS, 0, last, 4096).payload()).isEqualTo(status(4096, 0));
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void shouldApplyNothingOfHalfAPayload(int piece) {
        connect(piece, SimDiskOptions.ofSize(HUGE));
        select();
        client.go();
        send(STATUS, PAYLOAD, 0, 12, (byte) 0, (byte) 0);
        client.link.hangUp();
        client.settle();
        assertThat(rig.service.connections()).isZero();
        assertThat(rig.disk.extents()).isZero();
    }
}
