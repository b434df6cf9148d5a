/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.nbd.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.netraid.block.BlockCapability;
import org.netraid.block.BlockCommand;
import org.netraid.block.BlockError;
import org.netraid.nbd.wire.ChunkType;
import org.netraid.nbd.wire.CommandFlags;
import org.netraid.nbd.wire.NbdCommand;
import org.netraid.sim.SimDiskOptions;

/** Requests and replies in both reply styles, with the stream whole (piece 0) and cut into pieces. */
class TransmissionTest {

    private static final int SIZE = ServerRig.SIZE_BYTES;

    private ServerRig rig;
    private WireClient client;
    private boolean structured;

    private void open(int piece, boolean structuredReplies, String export, SimDiskOptions options) {
        rig = new ServerRig(piece, ServerLimits.DEFAULT, options);
        structured = structuredReplies;
        client = rig.connect().greet();
        if (structured) {
            client.structured();
        }
        client.go(export);
    }

    private void open(int piece, boolean structuredReplies) {
        open(piece, structuredReplies, "", SimDiskOptions.ofSize(SIZE));
    }

    /** Error of the request, after checking its cookie; READ data is dropped. */
    private int ask(int type, int flags, long offset, long length, byte... payload) {
        long cookie = 0x8000_0000_0000_0000L | offset << 1 | type;
        client.request(type, flags, cookie, offset, length, payload);
        WireClient.Reply reply = reply(type, (int) length);
        assertThat(reply.cookie()).isEqualTo(cookie);
        assertThat(client.available()).as("bytes behind the reply").isZero();
        return reply.error();
    }

    /** In the structured style errors and READ come as chunks, other successes as simple replies. */
    private WireClient.Reply reply(int type, int length) {
        client.settle();
        if (structured && (type == NbdCommand.READ || client.nextIsChunk())) {
            WireClient.Reply chunk = client.takeChunk();
            assertThat(chunk.done()).isTrue();
            return chunk;
        }
        return client.takeSimple(type == NbdCommand.READ ? length : 0);
    }

    private byte[] read(long offset, int length) {
        client.request(NbdCommand.READ, 0, 9, offset, length);
        WireClient.Reply reply = reply(NbdCommand.READ, length);
        assertThat(reply.error()).isZero();
        if (!structured) {
            return reply.data();
        }
        assertThat(reply.chunkType()).isEqualTo(ChunkType.OFFSET_DATA);
        byte[] data = new byte[length];
        System.arraycopy(reply.data(), 8, data, 0, length);
        return data;
    }

    @ParameterizedTest
    @CsvSource({"0,false", "0,true", "1,false", "1,true", "29,true"})
    void shouldReadBackWhatWasWrittenAtOddOffsets(int piece, boolean structuredReplies) {
        open(piece, structuredReplies);
        byte[] expected = new byte[9000];
        for (int[] place : new int[][] {{0, 1}, {1, 511}, {513, 4097}, {4095, 2}, {8000, 1000}}) {
            byte[] data = ServerRig.pattern(place[1], place[0]);
            assertThat(ask(NbdCommand.WRITE, 0, place[0], place[1], data)).isZero();
            System.arraycopy(data, 0, expected, place[0], place[1]);
        }
        assertThat(read(0, 9000)).isEqualTo(expected);
        assertThat(rig.disk.content(0, 9000)).isEqualTo(expected);
        assertThat(read(SIZE - 1, 1)).hasSize(1);
    }

    @ParameterizedTest
    @CsvSource({"0,false", "0,true", "1,true"})
    void shouldRefuseRangesBeyondTheEndWithoutWrapping(int piece, boolean structuredReplies) {
        open(piece, structuredReplies);
        long[][] ranges = {{SIZE, 512}, {SIZE - 512, 1024}, {1L << 63, 512}, {-512, 1024}, {-1, 1}, {Long.MAX_VALUE, 1}};
        for (long[] range : ranges) {
            byte[] payload = new byte[(int) range[1]];
            assertThat(ask(NbdCommand.READ, 0, range[0], range[1])).isEqualTo(BlockError.EINVAL.errno());
            assertThat(ask(NbdCommand.TRIM, 0, range[0], range[1])).isEqualTo(BlockError.EINVAL.errno());
            assertThat(ask(NbdCommand.CACHE, 0, range[0], range[1])).isEqualTo(BlockError.EINVAL.errno());
            assertThat(ask(NbdCommand.WRITE_ZEROES, 0, range[0], range[1])).isEqualTo(BlockError.ENOSPC.errno());
            assertThat(ask(NbdCommand.WRITE, 0, range[0], range[1], payload)).isEqualTo(BlockError.ENOSPC.errno());
        }
        assertThat(rig.disk.writes()).isZero();
        read(0, 512);
    }

