/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.integration.nbd;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.netraid.link.io.TestCertificates;

/** {@code nbd-server} with certificates against other people's clients and against raw bytes. */
@Tag("slow")
@Timeout(600)
class TlsServerTest {

    private static final int SIZE = 3 << 20;
    private static final int STARTTLS = 5;
    private static final int GO = 7;
    private static final int ERR_UNSUP = -2147483647;
    private static final int ERR_INVALID = -2147483645;
    private static final int ERR_TLS_REQD = -2147483643;

    @TempDir
    private static Path root;
    private static TestCertificates certificates;
    private static Path good;
    private static Path noClient;
    private static Path stranger;

    @TempDir
    private Path folder;
    private Path original;
    private String image;

    @BeforeAll
    static void makeCertificates() throws IOException {
        certificates = new TestCertificates(root);
        good = certificates.folder("good", "trusted");
        noClient = certificates.believing("no-client", "trusted");
        stranger = certificates.folder("stranger", "other");
    }

    @BeforeEach
    void makeImage() throws IOException {
        byte[] content = new byte[SIZE];
        new Random(1).nextBytes(content);
        original = Files.write(folder.resolve("original"), content);
        image = Files.write(folder.resolve("disk.img"), content).toString();
    }

    private ServerUnderTest serve(String... options) throws IOException {
        String[] arguments = new String[options.length + 5];
        System.arraycopy(options, 0, arguments, 0, options.length);
        System.arraycopy(new String[] {image, "--listen", "127.0.0.1:0", "--tls-certificates", good.toString()}, 0, arguments,
                options.length, 5);
        return new ServerUnderTest(folder, arguments);
    }

    private static String with(String uri, Path certificates) {
        return uri + (uri.contains("?") ? "&" : "?") + "tls-certificates=" + certificates;
    }

    /** The client fails, and the server says why in its log; not if the reason is empty. */
    private static void refuses(ServerUnderTest server, String reason, String... command) throws Exception {
        ServerUnderTest.Result result = ServerUnderTest.runToEnd(new ProcessBuilder(command));
        assertThat(result.status()).as(result.out() + result.err()).isNotZero();
        Awaitility.await(reason).atMost(90, TimeUnit.SECONDS).untilAsserted(() -> assertThat(server.errors()).contains(reason));
    }

    @Test
    void shouldServeLibnbdWithMutualCertificates() throws Exception {
        ForeignServer.installed("nbdcopy");
        try (ServerUnderTest server = serve("--tls=require", "--tls-verify-peer")) {
            assertThat(server.uri).startsWith("nbds://127.0.0.1:");
            String uri = with(server.uri, good);
            assertThat(ForeignTool.run("nbdinfo", uri)).contains("newstyle-fixed with TLS").contains("export-size: " + SIZE);
            Path back = folder.resolve("back");
            ForeignTool.run("nbdcopy", uri, back.toString());
            assertThat(Files.mismatch(original, back)).isEqualTo(-1);
            byte[] other = new byte[SIZE];
            new Random(2).nextBytes(other);
            Files.write(back, other);
            ForeignTool.run("nbdcopy", back.toString(), uri);
            assertThat(Files.mismatch(back, Path.of(image))).isEqualTo(-1);
            ForeignTool.run("nbdsh", "-c", String.join("\n",
                    "h.set_uri_allow_local_file(True)",
                    "h.connect_uri('" + uri + "')",
                    "assert h.get_tls_negotiated()",
                    "assert h.get_structured_replies_negotiated()",
                    "h.pwrite(b'x' * 70000, 100)",
                    "assert h.pread(70002, 99)[1:70001] == b'x' * 70000",
                    "h.flush()"));
            refuses(server, "no certificate", "nbdinfo", with(server.uri, noClient));
            refuses(server, "certificate", "nbdinfo", with(server.uri, stranger));
        }
    }

    @Test
    void shouldServeLibnbdOnAUnixSocketWhoeverItIs() throws Exception {
        ForeignServer.installed("nbdinfo");
        String socket = folder.resolve("s").toString();
        try (ServerUnderTest server = new ServerUnderTest(folder, image, "--unix", socket, "--tls=require", "--tls-certificates",
                good.toString())) {
            assertThat(server.uri).isEqualTo("nbds+unix:///?socket=" + socket);
            assertThat(ForeignTool.run("nbdinfo", with(server.uri, noClient))).contains("with TLS");
        }
    }

