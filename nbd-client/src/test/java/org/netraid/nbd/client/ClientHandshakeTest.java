/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.nbd.client;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.netraid.block.BlockCapability;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.netraid.nbd.wire.Extension;
import org.netraid.nbd.wire.HandshakeFlags;
import org.netraid.nbd.wire.MetaContext;
import org.netraid.nbd.wire.NbdConstants;
import org.netraid.nbd.wire.NbdInfoType;
import org.netraid.nbd.wire.NbdOption;
import org.netraid.nbd.wire.NbdOptionReply;
import org.netraid.nbd.wire.TransmissionFlags;

/** The server's side is written out byte by byte here, so that a mistake in our codecs cannot hide. */
class ClientHandshakeTest {

    private static final int FIXED = HandshakeFlags.FIXED_NEWSTYLE | HandshakeFlags.NO_ZEROES;
    private static final int FLAGS = TransmissionFlags.HAS_FLAGS | TransmissionFlags.SEND_FLUSH;

    private final ByteArrayOutputStream sent = new ByteArrayOutputStream();
    private ClientHandshake handshake = ClientHandshake.go("disk", NbdClientConfig.defaults().withHoles(true), this::onSent);

    private void onSent(ByteBuffer bytes) {
        while (bytes.hasRemaining()) {
            sent.write(bytes.get());
        }
    }

    /** What was sent since the last call. */
    private ByteBuffer takeSent() {
        ByteBuffer bytes = ByteBuffer.wrap(sent.toByteArray());
        sent.reset();
        return bytes;
    }

    /** Byte by byte: a handshake may arrive in any pieces. */
    private void receive(ByteBuffer bytes) {
        while (bytes.hasRemaining()) {
            ByteBuffer one = ByteBuffer.wrap(new byte[] {bytes.get()});
            handshake.onBytes(one);
            if (handshake.isFailed()) {
                return;
            }
            assertThat(one.hasRemaining()).isFalse();
        }
    }

    private static ByteBuffer greeting(int flags) {
        return ByteBuffer.allocate(18).putLong(0x4e42444d41474943L).putLong(0x49484156454F5054L).putShort((short) flags).flip();
    }

    private static ByteBuffer reply(int option, int type, byte... data) {
        return ByteBuffer.allocate(20 + data.length).putLong(0x0003e889045565a9L).putInt(option).putInt(type)
                .putInt(data.length).put(data).flip();
    }

    private static byte[] exportInfo(long size, int flags) {
        return ByteBuffer.allocate(12).putShort((short) 0).putLong(size).putShort((short) flags).array();
    }

    private static byte[] blockInfo(int min, int preferred, int max) {
        return ByteBuffer.allocate(14).putShort((short) 3).putInt(min).putInt(preferred).putInt(max).array();
    }

    private static byte[] textInfo(int type, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        return ByteBuffer.allocate(2 + bytes.length).putShort((short) type).put(bytes).array();
    }

    private void expectOption(int option, byte... data) {
        ByteBuffer bytes = takeSent();
        assertThat(bytes.getLong()).isEqualTo(0x49484156454F5054L);
        assertThat(bytes.getInt()).isEqualTo(option);
        assertThat(bytes.getInt()).isEqualTo(data.length);
        byte[] rest = new byte[bytes.remaining()];
        bytes.get(rest);
        assertThat(rest).isEqualTo(data);
    }

    private void reachGo() {
        receive(greeting(FIXED));
        refuseExtendedHeaders();
        receive(reply(NbdOption.STRUCTURED_REPLY, NbdOptionReply.ACK));
        takeSent();
        receive(reply(NbdOption.SET_META_CONTEXT, NbdOptionReply.ACK));
    }

    private void refuseExtendedHeaders() {
        receive(reply(NbdOption.EXTENDED_HEADERS, NbdOptionReply.ERR_UNSUP));
        takeSent();
    }

    private static byte[] context(int id, String name) {
        byte[] bytes = name.getBytes(StandardCharsets.UTF_8);
        return ByteBuffer.allocate(4 + bytes.length).putInt(id).put(bytes).array();
    }

