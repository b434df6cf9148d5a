/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.nbd.server;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.netraid.block.BlockCommand;
import org.netraid.nbd.wire.NbdCommand;
import org.netraid.nbd.wire.NbdOption;
import org.netraid.nbd.wire.NbdOptionReply;
import org.netraid.sim.SimDiskOptions;

/** What one client may use up, and that its misbehaviour leaves the others alone. */
class ServerLimitsTest {

    private static final int MIB = 1 << 20;
    private static final long SECOND_NS = 1_000_000_000L;
    private static final SimDiskOptions DISK = SimDiskOptions.ofSize(64 << 20);

    private ServerRig rig = new ServerRig(0, ServerLimits.DEFAULT, DISK);

    @Test
    void shouldRefuseLinkWhenThereAreTooManyConnections() {
        rig = new ServerRig(0, ServerLimits.DEFAULT.withMaxConnections(2), DISK);
        WireClient first = rig.connect().greet().go();
        rig.connect().greet().go();
        assertThat(rig.service.accept("third")).isNull();
        first.link.hangUp();
        assertThat(rig.connect().greet().go().isClosed()).isFalse();
    }

    @Test
    void shouldRefuseLinkWhenOneAddressHasTooManyConnections() {
        rig = new ServerRig(0, ServerLimits.DEFAULT.withMaxPerAddress(2), DISK);
        assertThat(rig.service.accept("192.0.2.1:1000")).isNotNull();
        assertThat(rig.service.accept("192.0.2.1:1001")).isNotNull();
        assertThat(rig.service.accept("192.0.2.1:1002")).isNull();
        assertThat(rig.service.accept("192.0.2.2:1000")).isNotNull();
        assertThat(rig.service.accept("[2001:db8::1]:1000")).isNotNull();
        for (int i = 0; i < 5; i++) {
            assertThat(rig.service.accept("/run/a:b.sock")).as("a unix socket has no address").isNotNull();
        }
        rig.scheduler.runFor(ServerLimits.DEFAULT.handshakeTimeoutNs() + 1);
        assertThat(rig.service.connections()).isZero();
        assertThat(rig.service.accept("192.0.2.1:1003")).as("those before are gone").isNotNull();
    }

    @Test
    void shouldBoundTheMemoryForOptionDataOfAllClientsTogether() {
        int length = ServerLimits.DEFAULT.maxOptionBytes();
        int fitting = (int) (ServerLimits.MAX_OPTION_MEMORY_BYTES / length);
        java.util.List<WireClient> clients = new java.util.ArrayList<>();
        for (int i = 0; i < fitting; i++) {
            WireClient client = rig.connect().greet();
            client.send(java.nio.ByteBuffer.allocate(16).putLong(0x49484156454F5054L).putInt(NbdOption.GO).putInt(length).array());
            clients.add(client);
        }
        WireClient late = rig.connect().greet();
        assertThat(late.askFor(NbdOption.GO, new byte[length])).isEqualTo(NbdOptionReply.ERR_TOO_BIG);
        assertThat(late.go().isClosed()).as("a short one is still read").isFalse();
        clients.get(0).link.hangUp();
        clients.get(1).send(new byte[length]);
        WireClient again = rig.connect().greet();
        assertThat(again.askFor(NbdOption.GO, new byte[length])).as("memory is free again").isEqualTo(NbdOptionReply.ERR_INVALID);
    }

    @Test
    void shouldCutClientThatSendsItsOptionsByteByByte() {
        WireClient loris = rig.connect().greet();
        byte[] go = java.nio.ByteBuffer.allocate(16 + 200).putLong(0x49484156454F5054L).putInt(NbdOption.GO).putInt(200).array();
        for (int i = 0; i < go.length && !loris.link.isClosed(); i++) {
            loris.send(new byte[] {go[i]});
            rig.scheduler.runFor(SECOND_NS);
        }
        assertThat(loris.isClosed()).isTrue();
        assertThat(rig.scheduler.nanoTime()).isLessThan(ServerLimits.DEFAULT.handshakeTimeoutNs() + 5 * SECOND_NS);
    }

    @Test
    void shouldCutClientWhenHandshakeTakesTooLong() {
        WireClient slow = rig.connect().greet();
        WireClient open = rig.connect().greet().go();
        rig.scheduler.runFor(ServerLimits.DEFAULT.handshakeTimeoutNs());
        assertThat(slow.isClosed()).isTrue();
        assertThat(open.isClosed()).isFalse();
        assertThat(rig.ended).containsExactly("no export opened within the handshake timeout");
    }

