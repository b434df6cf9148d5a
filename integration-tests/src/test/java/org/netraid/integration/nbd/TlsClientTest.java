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
import org.netraid.nbd.client.NbdClientConfig;
import org.netraid.nbd.client.cli.NbdClientMain;

/** Our client in TLS against nbdkit and qemu-nbd, with certificates that are right and with such that are not. */
@Tag("slow")
@Timeout(600)
class TlsClientTest {

    private static final int SIZE = 2 << 20;

    @TempDir
    private static Path root;
    private static TestCertificates certificates;
    private static Path good;
    private static Path noClient;

    @TempDir
    private Path folder;
    private Path image;
    private byte[] content;

    @BeforeAll
    static void makeCertificates() throws IOException {
        certificates = new TestCertificates(root);
        good = certificates.folder("good", "trusted");
        noClient = certificates.believing("no-client", "trusted");
    }

    @BeforeEach
    void makeImage() throws IOException {
        content = new byte[SIZE];
        new Random(1).nextBytes(content);
        image = Files.write(folder.resolve("disk.img"), content);
    }

    private static String secured(ForeignServer server, Path certificates) {
        String uri = server.uri().replaceFirst("^nbd", "nbds");
        return uri + (uri.contains("?") ? "&" : "?") + "tls-certificates=" + certificates;
    }

    private ForeignServer nbdkit(boolean unix, Path certificates, String... more) throws IOException {
        String[] arguments = new String[more.length + 4];
        arguments[0] = "--tls=require";
        arguments[1] = "--tls-certificates=" + certificates;
        System.arraycopy(more, 0, arguments, 2, more.length);
        arguments[more.length + 2] = "file";
        arguments[more.length + 3] = image.toString();
        return ForeignServer.nbdkit(folder, unix, arguments);
    }

    private static String attempt(String uri) {
        try (RealClient client = new RealClient(NbdClientConfig.defaults().withHoles(true))) {
            return client.tryOpen(uri);
        }
    }

    /** Connects to a server that is just starting. */
    private static RealClient connect(String uri) {
        RealClient client = new RealClient(NbdClientConfig.defaults().withHoles(true));
        Awaitility.await("connection to " + uri).atMost(90, TimeUnit.SECONDS).until(() -> {
            String failure = client.tryOpen(uri);
            assertThat(failure).matches("|.*cannot connect.*");
            return failure.isEmpty();
        });
        return client;
    }

    private void readsAndWrites(String uri) {
        byte[] data = new byte[300_000];
        new Random(5).nextBytes(data);
        try (RealClient client = connect(uri)) {
            assertThat(client.read(0, SIZE)).isEqualTo(content);
            client.write(1 << 20, data, 0);
            client.flush();
            assertThat(client.read(1 << 20, data.length)).isEqualTo(data);
        }
    }

    @Test
    void shouldUseNbdkitWithMutualCertificates() throws Exception {
        try (ForeignServer server = nbdkit(false, good, "--tls-verify-peer")) {
            readsAndWrites(secured(server, good));
            assertThat(attempt(secured(server, noClient))).containsAnyOf("no TLS session", "client certificate");
            assertThat(attempt(server.uri())).contains("demands TLS").contains("nbds://");
        }
    }

    @Test
    void shouldUseNbdkitOnAUnixSocket() throws Exception {
        try (ForeignServer server = nbdkit(true, good)) {
            readsAndWrites(secured(server, noClient));
        }
    }

    @Test
    void shouldUseQemuNbdWithMutualCertificates() throws Exception {
        try (ForeignServer server = ForeignServer.qemuNbd(folder, false, image, "--object",
                "tls-creds-x509,id=tls0,endpoint=server,verify-peer=on,dir=" + good, "--tls-creds", "tls0")) {
            readsAndWrites(secured(server, good));
            assertThat(attempt(secured(server, noClient))).containsAnyOf("no TLS session", "client certificate");
        }
    }

    @Test
    void shouldRefuseServersThatAreNotWhatTheUriNames() throws Exception {
        Path otherHost = certificates.folder("other-host", "trusted");
        certificates.issue(otherHost, "server", "trusted", "DNS:other.example.org", 2);
        try (ForeignServer server = nbdkit(false, otherHost)) {
            connect(secured(server, good) + "&tls-hostname=other.example.org").close();
            assertThat(attempt(secured(server, good))).contains("for another name");
            assertThat(attempt(secured(server, good) + "&tls-verify-peer=false")).isEmpty();
        }
    }

    @Test
    void shouldRefuseServersOfAnotherAuthority() throws Exception {
        Path stranger = certificates.folder("stranger", "other");
        try (ForeignServer server = nbdkit(false, stranger)) {
            connect(secured(server, stranger)).close();
            assertThat(attempt(secured(server, good))).contains("an authority that is not trusted");
            assertThat(attempt(server.uri().replaceFirst("^nbd", "nbds"))).contains("an authority that is not trusted");
        }
    }

    @Test
    void shouldRefuseServersWhoseTimeIsOver() throws Exception {
        Path late = certificates.folder("late", "trusted");
        certificates.issue(late, "server", "trusted", TestCertificates.LOCAL, -1);
        try (ForeignServer server = nbdkit(false, late)) {
            connect(secured(server, good) + "&tls-verify-peer=false").close();
            assertThat(attempt(secured(server, good))).contains("has expired");
        }
    }

    @Test
    void shouldListCopyAndCompareByCommand() throws Exception {
        try (ForeignServer server = nbdkit(false, good, "--tls-verify-peer")) {
            String uri = secured(server, good);
            connect(uri).close();
            Path back = folder.resolve("back");
            assertThat(NbdClientMain.run("list", uri)).isZero();
            assertThat(NbdClientMain.run("info", "--tls-certificates", good.toString(), server.uri().replace("nbd:", "nbds:"))).isZero();
            assertThat(NbdClientMain.run("copy", uri, back.toString())).isZero();
            assertThat(Files.mismatch(image, back)).isEqualTo(-1);
            assertThat(NbdClientMain.run("compare", uri, back.toString())).isZero();
            assertThat(NbdClientMain.run("info", "--tls-hostname", "other.example.org", uri)).isEqualTo(1);
            assertThat(NbdClientMain.run("info", server.uri())).isEqualTo(1);
        }
    }

    @Test
    void shouldNeverSpeakPlainTextToAServerThatWasToBeReachedInTls() throws Exception {
        try (ForeignServer server = ForeignServer.nbdkit(folder, false, "file", image.toString())) {
            connect(server.uri()).close();
            assertThat(attempt(secured(server, good))).contains("refuses TLS").contains("nothing is said to it in plain text");
        }
    }
}
