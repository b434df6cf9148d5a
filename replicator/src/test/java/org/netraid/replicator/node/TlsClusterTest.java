/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.node;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.netraid.link.LinkTls;
import org.netraid.nbd.server.ServerTls;
import org.netraid.nbd.wire.NbdUri;
import org.netraid.replicator.control.MirrorActionType;
import org.netraid.sim.SimTls;

/** Two whole nodes whose peer channel and disks are in TLS, and a node that cannot show a certificate. */
class TlsClusterTest {

    private final SimCluster cluster = new SimCluster(77, -1, "a", "b");

    private record Settings(LinkTls fromNodes, LinkTls client) implements NodeTls {
        @Override
        public LinkTls toNode(String node) {
            return client;
        }

        @Override
        public ServerTls exports() {
            return ServerTls.OFF;
        }

        @Override
        public LinkTls toServer(NbdUri uri) {
            return null;
        }
    }

    private static final Settings GOOD = new Settings(SimTls.server().demandingCertificate(), SimTls.client().withCertificate());
    private static final Settings WITHOUT_CERTIFICATE = new Settings(SimTls.server().demandingCertificate(), SimTls.client());

    @Test
    void shouldMirrorAndFailOverInTls() {
        cluster.tls = GOOD;
        cluster.bootAll();
        cluster.await("b connected", () -> cluster.box("a").node.status().peers().get(0).connected());
        cluster.must("a", MirrorActionType.CREATE, null);
        cluster.awaitInSync("a", "b");
        cluster.write("a", 3, 7);
        assertThat(cluster.chunk("b", 3)).isEqualTo(7);
        cluster.kill("b");
        cluster.write("a", 10, 2);
        cluster.boot("b");
        cluster.awaitInSync("a", "b");
        cluster.assertEqual("a", "b");
        cluster.kill("a");
        cluster.await("b sees it", () -> !cluster.box("b").node.status().peers().get(0).connected());
        cluster.must("b", MirrorActionType.START, null);
        cluster.write("b", 40, 9);
        cluster.boot("a");
        cluster.awaitInSync("b", "a");
        cluster.assertEqual("a", "b");
    }

    @Test
    void shouldTurnAwayANodeWithoutCertificateAndSaySoOnce() {
        cluster.tls = WITHOUT_CERTIFICATE;
        cluster.boot("a");
        cluster.tls = GOOD;
        cluster.boot("b");
        cluster.await("b has said so", () -> cluster.box("b").log.stream().anyMatch(line -> line.contains("was turned away")));
        cluster.run(3000);
        assertThat(cluster.box("b").log.stream().filter(line -> line.contains("the other end has no certificate"))).hasSize(1);
        assertThat(cluster.box("a").node.status().peers().get(0).connected()).isFalse();
    }

    @Test
    void shouldNotTalkToANodeThatSpeaksPlainText() {
        cluster.tls = null;
        cluster.boot("a");
        cluster.tls = GOOD;
        cluster.boot("b");
        cluster.run(3000);
        assertThat(cluster.box("a").node.status().peers().get(0).connected()).isFalse();
        assertThat(cluster.box("b").node.status().peers().get(0).connected()).isFalse();
        assertThat(cluster.box("b").log).anyMatch(line -> line.contains("was turned away: the TLS handshake failed"));
    }
}