    @Test
    void shouldAgreeOnEverythingWithAFullServer() {
        receive(greeting(FIXED));
        ByteBuffer first = takeSent();
        assertThat(first.getInt()).isEqualTo(3);
        assertThat(first.getLong()).isEqualTo(0x49484156454F5054L);
        assertThat(first.getInt()).isEqualTo(NbdOption.EXTENDED_HEADERS);
        assertThat(first.getInt()).isZero();
        receive(reply(NbdOption.EXTENDED_HEADERS, NbdOptionReply.ERR_UNSUP));
        expectOption(NbdOption.STRUCTURED_REPLY);
        receive(reply(NbdOption.STRUCTURED_REPLY, NbdOptionReply.ACK));
        expectOption(NbdOption.SET_META_CONTEXT, ByteBuffer.allocate(4 + 4 + 4 + 4 + 15).putInt(4)
                .put("disk".getBytes(StandardCharsets.UTF_8)).putInt(1).putInt(15)
                .put("base:allocation".getBytes(StandardCharsets.UTF_8)).array());
        receive(reply(NbdOption.SET_META_CONTEXT, NbdOptionReply.META_CONTEXT, context(77, "base:allocation")));
        receive(reply(NbdOption.SET_META_CONTEXT, NbdOptionReply.ACK));
        byte[] go = ByteBuffer.allocate(4 + 4 + 2 + 6).putInt(4).put("disk".getBytes(StandardCharsets.UTF_8))
                .putShort((short) 3).putShort((short) 1).putShort((short) 2).putShort((short) 3).array();
        expectOption(NbdOption.GO, go);
        receive(reply(NbdOption.GO, NbdOptionReply.INFO, textInfo(NbdInfoType.NAME, "disk-1")));
        receive(reply(NbdOption.GO, NbdOptionReply.INFO, textInfo(0x7777, "anything")));
        receive(reply(NbdOption.GO, NbdOptionReply.INFO, blockInfo(4096, 65536, -1)));
        receive(reply(NbdOption.GO, NbdOptionReply.INFO, exportInfo(5L << 40, FLAGS)));
        receive(reply(NbdOption.GO, NbdOptionReply.INFO, textInfo(NbdInfoType.DESCRIPTION, "a\u001b[31mdisk")));
        assertThat(handshake.isFinished()).isFalse();
        receive(reply(NbdOption.GO, NbdOptionReply.ACK));
        assertThat(handshake.isFinished()).isTrue();
        assertThat(handshake.export()).isEqualTo(new NbdExport("disk-1", "a [31mdisk", 5L << 40, FLAGS, 4096, 65536,
                NbdConstants.DEFAULT_MAX_PAYLOAD_BYTES, true, true, false, List.of(new MetaContext(77, "base:allocation"))));
    }

    @Test
    void shouldGoOnWithoutTheMapOfHolesWhenTheServerHasNone() {
        receive(greeting(FIXED));
        refuseExtendedHeaders();
        receive(reply(NbdOption.STRUCTURED_REPLY, NbdOptionReply.ACK));
        receive(reply(NbdOption.SET_META_CONTEXT, NbdOptionReply.META_CONTEXT, context(1, "base:allocation")));
        takeSent();
        receive(reply(NbdOption.SET_META_CONTEXT, NbdOptionReply.ERR_UNSUP));
        assertThat(takeSent().getInt(8)).isEqualTo(NbdOption.GO);
        receive(reply(NbdOption.GO, NbdOptionReply.INFO, exportInfo(512, FLAGS)));
        receive(reply(NbdOption.GO, NbdOptionReply.ACK));
        assertThat(handshake.export().contexts()).isEmpty();
        assertThat(handshake.export().structuredReplies()).isTrue();
    }

