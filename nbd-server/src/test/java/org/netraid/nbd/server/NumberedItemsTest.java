/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.nbd.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.TreeSet;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.netraid.block.BlockCapability;
import org.netraid.block.BlockCommand;
import org.netraid.block.BlockError;
import org.netraid.block.BlockGeometry;
import org.netraid.nbd.wire.CommandFlags;
import org.netraid.nbd.wire.ExportInfo;
import org.netraid.nbd.wire.ListedExport;
import org.netraid.nbd.wire.NbdCommand;
import org.netraid.nbd.wire.NbdInfoType;
import org.netraid.nbd.wire.NbdOption;
import org.netraid.nbd.wire.NbdOptionReply;
import org.netraid.nbd.wire.TransmissionFlags;
import org.netraid.sim.SimDiskOptions;

/**
 * Items of docs/nbd-conformance.md that no other test covers; the number is in the comment. Each with the stream whole (0)
 * and cut into single bytes (1) unless it makes no difference.
 */
class NumberedItemsTest {

    private static final int SIZE = ServerRig.SIZE_BYTES;
    private static final long SECOND_NS = 1_000_000_000L;

    private static ServerRig rig(int piece) {
        return new ServerRig(piece, ServerLimits.DEFAULT, SimDiskOptions.ofSize(SIZE));
    }

    /** Error of one request without structured replies. */
    private static int ask(WireClient client, int type, int flags, long offset, long length, byte... payload) {
        client.request(type, flags, 5, offset, length, payload);
        WireClient.Reply reply = client.takeSimple(type == NbdCommand.READ ? (int) length : 0);
        assertThat(reply.cookie()).isEqualTo(5);
        return reply.error();
    }

    /** 13 */
    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void shouldKeepAnsweringErrorsUntilTheClientLeaves(int piece) {
        WireClient client = rig(piece).connect().greet();
        for (int i = 0; i < 40; i++) {
            assertThat(client.askFor(NbdOption.GO, WireClient.info("nosuch"))).isEqualTo(NbdOptionReply.ERR_UNKNOWN);
        }
        assertThat(client.isClosed()).isFalse();
        client.go();
        for (int i = 0; i < 40; i++) {
            assertThat(ask(client, 99, 0, 0, 1)).isEqualTo(BlockError.EINVAL.errno());
        }
        assertThat(client.isClosed()).isFalse();
    }

    /** 14 */
    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void shouldAcknowledgeAbortAlsoWhileShuttingDown(int piece) {
        ServerRig rig = rig(piece);
        WireClient client = rig.connect().greet();
        client.settle();
        rig.service.shutdown(() -> { });
        assertThat(client.askFor(NbdOption.STRUCTURED_REPLY, new byte[0])).isEqualTo(NbdOptionReply.ERR_SHUTDOWN);
        assertThat(client.askFor(NbdOption.ABORT, new byte[0])).isEqualTo(NbdOptionReply.ACK);
    }

    /** 16 */
    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void shouldExplainEveryRefusedOption(int piece) {
        WireClient client = rig(piece).connect().greet();
        for (WireClient.OptionReply reply : List.of(client.ask(0x1234, new byte[3]).get(0), client.ask(NbdOption.LIST, new byte[1]).get(0),
                client.ask(NbdOption.GO, WireClient.info("nosuch")).get(0), client.ask(NbdOption.GO, new byte[1]).get(0))) {
            assertThat(NbdOptionReply.isError(reply.type())).isTrue();
            assertThat(reply.text()).isNotBlank();
            assertThat(reply.data().length).isLessThanOrEqualTo(4096);
        }
    }

    /** 17 */
    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void shouldTakeItWellWhenTheClientDoesNotReadTheAnswerToAbort(int piece) {
        ServerRig rig = rig(piece);
        WireClient client = rig.connect().greet();
        client.link.stalled = true;
        client.option(NbdOption.ABORT, new byte[0]);
        client.link.hangUp();
        client.settle();
        assertThat(rig.ended).containsExactly("the client gave up");
        assertThat(rig.service.connections()).isZero();
    }

