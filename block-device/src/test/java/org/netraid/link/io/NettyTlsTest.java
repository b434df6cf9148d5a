/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.link.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.netraid.link.Link;
import org.netraid.link.LinkAddress;
import org.netraid.link.LinkFactory.Listening;
import org.netraid.link.LinkHandler;
import org.netraid.link.LinkTls;

/**
 * Goal: links on real sockets secure themselves, or end and say why. Method: the client asks with one plain byte, the server agrees
 * with another, then both start TLS, as NBD does it.
 */
@Tag("slow")
class NettyTlsTest {

    private static final long LIMIT_NS = 10_000_000_000L;

    @TempDir
    private static Path root;
    private static TestCertificates certificates;
    private static Path good;
    private static Path noClient;

    @TempDir
    private Path folder;
    private final List<Throwable> uncaught = new CopyOnWriteArrayList<>();
    private final List<String> warnings = new CopyOnWriteArrayList<>();
    private NettyRuntime runtime;
    private NettyLinkFactory links;
    private Listening listening;

    @BeforeAll
    static void makeCertificates() throws IOException {
        certificates = new TestCertificates(root);
        good = certificates.folder("good", "trusted");
        noClient = certificates.believing("no-client", "trusted");
    }

    @BeforeEach
    void start() {
        start(NettyTransport.best());
    }

    private void start(NettyTransport transport) {
        runtime = new NettyRuntime(transport, "tls-test", 1, uncaught::add);
        links = runtime.links(0, NettyLinkOptions.DEFAULT.withCloseTimeoutNs(LIMIT_NS));
    }

    @AfterEach
    void stop() {
        runtime.close();
        assertThat(uncaught).isEmpty();
    }

    /** One end: says one plain word, and starts TLS when the other end's plain word has come. */
    private final class End implements LinkHandler {
        private final LinkTls tls;
        private final byte[] greeting;
        private final ByteArrayOutputStream received = new ByteArrayOutputStream();
        private final CompletableFuture<Link> secured = new CompletableFuture<>();
        private final CompletableFuture<String> closed = new CompletableFuture<>();
        private Link link;
        private boolean started;
        private int wantedBytes = Integer.MAX_VALUE;
        private final CompletableFuture<byte[]> wanted = new CompletableFuture<>();
        long timeoutNs = LIMIT_NS;

        /** @param tls null: never starts it, and receives everything as it comes */
        End(LinkTls tls, byte... greeting) {
            this.tls = tls;
            this.greeting = greeting;
        }

        @Override
        public void onOpen(Link opened) {
            link = opened;
            if (tls == null || !tls.isServer()) {
                say(greeting);
            }
        }

        private void say(byte[] bytes) {
            link.write(ByteBuffer.wrap(bytes), null);
            link.flush();
        }

        @Override
        public void onBytes(ByteBuffer bytes) {
            if (tls != null && !started) {
                bytes.get();
                if (bytes.hasRemaining()) {
                    bytes.position(bytes.limit());
                    link.abort();
                    return;
                }
                started = true;
                if (tls.isServer()) {
                    link.write(ByteBuffer.wrap(new byte[] {'A'}), null);
                }
                link.startTls(tls, timeoutNs, () -> secured.complete(link));
                return;
            }
            byte[] chunk = new byte[bytes.remaining()];
            bytes.get(chunk);
            received.writeBytes(chunk);
            if (received.size() >= wantedBytes) {
                wanted.complete(received.toByteArray());
            }
        }

        @Override
        public void onClosed(String reason) {
            secured.completeExceptionally(new AssertionError("closed: " + reason));
            closed.complete(reason);
            wanted.completeExceptionally(new AssertionError("closed after " + received.size() + " bytes: " + reason));
        }

        Link awaitSecured() throws Exception {
            return secured.get(20, TimeUnit.SECONDS);
        }

        String awaitClosed() throws Exception {
            return closed.get(20, TimeUnit.SECONDS);
        }
    }

    private NettyTls server(Path from, boolean verifyPeer) throws TlsException {
        return NettyTls.server(from, verifyPeer, warnings::add);
    }