    @Test
    void shouldAskForNoContextsWhenNobodyWantsTheHoles() {
        handshake = ClientHandshake.go("disk", NbdClientConfig.defaults(), this::onSent);
        receive(greeting(FIXED));
        takeSent();
        receive(reply(NbdOption.STRUCTURED_REPLY, NbdOptionReply.ACK));
        assertThat(takeSent().getInt(8)).isEqualTo(NbdOption.GO);
    }

    @Test
    void shouldUseExtendedHeadersWhenOfferedAndThenNeverExportName() {
        for (boolean go : new boolean[] {true, false}) {
            handshake = ClientHandshake.go("disk", NbdClientConfig.defaults().withHoles(true), this::onSent);
            receive(greeting(FIXED));
            receive(reply(NbdOption.EXTENDED_HEADERS, NbdOptionReply.ACK));
            receive(reply(NbdOption.SET_META_CONTEXT, NbdOptionReply.ACK));
            takeSent();
            if (go) {
                receive(reply(NbdOption.GO, NbdOptionReply.INFO, exportInfo(512, FLAGS)));
                receive(reply(NbdOption.GO, NbdOptionReply.ACK));
                assertThat(handshake.export().extendedHeaders()).isTrue();
                assertThat(handshake.export().structuredReplies()).isTrue();
            } else {
                receive(reply(NbdOption.GO, NbdOptionReply.ERR_UNSUP));
                assertThat(handshake.isFailed()).isTrue();
                expectOption(NbdOption.ABORT);
            }
        }
    }

    @Test
    void shouldAskForAMapAndExtensionsInOneQueryAndKnowWhichItGot() {
        NbdClientConfig config = NbdClientConfig.defaults().withMap("x-netraid:dirty:eve").withExtensions(Set.of(Extension.values()));
        handshake = ClientHandshake.go("disk", config, this::onSent);
        receive(greeting(FIXED));
        refuseExtendedHeaders();
        receive(reply(NbdOption.STRUCTURED_REPLY, NbdOptionReply.ACK));
        assertThat(new String(takeSent().array(), StandardCharsets.UTF_8)).contains("x-netraid:dirty:eve", "x-netraid:checksum");
        receive(reply(NbdOption.SET_META_CONTEXT, NbdOptionReply.META_CONTEXT, context(9, "x-netraid:checksum")));
        receive(reply(NbdOption.SET_META_CONTEXT, NbdOptionReply.META_CONTEXT, context(8, "x-netraid:dirty:eve")));
        receive(reply(NbdOption.SET_META_CONTEXT, NbdOptionReply.ACK));
        receive(reply(NbdOption.GO, NbdOptionReply.INFO, exportInfo(512, FLAGS)));
        receive(reply(NbdOption.GO, NbdOptionReply.ACK));
        assertThat(handshake.export().has(Extension.CHECKSUM)).isTrue();
        assertThat(handshake.export().context("x-netraid:dirty:eve").id()).isEqualTo(8);
        assertThat(handshake.export().capabilities("x-netraid:dirty:eve")).contains(BlockCapability.EXTENTS);
        assertThat(handshake.export().capabilities("base:allocation")).doesNotContain(BlockCapability.EXTENTS);
    }

    @Test
    void shouldRefuseContextsSelectedTwice() {
        for (byte[] second : new byte[][] {context(1, "x-netraid:checksum"), context(2, "base:allocation")}) {
            handshake = ClientHandshake.go("disk", NbdClientConfig.defaults().withHoles(true)
                    .withExtensions(Set.of(Extension.CHECKSUM)), this::onSent);
            receive(greeting(FIXED));
            refuseExtendedHeaders();
            receive(reply(NbdOption.STRUCTURED_REPLY, NbdOptionReply.ACK));
            receive(reply(NbdOption.SET_META_CONTEXT, NbdOptionReply.META_CONTEXT, context(1, "base:allocation")));
            receive(reply(NbdOption.SET_META_CONTEXT, NbdOptionReply.META_CONTEXT, second));
            assertThat(handshake.failure()).contains("breaks the protocol", "twice");
        }
    }