    @Test
    void shouldForgetAcceptedLinkThatNeverOpened() {
        assertThat(rig.service.accept("ghost")).isNotNull();
        rig.scheduler.runFor(ServerLimits.DEFAULT.handshakeTimeoutNs() + 1);
        assertThat(rig.service.connections()).isZero();
    }

    @Test
    void shouldCloseIdleClientOnlyWhenAsked() {
        rig = new ServerRig(0, ServerLimits.DEFAULT.withIdleTimeout(10 * SECOND_NS), DISK);
        WireClient idle = rig.connect().greet().go();
        WireClient busy = rig.connect().greet().go();
        for (int i = 0; i < 4; i++) {
            rig.scheduler.runFor(4 * SECOND_NS);
            busy.request(NbdCommand.READ, 0, i, 0, 1);
        }
        assertThat(idle.isClosed()).isTrue();
        assertThat(busy.isClosed()).isFalse();
    }

    @Test
    void shouldStopReadingWhenRequestsInFlightReachTheLimit() {
        rig = new ServerRig(0, ServerLimits.DEFAULT.withInFlight(4, 64 << 20), DISK);
        rig.disk.fault().on(BlockCommand.READ).hang();
        WireClient client = rig.connect().greet().go();
        for (int i = 0; i < 10; i++) {
            client.request(NbdCommand.READ, 0, i, 0, 4096);
        }
        client.settle();
        assertThat(rig.disk.hungCount()).isEqualTo(4);
        assertThat(client.link.isReading()).isFalse();
        rig.disk.clearFaults();
        rig.disk.releaseHung();
        for (int i = 0; i < 10; i++) {
            assertThat(client.takeSimple(4096).error()).isZero();
        }
        assertThat(client.link.isReading()).isTrue();
    }

    @Test
    void shouldBufferBoundedBytesWhenClientDoesNotReadItsReplies() {
        rig = new ServerRig(0, ServerLimits.DEFAULT.withInFlight(128, 32 * MIB), DISK, 64 * MIB);
        WireClient stalled = rig.connect().greet().go();
        stalled.link.stalled = true;
        for (int i = 0; i < 120; i++) {
            stalled.request(NbdCommand.READ, 0, i, 0, MIB);
        }
        stalled.settle();
        assertThat(stalled.link.isReading()).isFalse();
        assertThat(rig.pool.inUseBytes()).isLessThanOrEqualTo(BufferPool.LARGEST_BYTES);

        WireClient other = rig.connect().greet().go();
        for (int i = 0; i < 20; i++) {
            other.request(NbdCommand.WRITE, 0, i, i, 1, (byte) i);
            assertThat(other.takeSimple(0).error()).isZero();
        }
        stalled.link.unstall();
        for (int i = 0; i < 120; i++) {
            assertThat(stalled.takeSimple(MIB).error()).isZero();
        }
        assertThat(rig.pool.inUseBytes()).isZero();
    }

    @Test
    void shouldCutStalledClientWhenOthersWaitForItsMemory() {
        WireClient stalled = rig.connect().greet().go();
        stalled.link.stalled = true;
        stalled.link.highWaterBytes = Integer.MAX_VALUE;
        for (int i = 0; i < 32; i++) {
            stalled.request(NbdCommand.READ, 0, i, 0, MIB);
        }
        stalled.settle();
        assertThat(rig.pool.inUseBytes()).isEqualTo(BufferPool.LARGEST_BYTES);

        WireClient other = rig.connect().greet().go();
        other.request(NbdCommand.WRITE, 0, 1, 0, 1, (byte) 1);
        assertThat(other.available()).isZero();
        rig.scheduler.runFor(3 * ServerLimits.DEFAULT.memoryStallNs());
        assertThat(stalled.isClosed()).isTrue();
        assertThat(other.takeSimple(0).error()).isZero();
        assertThat(rig.ended.get(0)).contains("memory that others wait for");
        assertThat(rig.pool.inUseBytes()).isZero();
    }

