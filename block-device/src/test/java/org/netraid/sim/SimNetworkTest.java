/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.sim;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

import org.junit.jupiter.api.Test;
import org.netraid.link.Link;
import org.netraid.link.LinkAddress;
import org.netraid.link.LinkFactory;
import org.netraid.link.LinkHandler;

class SimNetworkTest {

    private static final long SECOND_NS = 1_000_000_000L;
    private static final LinkAddress SERVER = LinkAddress.tcp("b", 10809);

    private final SimScheduler sim = new SimScheduler(3);
    private final SimNetwork network = new SimNetwork(sim, new SimLinkOptions(20_000, 300_000, 1000, 2000, 300));
    private final SimLoop loopA = sim.loop("a");
    private final SimLoop loopB = sim.loop("b");
    private final LinkFactory a = network.node("a", loopA);
    private final LinkFactory b = network.node("b", loopB);
    private final Recorder client = new Recorder();
    private final Recorder server = new Recorder();
    private final List<String> failures = new ArrayList<>();

    /** Keeps all it is told; can leave bytes unconsumed. */
    private static final class Recorder implements LinkHandler {
        Link link;
        final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        final List<String> closed = new ArrayList<>();
        int deliveries;
        int writable;
        int holdAfter = Integer.MAX_VALUE;

        @Override
        public void onOpen(Link opened) {
            assertThat(link).isNull();
            link = opened;
        }

        @Override
        public void onBytes(ByteBuffer arrived) {
            assertThat(closed).isEmpty();
            deliveries++;
            while (arrived.hasRemaining() && bytes.size() < holdAfter) {
                bytes.write(arrived.get());
            }
            if (arrived.hasRemaining()) {
                link.setReading(false);
            }
        }

        @Override
        public void onWritable() {
            writable++;
        }

        @Override
        public void onClosed(String reason) {
            closed.add(reason);
        }
    }

    private void connect() {
        b.listen(SERVER, peer -> server, listening -> { }, failures::add);
        sim.runUntilIdle(100);
        a.connect(SERVER, SECOND_NS, client, failures::add);
        assertThat(client.link).isNull();
        sim.runUntilIdle(1_000);
        assertThat(client.link).isNotNull();
        assertThat(server.link.peer()).isEqualTo("a");
    }

    private static ByteBuffer pattern(int length) {
        ByteBuffer bytes = ByteBuffer.allocate(length);
        for (int i = 0; i < length; i++) {
            bytes.put((byte) (i * 31));
        }
        return bytes.flip();
    }

    @Test
    void shouldDeliverEveryByteInOrderInPieces() {
        connect();
        List<Integer> released = new ArrayList<>();
        for (int i = 0; i < 10; i++) {
            int index = i;
            client.link.write(pattern(5_000), () -> released.add(index));
        }
        sim.runUntilIdle(1_000);
        assertThat(server.bytes.size()).as("nothing leaves before flush").isZero();
        assertThat(client.link.isWritable()).isFalse();
        client.link.flush();
        assertThat(released).isEmpty();
        sim.runUntilIdle(100_000);
        assertThat(released).containsExactly(0, 1, 2, 3, 4, 5, 6, 7, 8, 9);
        assertThat(client.writable).isEqualTo(1);
        assertThat(server.deliveries).isGreaterThan(50);
        byte[] expected = pattern(5_000).array();
        byte[] got = server.bytes.toByteArray();
        assertThat(got).hasSize(50_000);
        for (int i = 0; i < got.length; i++) {
            assertThat(got[i]).isEqualTo(expected[i % 5_000]);
        }
    }

    @Test
    void shouldSlowTheSenderAndRedeliverTheRestWhenReadingIsOff() {
        connect();
        server.holdAfter = 100;
        client.link.write(pattern(5_000), null);
        client.link.flush();
        sim.runUntilIdle(10_000);
        assertThat(server.bytes.size()).isEqualTo(100);
        assertThat(client.link.isWritable()).isFalse();
        server.holdAfter = Integer.MAX_VALUE;
        server.link.setReading(true);
        sim.runUntilIdle(100_000);
        assertThat(server.bytes.toByteArray()).isEqualTo(pattern(5_000).array());
    }

