/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.integration.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.netraid.integration.nbd.ForeignServer;
import org.netraid.integration.nbd.RealClient;
import org.netraid.link.io.TestCertificates;
import org.netraid.nbd.client.NbdClientConfig;

/** A mirror of two daemons and a plain server, all of it in TLS with mutual certificates. */
@Tag("slow")
class TlsMirrorTest {

    private static final long SIZE = 16 << 20;

    @TempDir
    private Path folder;
    private TestCertificates certificates;
    private Path good;
    private ClusterRig rig;
    private Application application;

    @BeforeEach
    void begin() throws IOException {
        certificates = new TestCertificates(folder);
        good = certificates.folder("pki", "trusted");
        rig = new ClusterRig(folder, SIZE, "adam", "eve");
        rig.settings("[tls]\ncertificates = \"pki\"\n");
        rig.exportOverTcp();
        application = new Application(folder.resolve("model"), SIZE, 42);
        application.uriParameters = "?tls-certificates=" + good;
    }

    @AfterEach
    void end() throws IOException {
        application.close();
        rig.close();
    }

    @Test
    void shouldMirrorWhollyInTls() throws Exception {
        Path third = folder.resolve("stor.img");
        ClusterRig.makeDisk(third, SIZE);
        try (ForeignServer stor = ForeignServer.nbdkit(Files.createDirectory(folder.resolve("nbdkit")), false, "--tls=require",
                "--tls-verify-peer", "--tls-certificates=" + good, "file", third.toString())) {
            rig.addForeignTarget("stor", stor.uri().replaceFirst("^nbd:", "nbds:"));
            rig.start("adam", "eve");
            // on a busy machine a first handshake can take as long as the rig's short patience with silent peers
            rig.await("created", () -> rig.act("adam", "create").status() == 0);
            rig.awaitInSync("adam");
            application.open(rig, "adam");
            application.writeRandomly(2 << 20, 64 << 10);
            rig.kill("eve");
            application.writeRandomly(1 << 20, 64 << 10);
            rig.start("eve");
            rig.awaitInSync("adam");
            application.flush();
            application.mustEqual(rig.disk("eve"));
            application.mustEqual(third);

            String export = rig.status("adam").exportUri();
            assertThat(export).startsWith("nbds://");
            assertThat(attempt(export.replaceFirst("^nbds:", "nbd:"))).contains("demands TLS");
            assertThat(attempt("nbd://127.0.0.1:" + rig.nbdPort("eve") + "/data")).contains("demands TLS");
            assertThat(attempt("nbds://127.0.0.1:" + rig.nbdPort("eve") + "/data?tls-certificates="
                    + certificates.believing("no-client", "trusted"))).contains("certificate");
            speakPlainText(rig.peerPort("eve"));
            rig.await("eve says so", () -> rig.logs().contains("was turned away: the TLS handshake failed"));
        }
    }

    private static String attempt(String uri) {
        try (RealClient client = new RealClient(NbdClientConfig.defaults())) {
            return client.tryOpen(uri);
        }
    }

    private static void speakPlainText(int port) throws IOException {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            socket.getOutputStream().write("{\"t\":\"hello\",\"node\":\"adam\"}".getBytes(StandardCharsets.UTF_8));
            socket.setSoTimeout(30_000);
            while (socket.getInputStream().read() >= 0) {
                // an alert of TLS may come before the end
                continue;
            }
        } catch (java.net.SocketException reset) {
            assertThat(reset).hasMessageContaining("reset");
        }
    }

    @Test
    void shouldNotStartWithCertificatesThatCannotBeUsed() throws Exception {
        Files.delete(good.resolve("client-key.pem"));
        for (String[] more : new String[][] {{}, {"--check"}}) {
            JavaProcess daemon = rig.launch("adam", more);
            assertThat(daemon.awaitEnd()).isEqualTo(1);
            assertThat(daemon.err()).contains("replicator: TLS: there is no file").contains("client-key.pem");
        }
    }
}
