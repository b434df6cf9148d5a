/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.nbd.client;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.Set;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.netraid.block.BlockCapability;
import org.netraid.block.BlockError;
import org.netraid.block.BlockRequest;
import org.netraid.nbd.wire.Extension;

/** CHECKSUM from the client's side, also with servers that answer wrongly. */
class ClientChecksumTest {

    private static final int SIZE = 1 << 20;
    private static final int CHUNK = 4096;

    private final ClientRig rig = new ClientRig(5, SIZE);
    private final ByteBuffer hashes = ByteBuffer.allocate(SIZE / CHUNK * 16);
    private BlockRequest ended;

    ClientChecksumTest() {
        rig.config = NbdClientConfig.defaults().withExtensions(Set.of(Extension.CHECKSUM));
        rig.server.contexts = new String[] {"x-netraid:checksum"};
        rig.server.onCommand = this::answer;
    }

    /** Each hash is the number of its chunk. */
    private void answer(FakeServer.Command command) {
        rig.server.chunk(command.cookie(), 1, 0x4e01, payload(command, 0));
    }

    private static byte[] payload(FakeServer.Command command, int more) {
        int count = (int) (command.length() + CHUNK - 1) / CHUNK;
        ByteBuffer out = ByteBuffer.allocate(8 + count * 16 + more).putLong(command.offset());
        for (int i = 0; i < count; i++) {
            out.putLong(0).putLong(command.offset() / CHUNK + i);
        }
        return out.array();
    }

    private BlockError ask(long offset, long length, int chunk) {
        ended = null;
        hashes.clear().limit((int) ((length + chunk - 1) / chunk * 16));
        rig.device.submit(new BlockRequest().checksum(offset, length, chunk, hashes, done -> ended = done));
        assertThat(ended).isNull();
        assertThat(rig.scheduler.runUntil(() -> ended != null, 100_000)).isTrue();
        return ended.error();
    }

    @Test
    void shouldAskOnlyAServerThatHasTheExtension() {
        rig.server.contexts = new String[0];
        rig.connect();
        assertThat(rig.device.can(BlockCapability.CHECKSUM)).isFalse();
        assertThat(ask(0, CHUNK, CHUNK)).isEqualTo(BlockError.ENOTSUP);
        assertThat(rig.server.commands).isEmpty();
    }

    @Test
    void shouldSplitAtTheServersMaximumAndPutEachHashInItsPlace() {
        rig.server.blockSizes = new int[] {512, 4096, 70_000};
        rig.connect();
        assertThat(rig.device.can(BlockCapability.CHECKSUM)).isTrue();
        assertThat(ask(CHUNK * 3, CHUNK * 40 + 512, CHUNK)).isEqualTo(BlockError.NONE);
        assertThat(rig.server.commands).extracting(Object::toString).containsExactly("19969 69632@12288/4", "19969 69632@81920/4",
                "19969 25088@151552/4");
        for (int i = 0; i < 41; i++) {
            assertThat(hashes.getLong(i * 16 + 8)).isEqualTo(3 + i);
        }
        assertThat(ask(0, 1 << 16, 1 << 16)).as("one hash was asked for").isEqualTo(BlockError.EIO);
        assertThat(rig.server.commands.get(3)).hasToString("19969 65536@0/" + (4 << 8 | 4));
    }

    @Test
    void shouldRefuseUnalignedRangesItself() {
        rig.server.blockSizes = new int[] {512, 4096, 1 << 20};
        rig.connect();
        assertThat(ask(100, CHUNK, CHUNK)).isEqualTo(BlockError.EINVAL);
        assertThat(ask(0, CHUNK + 1, CHUNK)).isEqualTo(BlockError.EINVAL);
        assertThat(ask(SIZE, CHUNK, CHUNK)).isEqualTo(BlockError.EINVAL);
        assertThat(rig.server.commands).isEmpty();
    }

    @Test
    void shouldPassTheServersErrorOnAndStayConnected() {
        rig.server.onCommand = command -> rig.server.chunk(command.cookie(), 1, 0x8001, FakeServer.errorPayload(5, "bad sector"));
        rig.connect();
        assertThat(ask(0, CHUNK, CHUNK)).isEqualTo(BlockError.EIO);
        assertThat(ended.errorDetail()).contains("bad sector");
        assertThat(rig.device.isOpen()).isTrue();
    }

    @Test
    void shouldHangUpOnAnswersThatBreakTheProtocol() {
        assertHangsUp("CHECKSUMS of 23 bytes", command -> rig.server.chunk(command.cookie(), 1, 0x4e01, new byte[23]));
        assertHangsUp("CHECKSUMS of 41 bytes", command -> rig.server.chunk(command.cookie(), 1, 0x4e01, payload(command, 1)));
        assertHangsUp("CHECKSUMS of 0 bytes", command -> rig.server.chunk(command.cookie(), 1, 0x4e01));
        assertHangsUp("at 512 answers a CHECKSUM", command ->
                rig.server.chunk(command.cookie(), 1, 0x4e01, ByteBuffer.wrap(payload(command, 0)).putLong(0, 512).array()));
        assertHangsUp("not every byte", command -> rig.server.chunk(command.cookie(), 1, 0));
        assertHangsUp("without an answer", command -> rig.server.ok(command));
        assertHangsUp("OFFSET_DATA answers CHECKSUM", command -> rig.server.chunk(command.cookie(), 1, 1, new byte[40]));
        assertHangsUp("overlap", command -> {
            rig.server.chunk(command.cookie(), 0, 0x4e01, payload(command, 0));
            rig.server.chunk(command.cookie(), 1, 0x4e01, payload(command, 0));
        });
    }

    private void assertHangsUp(String reason, Consumer<FakeServer.Command> answer) {
        rig.device = null;
        rig.disconnects = 0;
        rig.server.onCommand = answer;
        rig.connect();
        assertThat(ask(0, 2 * CHUNK, CHUNK)).isEqualTo(BlockError.EIO);
        rig.untilDisconnected();
        assertThat(rig.disconnectReason).contains(reason);
    }

    @Test
    void shouldHangUpWhenHashesAnswerARead() {
        rig.server.onCommand = command -> rig.server.chunk(command.cookie(), 1, 0x4e01, new byte[24]);
        rig.connect();
        assertThat(rig.run(rig.request().read(0, ByteBuffer.allocate(CHUNK)))).isEqualTo(BlockError.EIO);
        assertThat(rig.disconnectReason).contains("CHECKSUMS of 24 bytes answers READ");
    }
}