    /** 18 */
    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void shouldOpenEveryExportThatIsListed(int piece) {
        ServerRig rig = rig(piece);
        List<WireClient.OptionReply> replies = rig.connect().greet().ask(NbdOption.LIST, new byte[0]);
        int names = 0;
        for (WireClient.OptionReply reply : replies) {
            if (reply.type() == NbdOptionReply.SERVER) {
                rig.connect().greet().go(ListedExport.decode(ByteBuffer.wrap(reply.data())).name());
                names++;
            }
        }
        assertThat(names).isEqualTo(2);
    }

    /** 19 */
    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void shouldTakeTheEmptyNameForTheDefaultExport(int piece) {
        WireClient client = rig(piece).connect().greet();
        client.option(NbdOption.EXPORT_NAME, new byte[0]);
        assertThat(ExportInfo.decode(ByteBuffer.wrap(client.take(10))).sizeBytes()).isEqualTo(SIZE);
        assertThat(ask(client, NbdCommand.READ, 0, 0, 1)).isZero();
    }

    /** 21, 23 */
    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void shouldSendEachInformationOnceHoweverOftenItIsAskedFor(int piece) {
        WireClient client = rig(piece).connect().greet();
        for (int[] types : new int[][] {{}, {NbdInfoType.NAME, NbdInfoType.NAME, NbdInfoType.EXPORT, NbdInfoType.BLOCK_SIZE, 3, 3, 1}}) {
            List<Short> sent = new ArrayList<>();
            for (WireClient.OptionReply reply : client.ask(NbdOption.INFO, WireClient.info("disk", types))) {
                if (reply.type() == NbdOptionReply.INFO) {
                    sent.add(ByteBuffer.wrap(reply.data()).getShort());
                }
            }
            assertThat(sent).contains((short) NbdInfoType.EXPORT).doesNotHaveDuplicates();
        }
    }

    /** 25, 45, 46, 48, 49, 92 */
    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void shouldTellItsBlockSizesAndRefuseCleanlyWhatDoesNotFitThem(int piece) {
        BlockGeometry blocks = new BlockGeometry(1 << 20, 4096, 8192, 32 << 20);
        ServerRig rig = new ServerRig(piece, ServerLimits.DEFAULT, SimDiskOptions.ofSize(1 << 20).withGeometry(blocks));
        WireClient client = rig.connect().greet();
        List<WireClient.OptionReply> replies = client.ask(NbdOption.GO, WireClient.info("disk"));
        assertThat(replies.get(replies.size() - 1).type()).as("no ERR_BLOCK_SIZE_REQD").isEqualTo(NbdOptionReply.ACK);
        ByteBuffer sizes = replies.stream().map(reply -> ByteBuffer.wrap(reply.data()))
                .filter(info -> info.remaining() == 14 && info.getShort(0) == NbdInfoType.BLOCK_SIZE).findFirst().orElseThrow();
        assertThat(new int[] {sizes.getInt(2), sizes.getInt(6), sizes.getInt(10)}).containsExactly(4096, 8192, 32 << 20);
        int einval = BlockError.EINVAL.errno();
        assertThat(ask(client, NbdCommand.WRITE, 0, 1, 4096, new byte[4096])).isEqualTo(einval);
        assertThat(ask(client, NbdCommand.WRITE, 0, 0, 512, new byte[512])).isEqualTo(einval);
        assertThat(ask(client, NbdCommand.READ, 0, 512, 4096)).isEqualTo(einval);
        assertThat(ask(client, NbdCommand.WRITE_ZEROES, 0, 512, 4096)).isEqualTo(einval);
        assertThat(ask(client, NbdCommand.WRITE, 0, 4096, 4096, new byte[4096])).isZero();
        assertThat(rig.disk.writes()).isEqualTo(1);
    }