    @Test
    void shouldRefuseContextsNobodyAskedFor() {
        for (byte[] data : new byte[][] {context(1, "x:y"), new byte[3]}) {
            handshake = ClientHandshake.go("disk", NbdClientConfig.defaults().withHoles(true), this::onSent);
            receive(greeting(FIXED));
            refuseExtendedHeaders();
            receive(reply(NbdOption.STRUCTURED_REPLY, NbdOptionReply.ACK));
            receive(reply(NbdOption.SET_META_CONTEXT, NbdOptionReply.META_CONTEXT, data));
            assertThat(handshake.failure()).contains("breaks the protocol");
        }
    }

    @Test
    void shouldLeaveTheBytesBehindTheHandshakeForTheTransmission() {
        reachGo();
        receive(reply(NbdOption.GO, NbdOptionReply.INFO, exportInfo(512, FLAGS)));
        ByteBuffer ack = reply(NbdOption.GO, NbdOptionReply.ACK);
        ByteBuffer more = ByteBuffer.allocate(ack.remaining() + 5).put(ack).put(new byte[] {1, 2, 3, 4, 5}).flip();
        handshake.onBytes(more);
        assertThat(handshake.isFinished()).isTrue();
        assertThat(more.remaining()).isEqualTo(5);
    }

    @Test
    void shouldUseSimpleRepliesWhenStructuredOnesAreRefused() {
        receive(greeting(FIXED));
        refuseExtendedHeaders();
        receive(reply(NbdOption.STRUCTURED_REPLY, NbdOptionReply.ERR_UNSUP, "no".getBytes(StandardCharsets.UTF_8)));
        receive(reply(NbdOption.GO, NbdOptionReply.INFO, exportInfo(1000, FLAGS)));
        receive(reply(NbdOption.GO, NbdOptionReply.ACK));
        assertThat(handshake.export().structuredReplies()).isFalse();
        assertThat(handshake.export().minBlockBytes()).as("1000 is no multiple of 512").isEqualTo(1);
    }

    @ParameterizedTest
    @CsvSource({"3, 10", "1, 134"})
    void shouldFallBackToExportNameWhenGoIsUnknown(int flags, int replyBytes) {
        receive(greeting(flags));
        refuseExtendedHeaders();
        receive(reply(NbdOption.STRUCTURED_REPLY, NbdOptionReply.ERR_UNSUP));
        takeSent();
        receive(reply(NbdOption.GO, NbdOptionReply.ERR_UNSUP));
        expectOption(NbdOption.EXPORT_NAME, "disk".getBytes(StandardCharsets.UTF_8));
        ByteBuffer answer = ByteBuffer.allocate(replyBytes).putLong(1 << 20).putShort((short) FLAGS).rewind();
        receive(answer.duplicate().limit(replyBytes - 1));
        assertThat(handshake.isFinished()).isFalse();
        receive(answer.position(replyBytes - 1));
        assertThat(handshake.isFinished()).isTrue();
        assertThat(handshake.export().sizeBytes()).isEqualTo(1 << 20);
        assertThat(handshake.export().minBlockBytes()).as("careful default").isEqualTo(512);
    }