    @ParameterizedTest
    @CsvSource({"0,false", "0,true", "1,true"})
    void shouldRefuseUnknownCommandsAndFlags(int piece, boolean structuredReplies) {
        open(piece, structuredReplies);
        int einval = BlockError.EINVAL.errno();
        for (int command : new int[] {NbdCommand.BLOCK_STATUS, NbdCommand.RESIZE, 9, 100, 0x4e52, 0xffff}) {
            assertThat(ask(command, 0, 0, 512)).isEqualTo(einval);
        }
        for (int flags : new int[] {1 << 14, 1 << 9, CommandFlags.NO_HOLE, CommandFlags.REQ_ONE, CommandFlags.PAYLOAD_LEN}) {
            assertThat(ask(NbdCommand.READ, flags, 0, 512)).isEqualTo(einval);
            assertThat(ask(NbdCommand.CACHE, flags, 0, 512)).isEqualTo(einval);
            assertThat(ask(NbdCommand.WRITE, flags, 0, 512, new byte[512])).isEqualTo(einval);
        }
        assertThat(ask(NbdCommand.READ, CommandFlags.DF, 0, 512)).isEqualTo(structured ? 0 : einval);
        assertThat(ask(NbdCommand.WRITE_ZEROES, CommandFlags.FAST_ZERO, 0, 512)).as("fast zero is not offered").isEqualTo(einval);
        assertThat(rig.disk.writes()).isZero();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void shouldAcceptFuaOnEveryCommandAndMakeWritesDurable(boolean structuredReplies) {
        open(0, structuredReplies);
        int fua = CommandFlags.FUA;
        byte[] data = ServerRig.pattern(4096, 3);
        assertThat(ask(NbdCommand.WRITE, fua, 8192, 4096, data)).isZero();
        assertThat(rig.disk.durableContent(8192, 4096)).isEqualTo(data);
        assertThat(ask(NbdCommand.WRITE_ZEROES, fua | CommandFlags.NO_HOLE, 8192, 1000)).isZero();
        assertThat(rig.disk.durableContent(8192, 1000)).isEqualTo(new byte[1000]);
        assertThat(ask(NbdCommand.TRIM, fua, 0, 4096)).isZero();
        assertThat(ask(NbdCommand.FLUSH, fua, 0, 0)).isZero();
        assertThat(ask(NbdCommand.CACHE, fua, 0, 4096)).isZero();
        assertThat(ask(NbdCommand.READ, fua, 0, 4096)).isZero();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void shouldAnswerRequestsOfLengthZero(boolean structuredReplies) {
        open(0, structuredReplies);
        for (int command : new int[] {NbdCommand.READ, NbdCommand.WRITE, NbdCommand.TRIM, NbdCommand.WRITE_ZEROES, NbdCommand.CACHE}) {
            assertThat(ask(command, 0, 0, 0)).isZero();
            assertThat(ask(command, 0, SIZE, 0)).isZero();
        }
        client.request(NbdCommand.READ, 0, 1, 0, 0);
        WireClient.Reply reply = reply(NbdCommand.READ, 0);
        assertThat(reply.chunkType()).isEqualTo(structured ? ChunkType.NONE : -1);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void shouldFlushWhatWasRepliedTo(boolean structuredReplies) {
        open(0, structuredReplies);
        assertThat(ask(NbdCommand.WRITE, 0, 0, 512, ServerRig.pattern(512, 1))).isZero();
        assertThat(rig.disk.hasUnflushed(0, 512)).isTrue();
        assertThat(ask(NbdCommand.FLUSH, 0, 512, 512)).as("offset and length of a flush mean nothing").isZero();
        assertThat(rig.disk.hasUnflushed(0, 512)).isFalse();
    }

    @ParameterizedTest
    @CsvSource({"0,false", "0,true", "1,true"})
    void shouldRefuseModificationWhenExportIsReadOnly(int piece, boolean structuredReplies) {
        open(piece, structuredReplies, "ro", SimDiskOptions.ofSize(SIZE));
        int eperm = BlockError.EPERM.errno();
        assertThat(ask(NbdCommand.WRITE, 0, 0, 4096, ServerRig.pattern(4096, 1))).isEqualTo(eperm);
        assertThat(ask(NbdCommand.TRIM, 0, 0, 4096)).isEqualTo(eperm);
        assertThat(ask(NbdCommand.WRITE_ZEROES, 0, 0, 4096)).isEqualTo(eperm);
        assertThat(rig.disk.content(0, 4096)).isEqualTo(new byte[4096]);
        read(0, 10);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void shouldRefuseOnlyWhatTheDeviceLacks(boolean structuredReplies) {
        open(0, structuredReplies, "", SimDiskOptions.ofSize(SIZE).withCapabilities(EnumSet.noneOf(BlockCapability.class)));
        int einval = BlockError.EINVAL.errno();
        assertThat(ask(NbdCommand.FLUSH, 0, 0, 0)).isEqualTo(einval);
        assertThat(ask(NbdCommand.TRIM, 0, 0, 512)).isEqualTo(einval);
        assertThat(ask(NbdCommand.WRITE_ZEROES, 0, 0, 512)).isEqualTo(einval);
        assertThat(ask(NbdCommand.WRITE, CommandFlags.FUA, 0, 512, new byte[512])).isEqualTo(einval);
        assertThat(ask(NbdCommand.WRITE, 0, 0, 512, new byte[512])).isZero();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void shouldPassDeviceErrorsOn(boolean structuredReplies) {
        open(0, structuredReplies);
        rig.disk.fault().on(BlockCommand.READ, BlockCommand.WRITE, BlockCommand.FLUSH).times(3).fail(BlockError.EIO);
        int eio = BlockError.EIO.errno();
        assertThat(ask(NbdCommand.READ, 0, 0, 512)).isEqualTo(eio);
        assertThat(ask(NbdCommand.WRITE, 0, 0, 512, new byte[512])).isEqualTo(eio);
        assertThat(ask(NbdCommand.FLUSH, 0, 0, 0)).isEqualTo(eio);
        assertThat(ask(NbdCommand.READ, 0, 0, 512)).isZero();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void shouldConsumeOversizedPayloadAndRefuseOversizedRead(boolean structuredReplies) {
        open(0, structuredReplies, "", SimDiskOptions.ofSize(80L << 20));
        int tooLong = (32 << 20) + 1;
        assertThat(ask(NbdCommand.READ, 0, 0, tooLong)).isEqualTo(BlockError.EINVAL.errno());
        assertThat(ask(NbdCommand.WRITE, 0, 0, tooLong, new byte[tooLong])).isEqualTo(BlockError.EINVAL.errno());
        assertThat(ask(NbdCommand.WRITE, 0, 0, 32 << 20, new byte[32 << 20])).isZero();
        assertThat(read(0, 32 << 20)).hasSize(32 << 20);
        assertThat(rig.pool.inUseBytes()).isZero();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void shouldCarryOutGigabytesOfZeroesAndTrimInSlices(boolean structuredReplies) {
        long size = 8L << 30;
        open(0, structuredReplies, "", SimDiskOptions.ofSize(size));
        long last = size - 4096;
        assertThat(ask(NbdCommand.WRITE, 0, 0xfffff000L, 4096, ServerRig.pattern(4096, 1))).isZero();
        assertThat(ask(NbdCommand.WRITE, 0, last, 4096, ServerRig.pattern(4096, 2))).isZero();
        assertThat(ask(NbdCommand.WRITE_ZEROES, 0, 4096, 0xfffff000L)).isZero();
        assertThat(read(0xfffff000L, 4096)).isEqualTo(new byte[4096]);
        assertThat(read(last, 4096)).isEqualTo(ServerRig.pattern(4096, 2));
        assertThat(ask(NbdCommand.TRIM, CommandFlags.FUA, 5L << 30, 3L << 30)).isZero();
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1000})
    void shouldAnswerEveryRequestOnceWhenManyAreInFlight(int piece) {
        open(piece, true);
        rig.disk.fault();
        byte[] content = ServerRig.pattern(1 << 20, 5);
        assertThat(ask(NbdCommand.WRITE, 0, 0, 1 << 20, content)).isZero();
        List<Integer> order = new ArrayList<>();
        for (int i = 0; i < 256; i++) {
            int block = i * 101 % 256;
            order.add(block);
            client.request(NbdCommand.READ, 0, block, block * 4096L, 4096);
        }
        boolean[] seen = new boolean[256];
        for (int i = 0; i < 256; i++) {
            WireClient.Reply chunk = client.takeChunk();
            int block = (int) chunk.cookie();
            assertThat(seen[block]).isFalse();
            seen[block] = true;
            assertThat(java.util.Arrays.copyOfRange(chunk.data(), 8, 4104))
                    .isEqualTo(java.util.Arrays.copyOfRange(content, block * 4096, block * 4096 + 4096));
        }
        assertThat(client.available()).isZero();
        assertThat(rig.pool.inUseBytes()).isZero();
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 100})
    void shouldFinishOutstandingWritesBeforeClosingWhenDisconnected(int piece) {
        open(piece, false);
        byte[] data = ServerRig.pattern(8 * 4096, 4);
        for (int i = 0; i < 8; i++) {
            client.request(NbdCommand.WRITE, 0, i, i * 4096L, 4096, java.util.Arrays.copyOfRange(data, i * 4096, i * 4096 + 4096));
        }
        client.request(NbdCommand.DISC, 0, 99, 0, 0);
        client.send(new byte[100]);
        assertThat(client.isClosed()).isTrue();
        assertThat(client.link.aborted).isFalse();
        assertThat(client.available()).isEqualTo(8 * 16);
        assertThat(rig.disk.content(0, 8 * 4096)).isEqualTo(data);
        assertThat(rig.ended).containsExactly("the client disconnected");
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void shouldApplyNothingOfHalfAWrite(int piece) {
        open(piece, false);
        client.request(NbdCommand.WRITE, 0, 1, 0, 4096, new byte[] {1, 2, 3});
        client.link.hangUp();
        client.settle();
        assertThat(rig.disk.writes()).isZero();
        assertThat(rig.pool.inUseBytes()).isZero();
        assertThat(rig.service.connections()).isZero();
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void shouldCutLinkWhenRequestMagicIsWrong(int piece) {
        open(piece, false);
        client.send(new byte[28]);
        assertThat(client.isClosed()).isTrue();
        assertThat(rig.ended).containsExactly("wrong request magic");
    }
}
