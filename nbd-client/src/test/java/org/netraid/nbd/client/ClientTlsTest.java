/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.nbd.client;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.netraid.block.BlockRequest;
import org.netraid.link.Link;
import org.netraid.link.LinkAddress;
import org.netraid.link.LinkHandler;
import org.netraid.link.LinkTls;
import org.netraid.nbd.server.BufferPool;
import org.netraid.nbd.server.Export;
import org.netraid.nbd.server.FixedExports;
import org.netraid.nbd.server.NbdService;
import org.netraid.nbd.server.ServerEvents;
import org.netraid.nbd.server.ServerLimits;
import org.netraid.nbd.server.ServerTls;
import org.netraid.nbd.wire.ListedExport;
import org.netraid.nbd.wire.NbdOption;
import org.netraid.nbd.wire.NbdOptionReply;
import org.netraid.sim.SimDisk;
import org.netraid.sim.SimDiskOptions;
import org.netraid.sim.SimLoop;
import org.netraid.sim.SimNetwork;
import org.netraid.sim.SimScheduler;
import org.netraid.sim.SimTls;

/** Our client and our server in TLS on the simulated network, and servers that do not keep their side of it. */
class ClientTlsTest {

    private static final LinkAddress ADDRESS = LinkAddress.tcp("server", 10809);

    private final SimScheduler scheduler = new SimScheduler(29);
    private final SimNetwork network = new SimNetwork(scheduler);
    private final SimLoop clientLoop = scheduler.loop("client");
    private final SimLoop serverLoop = scheduler.loop("server");
    private final NbdConnector connector = new NbdConnector(network.node("client", clientLoop), clientLoop,
            NbdClientConfig.defaults().withHoles(true));
    private final List<String> ended = new ArrayList<>();
    private NbdClientDevice device;
    private String failure;

    private void serve(ServerTls tls) {
        var disk = new SimDisk(scheduler, "disk", SimDiskOptions.ofSize(1 << 20)).attach(serverLoop);
        NbdService service = new NbdService(serverLoop, new FixedExports(List.of(new Export("disk", "", disk, false))),
                ServerLimits.DEFAULT, new BufferPool(64 << 20), new ServerEvents() {
                    @Override
                    public void onEnded(String peer, String reason) {
                        ended.add(reason);
                    }
                }, tls);
        network.node("server", serverLoop).listen(ADDRESS, service::accept, bound -> { }, failed -> {
            throw new AssertionError(failed);
        });
        scheduler.runUntilIdle(100);
    }

    private void connect(LinkTls tls) {
        connector.connect(new NbdTarget(ADDRESS, "disk").withTls(tls), new NbdConnectionListener() {
            @Override
            public void onConnected(NbdClientDevice connected) {
                device = connected;
            }

            @Override
            public void onConnectFailed(String reason) {
                failure = reason;
            }

            @Override
            public void onDisconnected(String reason) {
                failure = reason;
            }
        });
        assertThat(scheduler.runUntil(() -> device != null || failure != null, 100_000)).isTrue();
    }

    @ParameterizedTest
    @EnumSource(value = ServerTls.Mode.class, names = {"ON", "REQUIRE"})
    void shouldReadAndWriteInTls(ServerTls.Mode mode) {
        serve(new ServerTls(mode, SimTls.server().demandingCertificate()));
        connect(SimTls.client().withCertificate());
        assertThat(failure).isNull();
        byte[] data = new byte[300_000];
        new java.util.Random(3).nextBytes(data);
        BlockRequest write = new BlockRequest();
        int[] done = {0};
        device.submit(write.write(4096, ByteBuffer.wrap(data), 0, ended -> done[0]++));
        assertThat(scheduler.runUntil(() -> done[0] == 1, 100_000)).isTrue();
        ByteBuffer back = ByteBuffer.allocate(data.length);
        BlockRequest read = new BlockRequest();
        device.submit(read.read(4096, back, ended -> done[0]++));
        assertThat(scheduler.runUntil(() -> done[0] == 2, 100_000)).isTrue();
        assertThat(write.error().isError() || read.error().isError()).isFalse();
        assertThat(back.array()).isEqualTo(data);
        assertThat(device.export().extendedHeaders()).isTrue();
    }

