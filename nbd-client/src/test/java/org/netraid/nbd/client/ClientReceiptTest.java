/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.nbd.client;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.netraid.block.BlockCapability;
import org.netraid.block.BlockError;
import org.netraid.block.BlockRequest;
import org.netraid.nbd.wire.Extension;

/** Acknowledgement of receipt and barriers from the client's side, also with servers that answer wrongly. */
class ClientReceiptTest {

    private static final int SIZE = 1 << 20;
    private static final int RECEIVED = 0x4e02;

    private final ClientRig rig = new ClientRig(5, SIZE);
    /** "received" and the error of the completion, in order. */
    private final List<String> events = new ArrayList<>();
    private final List<FakeServer.Command> asked = new ArrayList<>();

    ClientReceiptTest() {
        rig.config = NbdClientConfig.defaults().withExtensions(Set.of(Extension.RECEIPT, Extension.ORDER));
        rig.server.contexts = new String[] {"x-netraid:receipt", "x-netraid:order"};
        rig.server.onCommand = asked::add;
    }

    private void write(long offset, int length) {
        BlockRequest request = new BlockRequest();
        request.write(offset, ByteBuffer.allocate(length), 0, done -> events.add(done.error().toString()));
        rig.device.submit(request.withReceipt(received -> events.add("received")));
        rig.runFor(20);
    }

    private void received(int command) {
        rig.server.chunk(asked.get(command).cookie(), 0, RECEIVED);
        rig.runFor(20);
    }

    private void done(int command) {
        rig.server.chunk(asked.get(command).cookie(), 1, 0);
        rig.runFor(20);
    }

    @Test
    void shouldTellOfReceiptBeforeTheEnd() {
        rig.connect();
        assertThat(rig.device.can(BlockCapability.RECEIPT)).isTrue();
        write(0, 512);
        assertThat(asked.get(0)).hasToString("1 512@0/4096");
        received(0);
        assertThat(events).containsExactly("received");
        done(0);
        assertThat(events).containsExactly("received", "NONE");
        rig.assertClean();
    }

    @Test
    void shouldTellOnceWhenEveryPartIsReceived() {
        rig.server.blockSizes = new int[] {1, 512, 1024};
        rig.connect();
        write(0, 3000);
        assertThat(asked).hasSize(3);
        received(0);
        received(2);
        done(0);
        assertThat(events).isEmpty();
        received(1);
        assertThat(events).containsExactly("received");
        done(1);
        done(2);
        assertThat(events).containsExactly("received", "NONE");
    }

    @Test
    void shouldWaitForTheSecondHalfOfAReadModifyWrite() {
        rig.server.blockSizes = new int[] {512, 512, 1 << 20};
        rig.connect();
        write(100, 512 + 412);
        assertThat(asked).extracting(Object::toString).containsExactly("0 512@0", "1 512@512/4096");
        received(1);
        assertThat(events).isEmpty();
        rig.server.replyRead(asked.get(0), new byte[512]);
        rig.runFor(20);
        assertThat(asked.get(2)).hasToString("1 512@0/4096");
        received(2);
        assertThat(events).containsExactly("received");
        done(2);
        done(1);
        assertThat(events).containsExactly("received", "NONE");
    }

    @Test
    void shouldDoWithoutTheAcknowledgementAndTellOfFailures() {
        rig.connect();
        write(0, 512);
        done(0);
        assertThat(events).as("carried out is received").endsWith("NONE").containsOnlyOnce("NONE");
        events.clear();
        write(0, 512);
        received(1);
        rig.server.chunk(asked.get(1).cookie(), 1, 0x8001, FakeServer.errorPayload(5, ""));
        rig.runFor(20);
        assertThat(events).containsExactly("received", "EIO");
        events.clear();
        write(0, 512);
        received(2);
        rig.server.link().abort();
        rig.untilDisconnected();
        assertThat(events).containsExactly("received", "EIO");
    }

    @Test
    void shouldNotAskAServerThatCannot() {
        rig.server.contexts = new String[0];
        rig.connect();
        assertThat(rig.device.can(BlockCapability.RECEIPT)).isFalse();
        assertThat(rig.device.can(BlockCapability.BARRIER)).isFalse();
        write(0, 512);
        assertThat(asked.get(0)).hasToString("1 512@0");
        done(0);
        assertThat(events).containsExactly("NONE");
        rig.device.submit(new BlockRequest().barrier(done -> events.add(done.error().toString())));
        rig.runFor(20);
        assertThat(events).containsExactly("NONE", "ENOTSUP");
    }

    @Test
    void shouldSendABarrierInItsPlaceBehindEveryHalfOfAWrite() {
        rig.server.blockSizes = new int[] {512, 512, 1 << 20};
        rig.connect();
        write(0, 512);
        write(600, 10);
        rig.device.submit(new BlockRequest().barrier(done -> events.add("barrier " + done.error())));
        write(2048, 512);
        assertThat(asked).extracting(Object::toString).containsExactly("1 512@0/4096", "0 512@512");
        rig.server.replyRead(asked.get(1), new byte[512]);
        rig.runFor(20);
        done(2);
        assertThat(asked).extracting(Object::toString).containsExactly("1 512@0/4096", "0 512@512", "1 512@512/4096", "19970 0@0",
                "1 512@2048/4096");
        rig.server.chunk(asked.get(3).cookie(), 1, 0x8001, FakeServer.errorPayload(5, "broken"));
        rig.runFor(20);
        assertThat(events).contains("barrier EIO");
        assertThat(rig.device.isOpen()).isTrue();
    }

    @Test
    void shouldHangUpOnAcknowledgementsThatBreakTheProtocol() {
        assertHangsUp("RECEIVED chunk", command -> rig.server.chunk(command.cookie(), 1, RECEIVED));
        assertHangsUp("RECEIVED chunk", command -> rig.server.chunk(command.cookie(), 0, RECEIVED, new byte[1]));
        assertHangsUp("RECEIVED chunk", command -> {
            rig.server.chunk(command.cookie(), 0, RECEIVED);
            rig.server.chunk(command.cookie(), 0, RECEIVED);
        });
        assertHangsUp("RECEIVED chunk", command -> {
            rig.server.chunk(command.cookie(), 0, 0x8001, FakeServer.errorPayload(5, ""));
            rig.server.chunk(command.cookie(), 0, RECEIVED);
        });
        assertHangsUp("simple reply behind", command -> {
            rig.server.chunk(command.cookie(), 0, RECEIVED);
            rig.server.simple(command.cookie(), 0);
        });
    }

    private void assertHangsUp(String reason, Consumer<FakeServer.Command> answer) {
        rig.device = null;
        rig.disconnects = 0;
        rig.server.onCommand = answer;
        rig.connect();
        write(0, 512);
        rig.untilDisconnected();
        assertThat(rig.disconnectReason).contains(reason);
        assertThat(events).endsWith("EIO");
    }
}