    @Test
    void shouldCutClientThatStopsInTheMiddleOfAPayloadWhenOthersWaitForItsMemory() {
        WireClient half = rig.connect().greet().go();
        half.request(NbdCommand.WRITE, 0, 1, 0, 32 << 20, new byte[100]);
        WireClient other = rig.connect().greet().go();
        other.request(NbdCommand.READ, 0, 1, 0, 512);
        assertThat(other.available()).isZero();
        rig.scheduler.runFor(3 * ServerLimits.DEFAULT.memoryStallNs());
        assertThat(half.isClosed()).isTrue();
        assertThat(other.takeSimple(512).error()).isZero();
        assertThat(rig.disk.writes()).isZero();
    }

    @Test
    void shouldSendRepliesOfOneTurnTogether() {
        WireClient client = rig.connect().greet().go();
        int before = client.link.flushes;
        byte[] all = new byte[28 * 32];
        for (int i = 0; i < 32; i++) {
            System.arraycopy(WireClient.requestBytes(NbdCommand.CACHE, 0, i, 0, 512), 0, all, 28 * i, 28);
        }
        client.send(all);
        client.settle();
        assertThat(client.link.flushes - before).isEqualTo(1);
    }

    @Test
    void shouldFinishRequestsThenRefuseThenCloseWhenShutDown() {
        rig = new ServerRig(0, ServerLimits.DEFAULT, DISK.withDelay(300_000_000, 300_000_000));
        WireClient client = rig.connect().greet().go();
        WireClient haggling = rig.connect().greet();
        client.request(NbdCommand.WRITE, 0, 1, 0, 4, (byte) 1, (byte) 2, (byte) 3, (byte) 4);
        client.settle();
        boolean[] done = new boolean[1];
        rig.service.shutdown(() -> done[0] = true);
        assertThat(rig.service.accept("late")).isNull();
        client.request(NbdCommand.READ, 0, 2, 0, 4);
        WireClient.Reply refused = client.takeSimple(0);
        assertThat(refused.cookie()).isEqualTo(2);
        assertThat(refused.error()).isEqualTo(108);
        assertThat(haggling.askFor(NbdOption.LIST, new byte[0])).isEqualTo(NbdOptionReply.ERR_SHUTDOWN);
        assertThat(done[0]).isFalse();
        rig.scheduler.runFor(SECOND_NS);
        WireClient.Reply written = client.takeSimple(0);
        assertThat(written.cookie()).isEqualTo(1);
        assertThat(written.error()).isZero();
        assertThat(rig.disk.content(0, 4)).isEqualTo(new byte[] {1, 2, 3, 4});
        assertThat(client.isClosed()).isTrue();
        assertThat(haggling.isClosed()).isTrue();
        assertThat(done[0]).isTrue();
    }

    @Test
    void shouldCutClientAtShutdownWhenItNeverTakesItsReplies() {
        WireClient client = rig.connect().greet().go();
        client.link.stalled = true;
        client.request(NbdCommand.READ, 0, 1, 0, MIB);
        client.settle();
        boolean[] done = new boolean[1];
        rig.service.shutdown(() -> done[0] = true);
        rig.scheduler.runFor(2 * ServerLimits.DEFAULT.shutdownTimeoutNs());
        assertThat(client.isClosed()).isTrue();
        assertThat(done[0]).isTrue();
        assertThat(rig.pool.inUseBytes()).isZero();
    }

    @Test
    void shouldTellExportTableWhenTheLastRequestHasComeBackAfterACut() {
        rig.disk.fault().on(BlockCommand.WRITE).hang();
        WireClient client = rig.connect().greet().go("disk");
        WireClient other = rig.connect().greet().go("ro");
        client.request(NbdCommand.WRITE, 0, 1, 0, 512, new byte[512]);
        client.request(NbdCommand.WRITE, 0, 2, 512, 512, new byte[100]);
        client.settle();
        rig.service.cut(rig.export, "test");
        assertThat(client.isClosed()).isTrue();
        assertThat(client.link.aborted).isTrue();
        assertThat(other.isClosed()).isFalse();
        assertThat(rig.opens).containsExactly("+disk", "+ro");
        assertThat(rig.service.connections(rig.export)).isEqualTo(1);
        rig.disk.clearFaults();
        rig.disk.releaseHung();
        client.settle();
        assertThat(rig.opens).containsExactly("+disk", "+ro", "-disk");
        assertThat(rig.service.connections(rig.export)).isZero();
        assertThat(rig.pool.inUseBytes()).isZero();
    }
}