    private NettyTls client(Path from, String host) throws TlsException {
        return NettyTls.client(from, host, true, warnings::add);
    }

    private void join(End server, End client, boolean unix) throws Exception {
        listen(server, unix);
        links.connect(listening.address(), LIMIT_NS, client, reason -> client.onClosed("not connected: " + reason));
    }

    private void listen(End server, boolean unix) throws Exception {
        CompletableFuture<Listening> bound = new CompletableFuture<>();
        links.listen(unix ? LinkAddress.unix(folder.resolve("s").toString()) : LinkAddress.tcp("127.0.0.1", 0), peer -> server,
                bound::complete, reason -> bound.completeExceptionally(new AssertionError(reason)));
        listening = bound.get(10, TimeUnit.SECONDS);
    }

    private void on(Runnable task) {
        runtime.loop(0).execute(task);
    }

    // What goes well

    @ParameterizedTest
    @EnumSource(NettyTransport.class)
    void shouldCarryMuchBothWaysAndAllOfItBeforeClosing(NettyTransport transport) throws Exception {
        for (boolean unix : new boolean[] {false, true}) {
            stop();
            start(transport);
            End server = new End(server(good, true));
            End client = new End(client(good, unix ? "" : "localhost"), (byte) 'S');
            byte[] data = new byte[2_000_000];
            new Random(1).nextBytes(data);
            server.wantedBytes = data.length;
            client.wantedBytes = data.length;
            join(server, client, unix);
            Link clientLink = client.awaitSecured();
            Link serverLink = server.awaitSecured();
            CompletableFuture<Void> released = new CompletableFuture<>();
            on(() -> {
                ByteBuffer direct = ByteBuffer.allocateDirect(data.length).put(data).flip();
                clientLink.write(direct, () -> released.complete(null));
                clientLink.flush();
                serverLink.write(ByteBuffer.wrap(data), null);
                serverLink.flush();
            });
            assertThat(client.wanted.get(20, TimeUnit.SECONDS)).isEqualTo(data);
            assertThat(server.wanted.get(20, TimeUnit.SECONDS)).isEqualTo(data);
            released.get(10, TimeUnit.SECONDS);
            on(() -> {
                clientLink.write(ByteBuffer.wrap(data), null);
                clientLink.close();
            });
            assertThat(client.awaitClosed()).isEqualTo(LinkReasons.CLOSED_HERE);
            assertThat(server.awaitClosed()).isEqualTo(LinkReasons.CLOSED_THERE);
            assertThat(server.received.size()).isEqualTo(2 * data.length);
        }
    }

    @Test
    void shouldKeepBytesBackWhileReadingIsOff() throws Exception {
        End server = new End(server(good, false));
        End client = new End(client(good, "localhost"), (byte) 'S');
        byte[] data = new byte[5 << 20];
        new Random(2).nextBytes(data);
        server.wantedBytes = data.length;
        join(server, client, false);
        Link serverLink = server.awaitSecured();
        Link clientLink = client.awaitSecured();
        CompletableFuture<Boolean> full = new CompletableFuture<>();
        on(() -> {
            serverLink.setReading(false);
            clientLink.write(ByteBuffer.wrap(data), null);
            clientLink.flush();
            full.complete(!clientLink.isWritable());
        });
        assertThat(full.get(10, TimeUnit.SECONDS)).as("the client is told to wait").isTrue();
        CompletableFuture<Integer> before = new CompletableFuture<>();
        on(() -> {
            before.complete(server.received.size());
            serverLink.setReading(true);
        });
        assertThat(before.get(10, TimeUnit.SECONDS)).isZero();
        assertThat(server.wanted.get(20, TimeUnit.SECONDS)).isEqualTo(data);
    }

