/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.nbd.client;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.netraid.block.BlockCapability;
import org.netraid.block.BlockError;
import org.netraid.block.BlockRequest;
import org.netraid.block.ExtentList;
import org.netraid.nbd.wire.Extension;

/** BLOCK_STATUS from the client's side, also with servers that answer wrongly. */
class ClientBlockStatusTest {

    private static final int SIZE = 1 << 20;

    private final ClientRig rig = new ClientRig(5, SIZE);
    private final ExtentList list = new ExtentList(4);
    private BlockRequest ended;

    ClientBlockStatusTest() {
        rig.server.allocation = true;
    }

    private BlockError ask(long offset, long length, int flags) {
        ended = null;
        rig.device.submit(new BlockRequest().extents(offset, length, flags, list, done -> ended = done));
        assertThat(ended).isNull();
        assertThat(rig.scheduler.runUntil(() -> ended != null, 100_000)).isTrue();
        return ended.error();
    }

    @Test
    void shouldAskOnlyAServerThatSelectedTheContext() {
        rig.server.allocation = false;
        rig.connect();
        assertThat(rig.device.can(BlockCapability.EXTENTS)).isFalse();
        assertThat(ask(0, SIZE, 0)).isEqualTo(BlockError.ENOTSUP);
        assertThat(rig.server.commands).isEmpty();
    }

    @Test
    void shouldGiveWholeBlocksToTheServerAndTheAskedRangeToTheCaller() {
        rig.server.blockSizes = new int[] {4096, 4096, 1 << 20};
        rig.server.onCommand = command -> rig.server.status(command, 4096, 3, 8192, 0, 1 << 30, 3 | 1 << 5);
        rig.connect();
        assertThat(rig.device.can(BlockCapability.EXTENTS)).isTrue();
        assertThat(ask(1000, 20_000, 0)).isEqualTo(BlockError.NONE);
        assertThat(list).hasToString("3096:3 8192:0 8712:3");
        assertThat(rig.server.commands.get(0)).hasToString("7 24576@0");
        rig.server.onCommand = command -> rig.server.status(command, 4096, 3);
        assertThat(ask(8191, 2, BlockRequest.ONE_EXTENT)).isEqualTo(BlockError.NONE);
        assertThat(rig.server.commands.get(1)).hasToString("7 8192@4096/8");
        assertThat(list).as("the server may answer for less than was asked").hasToString("1:3");
        assertThat(ask(4096 * 3 - 1, 4096, 0)).isEqualTo(BlockError.NONE);
        assertThat(ask(SIZE, 1, 0)).isEqualTo(BlockError.EINVAL);
        rig.assertClean();
    }

    @Test
    void shouldKeepTheFirstExtentsWhenThereAreMoreThanTheCallerTakes() {
        rig.server.onCommand = command -> rig.server.status(command, 512, 0, 512, 3, 512, 0, 512, 3, 512, 0, 512, 3);
        rig.connect();
        assertThat(ask(0, SIZE, 0)).isEqualTo(BlockError.NONE);
        assertThat(list).hasToString("512:0 512:3 512:0 512:3");
    }

    @Test
    void shouldPassTheServersErrorOnAndStayConnected() {
        rig.server.onCommand = command -> rig.server.chunk(command.cookie(), 1, 0x8001, FakeServer.errorPayload(5, "no map"));
        rig.connect();
        assertThat(ask(0, 512, 0)).isEqualTo(BlockError.EIO);
        assertThat(ended.errorDetail()).contains("no map");
        assertThat(rig.device.isOpen()).isTrue();
    }

    @Test
    void shouldHangUpOnAnswersThatBreakTheProtocol() {
        assertHangsUp("an extent of no bytes", command -> rig.server.status(command, 0, 0));
        assertHangsUp("behind the range", command -> rig.server.status(command, 4096, 0, 512, 3));
        assertHangsUp("chunk of 4 bytes", command -> rig.server.status(command));
        assertHangsUp("chunk of 8 bytes", command -> rig.server.status(command, 512));
        assertHangsUp("without an answer", command -> rig.server.ok(command));
        assertHangsUp("without an answer", command -> rig.server.chunk(command.cookie(), 1, 0));
        assertHangsUp("which was not selected", command -> rig.server.chunk(command.cookie(), 1, 5,
                ByteBuffer.allocate(12).putInt(1).putInt(512).putInt(0).array()));
        assertHangsUp("two BLOCK_STATUS chunks", command -> {
            byte[] answer = ByteBuffer.allocate(12).putInt(FakeServer.CONTEXT_ID).putInt(512).putInt(0).array();
            rig.server.chunk(command.cookie(), 0, 5, answer);
            rig.server.chunk(command.cookie(), 1, 5, answer);
        });
        assertHangsUp("OFFSET_HOLE answers BLOCK_STATUS", command -> rig.server.chunk(command.cookie(), 1, 2, new byte[12]));
    }