    /** 27 */
    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void shouldNotPadTheAnswerToGoWhenNoZeroesWasNotNegotiated(int piece) {
        WireClient client = rig(piece).connect().greet(1);
        // go() itself refuses bytes behind the ACK
        client.go();
        assertThat(ask(client, NbdCommand.READ, 0, 0, 4)).isZero();
    }

    /** 55: a slow read does not hold the others up. */
    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void shouldReplyInTheOrderInWhichTheDeviceEndsRequests(int piece) {
        ServerRig rig = rig(piece);
        rig.disk.fault().on(BlockCommand.READ).area(0, 4096).hang();
        WireClient client = rig.connect().greet().go();
        client.request(NbdCommand.READ, 0, 1, 0, 512);
        client.request(NbdCommand.READ, 0, 2, 8192, 512);
        assertThat(client.takeSimple(512).cookie()).isEqualTo(2);
        rig.disk.clearFaults();
        rig.disk.releaseHung();
        assertThat(client.takeSimple(512).cookie()).isEqualTo(1);
    }

    /** 54 */
    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void shouldAnswerBothWhenACookieIsUsedTwice(int piece) {
        WireClient client = rig(piece).connect().greet().go();
        client.request(NbdCommand.READ, 0, -1, 0, 10);
        client.request(NbdCommand.READ, 0, -1, 0, 10);
        assertThat(client.takeSimple(10).cookie()).isEqualTo(-1);
        assertThat(client.takeSimple(10).cookie()).isEqualTo(-1);
        assertThat(client.available()).isZero();
    }

    /** 56, 57: what follows a simple error is the next reply, not data. */
    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void shouldSendNoDataWithASimpleError(int piece) {
        ServerRig rig = rig(piece);
        rig.disk.fault().on(BlockCommand.READ).once().fail(BlockError.EIO);
        WireClient client = rig.connect().greet().go();
        client.request(NbdCommand.READ, 0, 1, 0, 4096);
        client.settle();
        client.request(NbdCommand.READ, 0, 2, 0, 16);
        assertThat(client.takeSimple(0).error()).isEqualTo(BlockError.EIO.errno());
        assertThat(client.takeSimple(16).cookie()).isEqualTo(2);
        assertThat(client.available()).isZero();
    }

    /** 63 */
    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void shouldCoverWritesOfEveryConnectionWithAFlushOnOne(int piece) {
        ServerRig rig = rig(piece);
        WireClient a = rig.connect().greet();
        ByteBuffer info = ByteBuffer.wrap(a.ask(NbdOption.GO, WireClient.info("disk")).get(0).data());
        assertThat(info.getShort(10) & TransmissionFlags.CAN_MULTI_CONN).isNotZero();
        WireClient b = rig.connect().greet().go();
        byte[] data = ServerRig.pattern(4096, 4);
        assertThat(ask(a, NbdCommand.WRITE, 0, 4096, 4096, data)).isZero();
        b.request(NbdCommand.READ, 0, 8, 4096, 4096);
        assertThat(b.takeSimple(4096).data()).as("visible on the other connection").isEqualTo(data);
        assertThat(rig.disk.hasUnflushed(4096, 4096)).isTrue();
        assertThat(ask(b, NbdCommand.FLUSH, 0, 0, 0)).isZero();
        assertThat(rig.disk.durableContent(4096, 4096)).isEqualTo(data);
    }

    /** 64: the reply to the write was given; the loss comes out at the flush, whoever sends it, and at no other reply. */
    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void shouldTellALostWriteAtTheNextFlush(int piece) {
        ServerRig rig = rig(piece);
        rig.disk.fault().on(BlockCommand.FLUSH).once().fail(BlockError.EIO);
        WireClient a = rig.connect().greet().go();
        WireClient b = rig.connect().greet().go();
        assertThat(ask(a, NbdCommand.WRITE, 0, 0, 512, new byte[512])).isZero();
        assertThat(ask(a, NbdCommand.READ, 0, 0, 512)).isZero();
        assertThat(ask(b, NbdCommand.FLUSH, 0, 0, 0)).isEqualTo(BlockError.EIO.errno());
    }