    @Test
    void shouldUseReplacedCertificatesForTheNextConnection() throws Exception {
        Path mine = certificates.folder("replaced", "other");
        NettyTls server = server(mine, false);
        End first = new End(server);
        join(first, new End(client(good, "localhost"), (byte) 'S'), false);
        assertThat(first.awaitClosed()).contains("the other end refused TLS");
        certificates.issue(mine, "server", "trusted", TestCertificates.LOCAL, 2);
        End second = new End(server);
        join(second, new End(client(good, "localhost"), (byte) 'S'), false);
        second.awaitSecured();
        Files.writeString(mine.resolve("server-cert.pem"), "half a file");
        End third = new End(server);
        join(third, new End(client(good, "localhost"), (byte) 'S'), false);
        third.awaitSecured();
        assertThat(warnings).hasSize(1).first().asString().contains("the old ones stay in use").contains("server-cert.pem");
    }

    // What must not

    private void refused(NettyTls server, NettyTls client, boolean clientRefuses, String reason) throws Exception {
        End serverEnd = new End(server);
        End clientEnd = new End(client, (byte) 'S');
        join(serverEnd, clientEnd, false);
        End refusing = clientRefuses ? clientEnd : serverEnd;
        assertThat(refusing.awaitClosed()).startsWith("the TLS handshake failed: ").contains(reason);
        // in TLS 1.3 a client may have finished before the server refuses it, and may see the server's reset before its reason
        assertThat((clientRefuses ? serverEnd : clientEnd).awaitClosed()).containsAnyOf("the other end refused TLS: ", "reset", "closed");
        assertThat(serverEnd.secured).isCompletedExceptionally();
    }

    @Test
    void shouldRefuseServerOfAnAuthorityThatIsNotTrusted() throws Exception {
        Path stranger = certificates.folder("stranger-server", "other");
        refused(server(stranger, false), client(good, "localhost"), true, "an authority that is not trusted (ca-cert.pem)");
    }

    @Test
    void shouldRefuseServerWhoseCertificateIsForAnotherName() throws Exception {
        Path other = certificates.folder("other-host", "trusted");
        certificates.issue(other, "server", "trusted", "DNS:other.example.org,IP:192.0.2.7", 2);
        refused(server(other, false), client(good, "localhost"), true, "for another name");
        refused(server(other, false), client(good, "127.0.0.1"), true, "for another name");
        End named = new End(server(other, false));
        join(named, new End(client(good, "other.example.org"), (byte) 'S'), false);
        named.awaitSecured();
        End unnamed = new End(server(other, false));
        join(unnamed, new End(client(good, ""), (byte) 'S'), true);
        unnamed.awaitSecured();
    }

    @Test
    void shouldBelieveAnythingOnlyWhenToldTo() throws Exception {
        Path stranger = certificates.folder("believed", "other");
        End server = new End(server(stranger, false));
        join(server, new End(NettyTls.client(null, "localhost", false, warnings::add), (byte) 'S'), false);
        server.awaitSecured();
        refused(server(stranger, false), NettyTls.client(null, "localhost", true, warnings::add), true, "not trusted");
    }

    @Test
    void shouldRefuseClientWithoutCertificate() throws Exception {
        refused(server(good, true), client(noClient, "localhost"), false, "no certificate");
    }

    @Test
    void shouldRefuseClientOfAnAuthorityThatIsNotTrusted() throws Exception {
        Path stranger = certificates.believing("stranger-client", "trusted");
        certificates.issue(stranger, "client", "other", "DNS:client", 2);
        // a client that is told which authorities are believed may keep a useless certificate to itself
        refused(server(good, true), client(stranger, "localhost"), false, "certificate");
    }

    @Test
    void shouldRefuseClientWhoseCertificateIsRevoked() throws Exception {
        Path revoking = certificates.folder("revoking", "trusted");
        certificates.revoke(revoking, "trusted", good.resolve("client-cert.pem"));
        refused(server(revoking, true), client(good, "localhost"), false, "revoked");
        End another = new End(server(revoking, true));
        join(another, new End(client(revoking, "localhost"), (byte) 'S'), false);
        another.awaitSecured();
    }