    private void assertHangsUp(String reason, Consumer<FakeServer.Command> answer) {
        rig.device = null;
        rig.disconnects = 0;
        rig.server.onCommand = answer;
        rig.connect();
        assertThat(ask(0, 4096, 0)).isEqualTo(BlockError.EIO);
        rig.untilDisconnected();
        assertThat(rig.disconnectReason).contains(reason);
    }

    @Test
    void shouldAnswerFromTheMapAskedForAndPassOverTheOthers() {
        rig.config = NbdClientConfig.defaults().withMap("x-netraid:dirty:eve").withExtensions(java.util.Set.of(Extension.CHECKSUM));
        rig.server.contexts = new String[] {"x-netraid:dirty:eve", "x-netraid:checksum"};
        rig.server.onCommand = command -> {
            rig.server.chunk(command.cookie(), 0, 5, statusOf(FakeServer.CONTEXT_ID + 1, 1 << 20, 0));
            rig.server.chunk(command.cookie(), 1, 5, statusOf(FakeServer.CONTEXT_ID, 4096, 1, 4096, 0x80000000));
        };
        rig.connect();
        assertThat(ask(0, 8192, 0)).isEqualTo(BlockError.NONE);
        assertThat(list).hasToString("4096:1 4096:" + 0x80000000);
        rig.server.onCommand = command -> rig.server.chunk(command.cookie(), 1, 5, statusOf(FakeServer.CONTEXT_ID, 4096, 1));
        assertThat(ask(0, 8192, 0)).isEqualTo(BlockError.EIO);
        rig.untilDisconnected();
        assertThat(rig.disconnectReason).contains("without an answer");
    }

    private static byte[] statusOf(int id, int... lengthsAndStatus) {
        ByteBuffer payload = ByteBuffer.allocate(4 + 4 * lengthsAndStatus.length).putInt(id);
        for (int number : lengthsAndStatus) {
            payload.putInt(number);
        }
        return payload.array();
    }

    @Test
    void shouldHangUpWhenStatusAnswersAnotherCommand() {
        rig.server.onCommand = command -> rig.server.status(command, 512, 0);
        rig.connect();
        assertThat(rig.run(rig.request().read(0, ByteBuffer.allocate(512)))).isEqualTo(BlockError.EIO);
        assertThat(rig.disconnectReason).contains("BLOCK_STATUS answers READ");
    }

    @Test
    void shouldReadWriteAndAskWithExtendedHeaders() {
        rig.server.extended = true;
        rig.connect();
        assertThat(rig.device.export().extendedHeaders()).isTrue();
        byte[] data = new byte[1000];
        java.util.Arrays.fill(data, (byte) 9);
        assertThat(rig.run(rig.request().write(123, data, BlockRequest.FUA))).isEqualTo(BlockError.NONE);
        ByteBuffer back = ByteBuffer.allocate(1002);
        assertThat(rig.run(rig.request().read(122, back))).isEqualTo(BlockError.NONE);
        assertThat(back.array()[0]).isZero();
        assertThat(back.array()[1]).isEqualTo((byte) 9);
        assertThat(back.array()[1001]).isZero();
        assertThat(rig.run(rig.request().zeroes(0, SIZE, 0))).isEqualTo(BlockError.NONE);
        assertThat(rig.run(rig.request().flush())).isEqualTo(BlockError.NONE);
        rig.server.onCommand = command -> rig.server.status(command, 4096, 3, 8192, 0);
        assertThat(ask(1000, 20_000, 0)).isEqualTo(BlockError.NONE);
        assertThat(list).hasToString("4096:3 8192:0");
        rig.server.onCommand = command -> rig.server.simple(command.cookie(), 28);
        assertThat(rig.run(rig.request().write(0, data, 0))).isEqualTo(BlockError.ENOSPC);
        boolean[] closed = {false};
        rig.device.close(() -> closed[0] = true);
        assertThat(rig.scheduler.runUntil(() -> closed[0], 100_000)).isTrue();
        rig.runFor(100);
        assertThat(rig.server.violation).isEmpty();
        assertThat(rig.server.disconnected).isTrue();
        rig.assertClean();
    }

    @Test
    void shouldHangUpOnExtendedRepliesThatBreakTheProtocol() {
        rig.server.extended = true;
        assertHangsUp("has the cookie of a command at 0", command -> rig.server.extendedChunk(command.cookie(), 1, 6, 512, new byte[24]));
        assertHangsUp("unknown BLOCK_STATUS", command -> rig.server.chunk(command.cookie(), 1, 5, new byte[12]));
        assertHangsUp("number of extents", command -> rig.server.chunk(command.cookie(), 1, 6,
                ByteBuffer.allocate(24).putInt(FakeServer.CONTEXT_ID).putInt(2).putLong(512).putLong(0).array()));
        assertHangsUp("no reply magic with extended headers", command -> rig.server.raw(
                ByteBuffer.allocate(32).putInt(0x67446698).putInt(0).putLong(command.cookie()).array()));
        assertHangsUp("18446744073709551615 bytes", command -> rig.server.raw(ByteBuffer.allocate(32).putInt(0x6e8a278c)
                .putShort((short) 1).putShort((short) 1).putLong(command.cookie()).putLong(0).putLong(-1).array()));
    }
}