    @Test
    void shouldSendWhatIsQueuedThenCloseBothEndsOnce() {
        connect();
        client.link.write(pattern(5_000), null);
        client.link.close();
        assertThat(client.closed).isEmpty();
        sim.runUntilIdle(100_000);
        assertThat(server.bytes.size()).isEqualTo(5_000);
        assertThat(client.closed).containsExactly("closed");
        assertThat(server.closed).hasSize(1);
    }

    @Test
    void shouldReleaseBuffersOnceAndTellBothWhenAborted() {
        connect();
        List<String> released = new ArrayList<>();
        client.link.write(pattern(5_000), () -> released.add("x"));
        client.link.flush();
        client.link.abort();
        assertThat(client.closed).isEmpty();
        assertThat(released).isEmpty();
        sim.runUntilIdle(100_000);
        assertThat(released).containsExactly("x");
        assertThat(client.closed).containsExactly("aborted");
        assertThat(server.closed).hasSize(1);
    }

    @Test
    void shouldFailToConnectWhenRefusedOrCutOff() {
        a.connect(SERVER, SECOND_NS, client, failures::add);
        sim.runUntilIdle(100);
        assertThat(failures).singleElement().asString().contains("refused");
        network.cut("b", "a");
        a.connect(SERVER, SECOND_NS, client, failures::add);
        sim.runUntilIdle(100);
        assertThat(failures).hasSize(2);
        assertThat(failures.get(1)).contains("timed out");
        assertThat(client.link).isNull();
    }

    @Test
    void shouldCloseTheStreamTheServerRefuses() {
        b.listen(SERVER, peer -> null, listening -> { }, failures::add);
        sim.runUntilIdle(100);
        a.connect(SERVER, SECOND_NS, client, failures::add);
        sim.runUntilIdle(100);
        assertThat(client.closed).hasSize(1);
    }

    @Test
    void shouldStallInPartitionAndLoseNothingWhenHealed() {
        connect();
        network.cut("a", "b");
        client.link.write(pattern(3_000), null);
        client.link.flush();
        server.link.write(pattern(100), null);
        server.link.flush();
        sim.runUntilIdle(10_000);
        assertThat(server.bytes.size()).isZero();
        assertThat(client.bytes.size()).isEqualTo(100);
        network.heal("a", "b");
        sim.runUntilIdle(10_000);
        assertThat(server.bytes.toByteArray()).isEqualTo(pattern(3_000).array());
    }

    @Test
    void shouldResetAtTheChosenByte() {
        connect();
        network.connections().get(0).resetAfter("a", 1_234);
        client.link.write(pattern(5_000), null);
        client.link.flush();
        sim.runUntilIdle(10_000);
        assertThat(server.bytes.size()).isEqualTo(1_234);
        assertThat(client.closed).hasSize(1);
        assertThat(server.closed).hasSize(1);
    }

    @Test
    void shouldTellPeerWhenNodeIsKilledAndNotWhenItLosesPower() {
        connect();
        loopB.kill();
        network.vanish("b");
        client.link.write(pattern(10), null);
        client.link.flush();
        sim.runUntilIdle(10_000);
        assertThat(client.closed).isEmpty();
        network.node("b", sim.loop("b2"));
        sim.runUntilIdle(10_000);
        assertThat(client.closed).hasSize(1);
        assertThat(server.closed).isEmpty();
    }

    @Test
    void shouldHoldBackTheResetOfAKilledNodeWhilePartitioned() {
        connect();
        network.cutBoth("a", "b");
        loopB.kill();
        network.kill("b");
        sim.runUntilIdle(10_000);
        assertThat(client.closed).isEmpty();
        network.healAll();
        sim.runUntilIdle(10_000);
        assertThat(client.closed).hasSize(1);
    }

    @Test
    void shouldResolvePortZeroAndRefuseAnAddressInUse() {
        List<LinkAddress> bound = new ArrayList<>();
        b.listen(LinkAddress.tcp("b", 0), peer -> server, listening -> bound.add(listening.address()), failures::add);
        sim.runUntilIdle(100);
        b.listen(bound.get(0), peer -> server, listening -> bound.add(listening.address()), failures::add);
        sim.runUntilIdle(100);
        assertThat(bound).hasSize(1);
        assertThat(bound.get(0).port()).isPositive();
        assertThat(failures).singleElement().asString().contains("in use");
    }
}