    @Test
    void shouldListInTls() {
        serve(new ServerTls(ServerTls.Mode.REQUIRE, SimTls.server()));
        List<ListedExport> exports = new ArrayList<>();
        connector.list(ADDRESS, SimTls.client(), exports::addAll, reason -> failure = reason);
        assertThat(scheduler.runUntil(() -> !exports.isEmpty() || failure != null, 100_000)).isTrue();
        assertThat(exports).extracting(ListedExport::name).containsExactly("disk");
    }

    @Test
    void shouldNeverFallBackToPlainTextWhenServerRefusesTls() {
        serve(ServerTls.OFF);
        connect(SimTls.client());
        assertThat(failure).contains("refuses TLS with").contains("nothing is said to it in plain text");
        assertThat(device).isNull();
    }

    @Test
    void shouldNameTheCureWhenServerDemandsTls() {
        serve(new ServerTls(ServerTls.Mode.REQUIRE, SimTls.server()));
        connect(null);
        assertThat(failure).contains("demands TLS").contains("nbds://");
    }

    @Test
    void shouldSayWhichSideRefusedTheOther() {
        serve(new ServerTls(ServerTls.Mode.REQUIRE, SimTls.server().demandingCertificate()));
        connect(SimTls.client());
        assertThat(failure).contains("no TLS session with the server");
        scheduler.runUntilIdle(10_000);
        assertThat(ended).hasSize(1).allMatch(reason -> reason.contains("the other end has no certificate"));
        failure = null;
        connect(SimTls.client().withCertificate().failing("the certificate is for another name"));
        assertThat(failure).contains("no TLS session with the server").contains("for another name");
    }

    /** A server that greets and then answers STARTTLS with bytes of the test's choice. */
    private void serveBytes(int greetingFlags, byte[] answer) {
        network.node("server", serverLoop).listen(ADDRESS, peer -> new LinkHandler() {
            private Link link;
            private int got;

            @Override
            public void onOpen(Link opened) {
                link = opened;
                link.write(ByteBuffer.allocate(18).putLong(0x4e42444d41474943L).putLong(0x49484156454F5054L)
                        .putShort((short) greetingFlags).flip(), null);
                link.flush();
            }

            @Override
            public void onBytes(ByteBuffer bytes) {
                got += bytes.remaining();
                bytes.position(bytes.limit());
                if (got == 4 + 16) {
                    link.write(ByteBuffer.wrap(answer), null);
                    link.flush();
                }
            }

            @Override
            public void onClosed(String reason) {
                ended.add(reason);
            }
        }, bound -> { }, failed -> { });
        scheduler.runUntilIdle(100);
    }

    private static ByteBuffer ack(int more) {
        return ByteBuffer.allocate(20 + more).putLong(0x0003e889045565a9L).putInt(NbdOption.STARTTLS).putInt(NbdOptionReply.ACK)
                .putInt(0);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 20, 4000})
    void shouldRefusePlainTextBehindTheServersConsent(int more) {
        serveBytes(3, ack(more).array());
        connect(SimTls.client());
        // behind the consent in one segment it is seen as plain text, in a later one it is no TLS message
        assertThat(failure).containsAnyOf("plain text came behind the server's consent", "no TLS session with the server");
        assertThat(device).isNull();
    }

    @Test
    void shouldGiveUpWhenServerConsentsAndThenIsSilent() {
        serveBytes(3, ack(0).array());
        connect(SimTls.client());
        assertThat(failure).contains("within 10000 ms");
    }

    @Test
    void shouldRefuseServerWithoutFixedNewstyle() {
        serveBytes(0, new byte[0]);
        connect(SimTls.client());
        assertThat(failure).contains("too old for TLS");
    }
}
