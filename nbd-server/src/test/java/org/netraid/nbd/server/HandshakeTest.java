/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.nbd.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.netraid.nbd.wire.BlockSizeInfo;
import org.netraid.nbd.wire.ExportInfo;
import org.netraid.nbd.wire.ListedExport;
import org.netraid.nbd.wire.MetaContextRequest;
import org.netraid.nbd.wire.NbdCommand;
import org.netraid.nbd.wire.NbdConstants;
import org.netraid.nbd.wire.NbdInfoType;
import org.netraid.nbd.wire.NbdOption;
import org.netraid.nbd.wire.NbdOptionReply;
import org.netraid.nbd.wire.TransmissionFlags;
import org.netraid.sim.SimDiskOptions;

/** Option haggling, each case with the stream whole (0) and cut into single bytes (1). */
class HandshakeTest {

    private static ServerRig rig(int piece) {
        return new ServerRig(piece, ServerLimits.DEFAULT, SimDiskOptions.ofSize(ServerRig.SIZE_BYTES));
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void shouldDropLinkWhenClientFlagsAreUnknown(int piece) {
        WireClient client = rig(piece).connect().greet(0x81);
        client.option(NbdOption.ABORT, new byte[0]);
        assertThat(client.isClosed()).isTrue();
        assertThat(client.available()).isZero();
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void shouldAnswerExportNameWithPaddingUnlessNegotiatedAway(int piece) {
        for (int flags : new int[] {0, 1, 3}) {
            WireClient client = rig(piece).connect().greet(flags);
            client.option(NbdOption.EXPORT_NAME, "disk".getBytes());
            ExportInfo info = ExportInfo.decode(ByteBuffer.wrap(client.take(10)));
            assertThat(info.sizeBytes()).isEqualTo(ServerRig.SIZE_BYTES);
            assertThat(info.transmissionFlags() & (TransmissionFlags.HAS_FLAGS | TransmissionFlags.SEND_DF))
                    .isEqualTo(TransmissionFlags.HAS_FLAGS);
            if (flags != 3) {
                assertThat(client.take(124)).isEqualTo(new byte[124]);
            }
            client.request(NbdCommand.READ, 0, 7, 0, 1);
            assertThat(client.takeSimple(1).error()).isZero();
            assertThat(client.available()).isZero();
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void shouldDropLinkWhenExportNameCannotBeSatisfied(int piece) {
        for (byte[] name : List.of("nosuch".getBytes(), new byte[] {(byte) 0xff}, new byte[5000])) {
            WireClient client = rig(piece).connect().greet();
            client.option(NbdOption.EXPORT_NAME, name);
            assertThat(client.isClosed()).isTrue();
            assertThat(client.available()).isZero();
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void shouldRefuseEverythingButExportNameWithoutFixedNewstyle(int piece) {
        WireClient client = rig(piece).connect().greet(0);
        client.option(NbdOption.LIST, new byte[0]);
        assertThat(client.isClosed()).isTrue();
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void shouldSkipDataOfUnknownOptionsAndStayInStep(int piece) {
        WireClient client = rig(piece).connect().greet();
        int longest = piece == 0 ? 1 << 20 : 4096;
        for (int option : new int[] {0x7654321, 4, -1}) {
            for (int length : new int[] {0, 1, longest}) {
                assertThat(client.askFor(option, new byte[length])).isEqualTo(NbdOptionReply.ERR_UNSUP);
            }
        }
        client.go();
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void shouldListExportsAndRefuseData(int piece) {
        WireClient client = rig(piece).connect().greet();
        List<WireClient.OptionReply> replies = client.ask(NbdOption.LIST, new byte[0]);
        assertThat(replies).extracting(WireClient.OptionReply::type)
                .containsExactly(NbdOptionReply.SERVER, NbdOptionReply.SERVER, NbdOptionReply.ACK);
        assertThat(ListedExport.decode(ByteBuffer.wrap(replies.get(0).data())))
                .isEqualTo(new ListedExport("disk", "a simulated disk"));
        assertThat(client.askFor(NbdOption.LIST, new byte[1])).isEqualTo(NbdOptionReply.ERR_INVALID);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void shouldAcknowledgeAbortWithAndWithoutData(int piece) {
        for (byte[] data : List.of(new byte[0], "why".getBytes())) {
            ServerRig rig = rig(piece);
            WireClient client = rig.connect().greet();
            assertThat(client.askFor(NbdOption.ABORT, data)).isEqualTo(NbdOptionReply.ACK);
            assertThat(client.isClosed()).isTrue();
            assertThat(client.link.aborted).isFalse();
            assertThat(rig.ended).containsExactly("the client gave up");
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void shouldGiveTheSameInformationWithInfoAndGo(int piece) {
        WireClient client = rig(piece).connect().greet();
        byte[] request = WireClient.info("", NbdInfoType.NAME, 0x7777, NbdInfoType.BLOCK_SIZE, NbdInfoType.DESCRIPTION, 0xffff);
        List<WireClient.OptionReply> info = client.ask(NbdOption.INFO, request);
        List<WireClient.OptionReply> go = client.ask(NbdOption.GO, request);
        assertThat(go).extracting(WireClient.OptionReply::data).containsExactlyElementsOf(
                info.stream().map(WireClient.OptionReply::data).toList());
        assertThat(info).hasSize(5);
        assertThat(ByteBuffer.wrap(info.get(0).data()).getShort()).isEqualTo((short) NbdInfoType.EXPORT);
        assertThat(info.get(1).text()).isEqualTo("\0\1disk");
        assertThat(info.get(2).text()).isEqualTo("\0\2a simulated disk");
        assertThat(BlockSizeInfo.decode(ByteBuffer.wrap(info.get(3).data(), 2, 12))).isEqualTo(BlockSizeInfo.DEFAULT);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void shouldAnswerErrorsOfInfoAndGoAndGoOnHaggling(int piece) {
        WireClient client = rig(piece).connect().greet();
        for (int option : new int[] {NbdOption.INFO, NbdOption.GO}) {
            assertThat(client.ask(option, WireClient.info("nosuch")).get(0).type()).isEqualTo(NbdOptionReply.ERR_UNKNOWN);
            for (byte[] bad : List.of(new byte[0], new byte[] {0, 0, 0, 9, 'a', 'b', 'c', 0, 0}, new byte[] {0, 0, 0, 0, 0, 5, 0, 3},
                    new byte[] {0, 0, 0, 0, 0, 0, 0}, ByteBuffer.allocate(5006).putInt(0, 5000).array())) {
                assertThat(client.askFor(option, bad)).isEqualTo(NbdOptionReply.ERR_INVALID);
            }
            assertThat(client.askFor(option, new byte[ServerLimits.DEFAULT.maxOptionBytes() + 1])).isEqualTo(NbdOptionReply.ERR_TOO_BIG);
        }
        client.go("ro");
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void shouldServeRequestThatArrivesTogetherWithGo(int piece) {
        ServerRig rig = rig(piece);
        WireClient client = rig.connect().greet();
        byte[] name = WireClient.info("disk");
        byte[] read = WireClient.requestBytes(NbdCommand.READ, 0, 1, 0, 4);
        ByteBuffer both = ByteBuffer.allocate(16 + name.length + read.length);
        both.putLong(NbdConstants.OPTION_MAGIC).putInt(NbdOption.GO).putInt(name.length).put(name).put(read);
        client.send(both.array());
        while (client.takeOptionReply().type() != NbdOptionReply.ACK) {
            continue;
        }
        assertThat(client.takeSimple(4).error()).isZero();
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void shouldAcceptStructuredReplyTwiceAndRefuseItsData(int piece) {
        WireClient client = rig(piece).connect().greet();
        assertThat(client.askFor(NbdOption.STRUCTURED_REPLY, new byte[1])).isEqualTo(NbdOptionReply.ERR_INVALID);
        client.structured().structured();
        List<WireClient.OptionReply> replies = client.ask(NbdOption.GO, WireClient.info(""));
        ByteBuffer body = ByteBuffer.wrap(replies.get(0).data());
        assertThat(body.getShort(10) & TransmissionFlags.SEND_DF).isNotZero();
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void shouldRefuseMetaContextsWithoutStructuredRepliesOrExport(int piece) {
        WireClient client = rig(piece).connect().greet();
        byte[] query = bytes(new MetaContextRequest("", List.of("base:allocation", "x-nosuch:a")).encode());
        for (int option : new int[] {NbdOption.LIST_META_CONTEXT, NbdOption.SET_META_CONTEXT}) {
            assertThat(client.askFor(option, query)).isEqualTo(NbdOptionReply.ERR_INVALID);
        }
        client.structured();
        for (int option : new int[] {NbdOption.LIST_META_CONTEXT, NbdOption.SET_META_CONTEXT}) {
            assertThat(client.askFor(option, query)).isEqualTo(NbdOptionReply.ACK);
            assertThat(client.askFor(option, bytes(new MetaContextRequest("nosuch", List.of()).encode())))
                    .isEqualTo(NbdOptionReply.ERR_UNKNOWN);
            assertThat(client.askFor(option, new byte[] {0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 100})).isEqualTo(NbdOptionReply.ERR_INVALID);
        }
        client.go().request(NbdCommand.BLOCK_STATUS, 0, 3, 0, 512);
        assertThat(client.takeChunk().error()).isEqualTo(22);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void shouldRefuseStartTlsWithoutEverAskingForIt(int piece) {
        WireClient client = rig(piece).connect().greet();
        assertThat(client.askFor(NbdOption.STARTTLS, new byte[0])).isEqualTo(NbdOptionReply.ERR_UNSUP);
        assertThat(client.askFor(NbdOption.STARTTLS, new byte[3])).isEqualTo(NbdOptionReply.ERR_INVALID);
        client.go();
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void shouldDropLinkWhenOptionMagicIsWrong(int piece) {
        WireClient client = rig(piece).connect().greet();
        client.send(new byte[16]);
        assertThat(client.isClosed()).isTrue();
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void shouldDropLinkWhenOptionAnnouncesGigabytes(int piece) {
        WireClient client = rig(piece).connect().greet();
        client.send(ByteBuffer.allocate(16).putLong(NbdConstants.OPTION_MAGIC).putInt(NbdOption.LIST).putInt(-1).array());
        assertThat(client.isClosed()).isTrue();
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void shouldDropLinkWhenClientSendsOptionsForEver(int piece) {
        WireClient client = rig(piece).connect().greet();
        for (int i = 0; i < ServerLimits.DEFAULT.maxOptions(); i++) {
            assertThat(client.askFor(NbdOption.LIST, new byte[1])).isEqualTo(NbdOptionReply.ERR_INVALID);
        }
        client.option(NbdOption.LIST, new byte[0]);
        assertThat(client.isClosed()).isTrue();
    }

    private static byte[] bytes(ByteBuffer buffer) {
        byte[] bytes = new byte[buffer.remaining()];
        buffer.get(bytes);
        return bytes;
    }
}