    /** 68, 71 */
    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void shouldReadInOneChunkWithAndWithoutDf(int piece) {
        ServerRig rig = rig(piece);
        WireClient client = rig.connect().greet().structured().go();
        byte[] data = ServerRig.pattern(512, 2);
        client.request(NbdCommand.WRITE, 0, 1, 8192, 512, data);
        client.takeSimple(0);
        for (int flags : new int[] {0, CommandFlags.DF}) {
            client.request(NbdCommand.READ, flags, 2, 0, 65536);
            WireClient.Reply chunk = client.takeChunk();
            assertThat(chunk.done()).isTrue();
            assertThat(chunk.data()).hasSize(8 + 65536);
            assertThat(Arrays.copyOfRange(chunk.data(), 8 + 8192, 8 + 8192 + 512)).isEqualTo(data);
            assertThat(client.available()).isZero();
        }
    }

    /** 75, 78 */
    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void shouldTrimAndCacheWithoutTouchingTheNeighbours(int piece) {
        ServerRig rig = rig(piece);
        WireClient client = rig.connect().greet().go();
        byte[] data = ServerRig.pattern(16384, 6);
        assertThat(ask(client, NbdCommand.WRITE, 0, 0, 16384, data)).isZero();
        assertThat(ask(client, NbdCommand.TRIM, CommandFlags.FUA, 4096, 4096)).isZero();
        assertThat(ask(client, NbdCommand.CACHE, 0, 0, 16384)).isZero();
        assertThat(ask(client, NbdCommand.CACHE, 1 << 13, 0, 16384)).as("unknown flag").isEqualTo(BlockError.EINVAL.errno());
        assertThat(rig.disk.content(0, 4096)).isEqualTo(Arrays.copyOf(data, 4096));
        assertThat(rig.disk.content(8192, 8192)).isEqualTo(Arrays.copyOfRange(data, 8192, 16384));
    }

    /** 77 */
    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void shouldOfferFastZeroOnlyWithADeviceThatHasItAndSayNotSupportedOnlyThen(int piece) {
        EnumSet<BlockCapability> fast = EnumSet.of(BlockCapability.FLUSH, BlockCapability.WRITE_ZEROES, BlockCapability.FAST_ZERO);
        ServerRig rig = new ServerRig(piece, ServerLimits.DEFAULT, SimDiskOptions.ofSize(SIZE).withCapabilities(fast));
        rig.disk.fault().on(BlockCommand.WRITE_ZEROES).times(2).fail(BlockError.ENOTSUP);
        WireClient client = rig.connect().greet();
        ByteBuffer info = ByteBuffer.wrap(client.ask(NbdOption.GO, WireClient.info("disk")).get(0).data());
        assertThat(info.getShort(10) & TransmissionFlags.SEND_FAST_ZERO).isNotZero();
        assertThat(ask(client, NbdCommand.WRITE_ZEROES, CommandFlags.FAST_ZERO, 0, 512)).isEqualTo(BlockError.ENOTSUP.errno());
        assertThat(ask(client, NbdCommand.WRITE_ZEROES, 0, 0, 512)).as("not fast: never ENOTSUP").isEqualTo(BlockError.EINVAL.errno());
        assertThat(ask(client, NbdCommand.WRITE_ZEROES, CommandFlags.FAST_ZERO, 0, 512)).isZero();
    }

