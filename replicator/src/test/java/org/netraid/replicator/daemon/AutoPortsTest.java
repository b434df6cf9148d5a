/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.netraid.replicator.config.ClusterConfig;
import org.netraid.replicator.config.Ports;
import org.netraid.replicator.io.ConfigException;
import org.netraid.replicator.io.ConfigParser;

class AutoPortsTest {

    @TempDir
    Path folder;

    @Test
    void shouldGiveDataKeepersPorts() {
        assertThat(Ports.choose(0, port -> false)).isEqualTo(10001);
        assertThat(Ports.choose(0, port -> port == 10001)).as("10001 is SCP config").isEqualTo(10257);
        assertThat(Ports.choose(3, port -> port < 10300)).isEqualTo(10516);
        assertThat(Ports.choose(0, port -> true)).isEqualTo(-1);
    }

    private ClusterConfig config() throws ConfigException {
        return ConfigParser.parse("n.toml", """
                [cluster]
                name = "c"
                secret_file = "s"
                [nodes.a]
                address = "127.0.0.1:7800"
                nbd = "127.0.0.1:auto"
                state = "/a"
                [nodes.b]
                address = "127.0.0.2:7800"
                nbd = "127.0.0.2:auto"
                state = "/b"
                [mirrors.one]
                [[mirrors.one.members]]
                node = "a"
                disk = "/1"
                export = "127.0.0.1:auto"
                [mirrors.two]
                [[mirrors.two.members]]
                node = "a"
                disk = "/2"
                export = "127.0.0.1:auto"
                """, Path.of("/"));
    }

    @Test
    void shouldSkipServicesPortsInUseAndOtherMirrors() throws Exception {
        Path services = folder.resolve("services");
        Files.writeString(services, "# 10257/tcp is only a comment\nscp-config 10001/tcp # SCP\nother\t10002/udp\n");
        int taken = firstFree(10002);
        try (ServerSocket used = new ServerSocket()) {
            used.bind(new InetSocketAddress(InetAddress.getByName("127.0.0.1"), taken));
            ClusterConfig filled = new AutoPorts(services).resolve(config(), "a");
            int nbd = filled.node("a").orElseThrow().nbd().port();
            int one = filled.mirror("one").orElseThrow().member("a").orElseThrow().export().port();
            int two = filled.mirror("two").orElseThrow().member("a").orElseThrow().export().port();
            assertThat(nbd).isGreaterThanOrEqualTo(10257).matches(port -> (port - 10001) % 256 == 0);
            assertThat(one).isGreaterThan(nbd).matches(port -> (port - 10001) % 256 == 0);
            assertThat(two).isNotEqualTo(taken).matches(port -> (port - 10002) % 256 == 0);
            assertThat(filled.node("b").orElseThrow().nbd().port()).as("told by b itself").isZero();
        }
    }

    private static int firstFree(int first) {
        for (int port = first; ; port += 256) {
            try (ServerSocket probe = new ServerSocket()) {
                probe.bind(new InetSocketAddress("127.0.0.1", port));
                return port;
            } catch (IOException e) {
                // the next one
            }
        }
    }
}