    @ParameterizedTest
    @ValueSource(strings = {"IHAVEOPT and more plain text of some length", "\u0016\u0003\u0001\u0000\u0004half"})
    void shouldRefusePlainBytesWhereTlsHasToBegin(String plain) throws Exception {
        End server = new End(server(good, false));
        server.timeoutNs = 300_000_000L;
        End client = new End(null, (byte) 'S');
        join(server, client, false);
        client.wantedBytes = 1;
        assertThat(client.wanted.get(10, TimeUnit.SECONDS)[0]).isEqualTo((byte) 'A');
        on(() -> client.say(plain.getBytes(java.nio.charset.StandardCharsets.ISO_8859_1)));
        assertThat(server.awaitClosed()).startsWith("the TLS handshake failed: ");
        client.awaitClosed();
    }

    @Test
    void shouldGiveUpOnAClientThatIsSilent() throws Exception {
        End server = new End(server(good, false));
        server.timeoutNs = 100_000_000L;
        join(server, new End(null, (byte) 'S'), false);
        assertThat(server.awaitClosed()).contains("did not finish the TLS handshake in time");
    }

    @Test
    void shouldCutALinkInTheMiddleOfTheHandshake() throws Exception {
        End server = new End(server(good, false));
        End client = new End(null, (byte) 'S');
        client.wantedBytes = 1;
        join(server, client, false);
        client.wanted.get(10, TimeUnit.SECONDS);
        CompletableFuture<Void> released = new CompletableFuture<>();
        on(() -> {
            server.link.write(ByteBuffer.wrap(new byte[100]), () -> released.complete(null));
            server.link.flush();
            server.link.abort();
        });
        assertThat(server.awaitClosed()).isEqualTo(LinkReasons.ABORTED_HERE);
        released.get(10, TimeUnit.SECONDS);
    }

    // Files

    @Test
    void shouldSayWhichFileIsWrong() throws Exception {
        assertThatThrownBy(() -> server(root.resolve("nosuch"), false)).isInstanceOf(TlsException.class)
                .hasMessageContaining("there is no folder").hasMessageContaining("nosuch");
        assertThatThrownBy(() -> server(noClient, false)).hasMessageContaining("no file").hasMessageContaining("server-cert.pem");
        Path bad = certificates.folder("bad", "trusted");
        Files.copy(good.resolve("server-key.pem"), bad.resolve("server-key.pem"), StandardCopyOption.REPLACE_EXISTING);
        assertThatThrownBy(() -> server(bad, false)).hasMessageContaining("does not belong to the certificate");
        Files.writeString(bad.resolve("server-key.pem"),
                "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAA==\n-----END ENCRYPTED PRIVATE KEY-----\n");
        assertThatThrownBy(() -> server(bad, false)).hasMessageContaining("encrypted");
        Files.delete(bad.resolve("ca-cert.pem"));
        assertThatThrownBy(() -> client(bad, "localhost")).hasMessageContaining("ca-cert.pem");
        Path late = certificates.folder("late", "trusted");
        certificates.issue(late, "server", "trusted", TestCertificates.LOCAL, -1);
        assertThatThrownBy(() -> server(late, false)).hasMessageContaining("expired at");
        Files.delete(late.resolve("client-key.pem"));
        assertThatThrownBy(() -> client(late, "localhost")).hasMessageContaining("no file").hasMessageContaining("client-key.pem");
    }

    @ParameterizedTest
    @ValueSource(strings = {"rsa", "ec"})
    void shouldReadKeysInTheFormOfOlderTools(String type) throws Exception {
        Path old = Files.createDirectory(root.resolve("old-" + type));
        Files.move(certificates.oldKey("old-" + type + ".key", type), old.resolve("server-key.pem"));
        assertThat(Files.readString(old.resolve("server-key.pem")))
                .contains("BEGIN " + type.toUpperCase(java.util.Locale.ROOT) + " PRIVATE");
        certificates.selfSign(old.resolve("server-key.pem"), old.resolve("server-cert.pem"));
        End server = new End(server(old, false));
        join(server, new End(NettyTls.client(null, "localhost", false, warnings::add), (byte) 'S'), false);
        server.awaitSecured();
    }
}