    /** 83, 84, 85, 86, 87: whatever the device says, the wire carries the eight values, and the special ones only where they belong. */
    @ParameterizedTest
    @EnumSource(BlockError.class)
    void shouldCarryOnlyTheErrorsOfTheProtocol(BlockError error) {
        if (!error.isError()) {
            return;
        }
        ServerRig rig = rig(0);
        rig.disk.fault().on(BlockCommand.READ, BlockCommand.WRITE, BlockCommand.TRIM, BlockCommand.FLUSH).fail(error);
        WireClient client = rig.connect().greet().go();
        TreeSet<Integer> seen = new TreeSet<>();
        seen.add(ask(client, NbdCommand.READ, 0, 0, 16));
        seen.add(ask(client, NbdCommand.WRITE, 0, 0, 16, new byte[16]));
        seen.add(ask(client, NbdCommand.TRIM, 0, 0, 16));
        seen.add(ask(client, NbdCommand.FLUSH, 0, 0, 0));
        int expected = error == BlockError.ENOTSUP || error == BlockError.EOVERFLOW ? BlockError.EINVAL.errno() : error.errno();
        assertThat(seen).containsExactly(expected);
    }

    /** 89, 58 */
    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void shouldBoundTheMessageOfAnErrorAndKeepItReadable(int piece) {
        byte[] longMessage = org.netraid.nbd.wire.StructuredReplyChunk.errorPayload(5, "ü".repeat(10_000));
        ByteBuffer encoded = ByteBuffer.wrap(longMessage, 4, 2);
        assertThat((int) encoded.getShort()).isEqualTo(longMessage.length - 6).isLessThanOrEqualTo(4096);
        WireClient client = rig(piece).connect().greet().structured().go();
        client.request(NbdCommand.READ, 0, 3, SIZE, 512);
        WireClient.Reply reply = client.takeChunk();
        ByteBuffer payload = ByteBuffer.wrap(reply.data());
        assertThat(payload.getInt()).isEqualTo(BlockError.EINVAL.errno());
        assertThat((int) payload.getShort()).isEqualTo(payload.remaining()).isPositive();
    }

    /** 49, 82: after each refusal the payload is gone and the next request is understood. */
    @ParameterizedTest
    @ValueSource(ints = {0, 1, 7})
    void shouldConsumeThePayloadOfEveryRefusedWrite(int piece) {
        ServerRig rig = rig(piece);
        WireClient client = rig.connect().greet().go("ro");
        WireClient other = rig.connect().greet().go();
        byte[] payload = ServerRig.pattern(3000, 3);
        assertThat(ask(client, NbdCommand.WRITE, 0, 0, 3000, payload)).isEqualTo(BlockError.EPERM.errno());
        assertThat(ask(other, NbdCommand.WRITE, 1 << 12, 0, 3000, payload)).isEqualTo(BlockError.EINVAL.errno());
        assertThat(ask(other, NbdCommand.WRITE, 0, SIZE - 1, 3000, payload)).isEqualTo(BlockError.ENOSPC.errno());
        assertThat(ask(other, NbdCommand.WRITE, 0, -1, 3000, payload)).isEqualTo(BlockError.ENOSPC.errno());
        for (WireClient each : List.of(client, other)) {
            assertThat(ask(each, NbdCommand.READ, 0, 0, 1)).isZero();
        }
        assertThat(rig.disk.writes()).isZero();
        assertThat(rig.pool.inUseBytes()).isZero();
    }

    /** 59: replies that are not read keep neither memory without bound nor the others waiting. */
    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void shouldServeTheOthersWhileOneNeverReads(int piece) {
        ServerRig rig = rig(piece);
        WireClient deaf = rig.connect().greet().go();
        deaf.link.stalled = true;
        for (int i = 0; i < 300; i++) {
            deaf.request(NbdCommand.READ, 0, i, 0, 65536);
        }
        deaf.settle();
        assertThat(rig.pool.inUseBytes()).isLessThanOrEqualTo(BufferPool.LARGEST_BYTES);
        WireClient other = rig.connect().greet().go();
        rig.scheduler.runFor(2 * ServerLimits.DEFAULT.memoryStallNs() + SECOND_NS);
        assertThat(ask(other, NbdCommand.WRITE, 0, 0, 3, new byte[3])).isZero();
    }
}