    @Test
    void shouldServeQemuWithTlsCredentials() throws Exception {
        ForeignServer.installed("qemu-img");
        try (ServerUnderTest server = serve("--tls=require", "--tls-verify-peer", "--export", "disk")) {
            String port = server.uri.replaceAll(".*:(\\d+)/.*", "$1");
            String credentials = "tls-creds-x509,id=tls0,endpoint=client,dir=" + good;
            String drive = "driver=nbd,server.type=inet,server.host=localhost,server.port=" + port + ",export=disk,tls-creds=tls0";
            Path back = folder.resolve("back");
            ForeignTool.run("qemu-img", "convert", "--object", credentials, "--image-opts", drive, "-O", "raw", back.toString());
            assertThat(Files.mismatch(original, back)).isEqualTo(-1);
            String out = ForeignTool.run("qemu-io", "--object", credentials, "--image-opts", drive, "-c", "write -P 7 4096 65536",
                    "-c", "flush", "-c", "read -P 7 4096 65536");
            assertThat(out).contains("read 65536/65536").doesNotContain("verification failed");
            refuses(server, "", "qemu-img", "info", "--image-opts",
                    drive.replace(",tls-creds=tls0", ""));
        }
    }

    @Test
    void shouldHideTlsOnlyExportsFromPlainClients() throws Exception {
        ForeignServer.installed("nbdinfo");
        String second = Files.copy(original, folder.resolve("two.img")).toString();
        try (ServerUnderTest server = new ServerUnderTest(folder, "open=" + image, "secret=" + second, "--listen", "127.0.0.1:0",
                "--tls=on", "--tls-only", "secret", "--tls-certificates", good.toString())) {
            assertThat(server.uri).startsWith("nbd://").endsWith("/open");
            String secret = server.uri.replaceAll("/open$", "/secret");
            assertThat(ForeignTool.run("nbdinfo", "--list", server.uri)).contains("export=\"open\"").doesNotContain("secret");
            assertThat(ForeignTool.run("nbdinfo", with(secret.replace("nbd:", "nbds:"), good))).contains("with TLS");
            assertThat(ForeignTool.run("nbdinfo", with(server.uri.replace("nbd:", "nbds:"), good))).contains("with TLS");
            refuses(server, "", "nbdinfo", secret);
        }
    }

    @Test
    void shouldTellPlainClientsToUseTls() throws Exception {
        try (ServerUnderTest server = serve("--tls=require")) {
            String plain = server.uri.replace("nbds:", "nbd:");
            try (RawNbd nbd = new RawNbd(plain).greet(3)) {
                assertThat(nbd.go()).isEqualTo(ERR_TLS_REQD);
                assertThat(nbd.option(8, new byte[0])).isEqualTo(ERR_TLS_REQD);
                assertThat(nbd.option(0x7654321, new byte[9])).isEqualTo(ERR_TLS_REQD);
                assertThat(nbd.option(STARTTLS, new byte[1])).isEqualTo(ERR_INVALID);
                assertThat(nbd.option(STARTTLS, new byte[0])).isEqualTo(1);
            }
            try (RawNbd nbd = new RawNbd(plain).greet(1)) {
                nbd.send(new byte[] {'I', 'H', 'A', 'V', 'E', 'O', 'P', 'T', 0, 0, 0, 1, 0, 0, 0, 0});
                assertThat(nbd.isClosedByServer()).isTrue();
            }
        }
        try (ServerUnderTest server = new ServerUnderTest(folder, image, "--listen", "127.0.0.1:0");
                RawNbd nbd = new RawNbd(server.uri).greet(3)) {
            assertThat(nbd.option(STARTTLS, new byte[0])).isEqualTo(ERR_UNSUP);
            assertThat(nbd.go()).isEqualTo(1);
        }
    }