    @Test
    void shouldUseExportNameWithAServerThatIsNotFixedNewstyle() {
        receive(greeting(0));
        ByteBuffer bytes = takeSent();
        assertThat(bytes.getInt()).isZero();
        assertThat(bytes.getLong()).isEqualTo(0x49484156454F5054L);
        assertThat(bytes.getInt()).isEqualTo(NbdOption.EXPORT_NAME);
        receive(ByteBuffer.allocate(134).putLong(4096).putShort((short) FLAGS).rewind());
        assertThat(handshake.isFinished()).isTrue();
        assertThat(handshake.closedMeans()).isNotEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "-2147483646, policy forbids export 'disk'",
        "-2147483643, demands TLS",
        "-2147483642, no export named 'disk'",
        "-2147483641, shutting down",
        "-2147483640, insists on block sizes",
        "-2147483639, too big",
        "-2147480000, refuses export 'disk' with",
    })
    void shouldTurnErrorsIntoSentencesAndLeavePolitely(int type, String expected) {
        reachGo();
        takeSent();
        receive(reply(NbdOption.GO, type, "because\nof me".getBytes(StandardCharsets.UTF_8)));
        assertThat(handshake.isFailed()).isTrue();
        assertThat(handshake.failure()).contains(expected).endsWith(": because of me");
        expectOption(NbdOption.ABORT);
    }

    @Test
    void shouldListExports() {
        handshake = ClientHandshake.list(false, this::onSent);
        receive(greeting(FIXED));
        receive(reply(NbdOption.LIST, NbdOptionReply.SERVER, ByteBuffer.allocate(9).putInt(3).put("onetw".getBytes(StandardCharsets.UTF_8))
                .array()));
        receive(reply(NbdOption.LIST, NbdOptionReply.SERVER, new byte[4]));
        takeSent();
        receive(reply(NbdOption.LIST, NbdOptionReply.ACK));
        assertThat(handshake.isFinished()).isTrue();
        assertThat(handshake.exports()).hasSize(2);
        assertThat(handshake.exports().get(0).name()).isEqualTo("one");
        assertThat(handshake.exports().get(0).description()).isEqualTo("tw");
        expectOption(NbdOption.ABORT);
    }

    @Test
    void shouldRefuseWhatIsNoNbdServer() {
        receive(ByteBuffer.wrap("HTTP/1.1 400 Bad Request\r\n".getBytes(StandardCharsets.US_ASCII)));
        assertThat(handshake.failure()).contains("not an NBD server");
    }

    @Test
    void shouldRefuseOldstyle() {
        receive(ByteBuffer.allocate(18).putLong(0x4e42444d41474943L).putLong(0x00420281861253L).putShort((short) 0).flip());
        assertThat(handshake.failure()).contains("oldstyle");
    }

    @Test
    void shouldRefuseBrokenReplies() {
        assertBroken(ByteBuffer.allocate(20), "magic");
        assertBroken(reply(NbdOption.LIST, NbdOptionReply.ACK), "answers LIST");
        assertBroken(reply(NbdOption.GO, NbdOptionReply.ACK), "without the size");
        assertBroken(reply(NbdOption.GO, NbdOptionReply.SERVER, new byte[4]), "unexpected SERVER");
        assertBroken(reply(NbdOption.GO, NbdOptionReply.INFO), "INFO reply of 0 bytes");
        assertBroken(reply(NbdOption.GO, NbdOptionReply.INFO, exportInfo(-1, FLAGS)), "beyond 2^63");
        assertBroken(reply(NbdOption.GO, NbdOptionReply.INFO, new byte[] {0, 0, 1}), "instead of 10");
        assertBroken(reply(NbdOption.GO, NbdOptionReply.INFO, blockInfo(3, 4096, 4096)), "block sizes");
        assertBroken(reply(NbdOption.GO, NbdOptionReply.INFO, blockInfo(1 << 17, 1 << 17, -1)), "block sizes");
        assertBroken(ByteBuffer.allocate(20).putLong(0x0003e889045565a9L).putInt(7).putInt(3).putInt(-1).flip(), "announces 4294967295");
    }

    private void assertBroken(ByteBuffer bytes, String expected) {
        handshake = ClientHandshake.go("disk", NbdClientConfig.defaults().withHoles(true), this::onSent);
        reachGo();
        receive(bytes);
        assertThat(handshake.isFailed()).as(expected).isTrue();
        assertThat(handshake.failure()).contains("breaks the protocol").contains(expected);
    }

    @Test
    void shouldStopAServerThatRepliesForEver() {
        reachGo();
        for (int i = 0; i <= ClientHandshake.MAX_REPLIES && !handshake.isFailed(); i++) {
            receive(reply(NbdOption.GO, NbdOptionReply.INFO, exportInfo(512, FLAGS)));
        }
        assertThat(handshake.failure()).contains("more than");
    }
}