    @Test
    void shouldDropTheConnectionWhenPlainTextComesBehindStartTls() throws Exception {
        byte[] startTls = {'I', 'H', 'A', 'V', 'E', 'O', 'P', 'T', 0, 0, 0, STARTTLS, 0, 0, 0, 0};
        byte[] go = {'I', 'H', 'A', 'V', 'E', 'O', 'P', 'T', 0, 0, 0, GO, 0, 0, 0, 6, 0, 0, 0, 0, 0, 0};
        byte[] both = new byte[startTls.length + go.length];
        System.arraycopy(startTls, 0, both, 0, startTls.length);
        System.arraycopy(go, 0, both, startTls.length, go.length);
        try (ServerUnderTest server = serve("--tls=on")) {
            try (RawNbd nbd = new RawNbd(server.uri).greet(3)) {
                nbd.send(both);
                assertThat(nbd.isClosedByServer()).isTrue();
            }
            Awaitility.await().atMost(90, TimeUnit.SECONDS).untilAsserted(() ->
                    assertThat(server.errors()).contains("22 bytes of plain text behind STARTTLS"));
            try (RawNbd nbd = new RawNbd(server.uri).greet(3)) {
                assertThat(nbd.option(STARTTLS, new byte[0])).isEqualTo(1);
                // later, in a segment of its own: it is no TLS record, and never an option
                nbd.send(go);
                assertThat(nbd.isClosedByServer()).isTrue();
            }
            Awaitility.await().atMost(90, TimeUnit.SECONDS).untilAsserted(() ->
                    assertThat(server.errors()).contains("plain bytes where TLS has to begin"));
        }
    }

    @Test
    void shouldRefuseVersionsBeforeTls12() throws Exception {
        // a ClientHello of TLS 1.1: version, random, no session, one suite, no compression
        java.nio.ByteBuffer hello = java.nio.ByteBuffer.allocate(50).put((byte) 22).putShort((short) 0x0301).putShort((short) 45)
                .put((byte) 1).put((byte) 0).putShort((short) 41).putShort((short) 0x0302).put(new byte[32]).put((byte) 0)
                .putShort((short) 2).putShort((short) 0x002f).put((byte) 1).put((byte) 0);
        try (ServerUnderTest server = serve("--tls=require");
                RawNbd nbd = new RawNbd(server.uri.replace("nbds:", "nbd:")).greet(3)) {
            assertThat(nbd.option(STARTTLS, new byte[0])).isEqualTo(1);
            nbd.send(hello.array());
            byte[] alert = nbd.bytes(7);
            assertThat(alert[0]).as("an alert").isEqualTo((byte) 21);
            assertThat(new byte[] {alert[5], alert[6]}).as("fatal: protocol_version").isEqualTo(new byte[] {2, 70});
            assertThat(nbd.isClosedByServer()).isTrue();
        }
    }

    @Test
    void shouldCutAClientThatNeverBeginsTheHandshake() throws Exception {
        try (ServerUnderTest server = serve("--tls=require", "--handshake-timeout", "1");
                RawNbd nbd = new RawNbd(server.uri.replace("nbds:", "nbd:")).greet(3)) {
            assertThat(nbd.option(STARTTLS, new byte[0])).isEqualTo(1);
            assertThat(nbd.isClosedByServer()).isTrue();
        }
    }

    @Test
    void shouldSayWhatIsWrongWithTheCommandLine() throws Exception {
        fails(2, "needs --tls-certificates", image, "--tls=require");
        fails(2, "is not off, on or require", image, "--tls=maybe", "--tls-certificates", good.toString());
        fails(2, "does nothing without --tls", image, "--tls-certificates", good.toString());
        fails(2, "does nothing without --tls", image, "--tls-verify-peer");
        fails(2, "there is no such export", image, "--tls=on", "--tls-certificates", good.toString(), "--tls-only", "nosuch");
        fails(2, "--tls-psk", image, "--tls-psk", "keys.psk");
        fails(1, "there is no folder", image, "--tls=on", "--tls-certificates", folder.resolve("nosuch").toString());
        fails(1, "server-cert.pem", image, "--tls=on", "--tls-certificates", noClient.toString());
    }

    private static void fails(int status, String message, String... arguments) throws Exception {
        ServerUnderTest.Result result = ServerUnderTest.runToEnd(arguments);
        assertThat(result.err()).startsWith("nbd-server: ").contains(message).hasLineCount(1);
        assertThat(result.status()).isEqualTo(status);
    }
}
