/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.integration.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.netraid.replicator.daemon.ReplicatorMain;

/** What is wrong is said in one line, with an exit status, and nothing has been changed. Real processes. */
@Tag("slow")
class DaemonStartTest {

    private static final long SIZE = 16 << 20;

    @TempDir
    Path folder;

    private ClusterRig rig;

    @BeforeEach
    void makeRig() throws IOException {
        rig = new ClusterRig(folder, SIZE, "adam", "eve");
    }

    @AfterEach
    void endRig() {
        rig.close();
    }

    @Test
    void shouldGetReadyAndEndInOrderOnSigterm() throws IOException {
        rig.start("adam");
        assertThat(rig.daemon("adam").out()).isEqualTo("ready node=adam control=" + rig.state("adam").resolve("control.sock")
                + " peers=127.0.0.1:" + rig.peerPort("adam") + " nbd=127.0.0.1:" + nbdPort() + "\n");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(rig.state("adam")))).isEqualTo("rwx------");
        JavaProcess daemon = rig.daemon("adam");
        assertThat(rig.stop("adam")).as(daemon.err()).isZero();
        assertThat(daemon.err()).doesNotContain("Exception").doesNotContain("WARN");
        assertThat(rig.state("adam").resolve("control.sock")).doesNotExist();
    }

    @Test
    void shouldStartAgainAfterBeingKilled() throws IOException {
        rig.start("adam");
        rig.kill("adam");
        assertThat(rig.state("adam").resolve("control.sock")).exists();
        rig.start("adam");
        assertThat(rig.status("adam").created()).isFalse();
    }

    @Test
    void shouldRefuseWrongCommandLines() throws IOException {
        refuses("replicator: --config is missing; replicator --help shows the usage");
        refuses("replicator: --node is missing; replicator --help shows the usage", "--config", rig.config().toString());
        refuses("replicator: unknown option --nodes (did you mean \"--node\"?)", "--nodes", "adam");
        refuses("replicator: there is no node \"adm\" in the configuration (did you mean \"adam\"?); its nodes are adam, eve",
                "--config", rig.config().toString(), "--node", "adm");
    }

    @Test
    void shouldRefuseAWrongConfiguration() throws IOException {
        rig.settings("[limits]\nresync_maxx = 5\n");
        refusesToStart("replicator: " + rig.config() + ":26:1: [limits]: unknown key \"resync_maxx\" (did you mean \"resync_max\"?); known "
                + "here: async_full, ");
    }

    @Test
    void shouldRefuseAMissingOrOpenSecret() throws IOException {
        Files.setPosixFilePermissions(rig.secret(), PosixFilePermissions.fromString("rw-r--r--"));
        refusesToStart("replicator: secret file " + rig.secret() + " is open to others than its owner; run: chmod 600 " + rig.secret());
        Files.delete(rig.secret());
        refusesToStart("replicator: secret file " + rig.secret() + " is missing; make one and copy it to every node: ");
    }

    @Test
    void shouldRefuseAMissingDisk() throws IOException {
        Files.delete(rig.disk("adam"));
        refusesToStart("replicator: mirror data: cannot open disk " + rig.disk("adam") + ": ");
    }

    @Test
    void shouldRefuseADiskSmallerThanTheMirror() throws IOException {
        Files.writeString(rig.config(), Files.readString(rig.config()).replace("[mirrors.data]\n", "[mirrors.data]\nsize = \"32M\"\n"));
        refusesToStart("replicator: mirror data: disk " + rig.disk("adam") + " has 16777216 bytes (16 MiB), the mirror is to have 33554432 "
                + "(32 MiB); give it a larger disk or set a smaller size");
    }

    @Test
    void shouldRefuseAPortInUse() throws IOException {
        try (ServerSocket taken = new ServerSocket(rig.peerPort("adam"), 1, InetAddress.getLoopbackAddress())) {
            JavaProcess daemon = rig.launch("adam");
            assertThat(daemon.awaitEnd()).isEqualTo(1);
            assertThat(daemon.err()).startsWith("replicator: ").contains("127.0.0.1:" + taken.getLocalPort()).contains("in use");
            assertThat(daemon.err().lines()).hasSize(1);
        }
    }

    @Test
    void shouldRefuseASecondDaemonOnOneStateFolder() throws IOException {
        rig.start("adam");
        long pid = rig.daemon("adam").pid();
        JavaProcess second = JavaProcess.start(folder, "second", List.of(), ReplicatorMain.class, "--config", rig.config().toString(),
                "--node", "adam");
        try (second) {
            assertThat(second.awaitEnd()).isEqualTo(1);
            assertThat(second.err()).isEqualTo("replicator: the state folder " + rig.state("adam") + " is in use by another process, pid "
                    + pid + "; stop that one first, or give this node a folder of its own\n");
        }
        assertThat(rig.status("adam").node()).isEqualTo("adam");
    }

    @Test
    void shouldOnlyLookWhenChecking() throws IOException {
        var before = files();
        try (JavaProcess check = rig.launch("adam", "--check")) {
            assertThat(check.awaitEnd()).as(check.err()).isZero();
            assertThat(check.out()).isEqualTo(rig.config() + ": all is well for node adam: 1 of 1 mirrors\n");
        }
        assertThat(files()).isEqualTo(before);
    }

    private void refusesToStart(String line) throws IOException {
        refuses(line, "--config", rig.config().toString(), "--node", "adam");
    }

    /** One line that begins so, exit status 1, no file changed. */
    private void refuses(String line, String... arguments) throws IOException {
        var before = files();
        Path outside = Files.createDirectories(folder.resolveSibling(folder.getFileName() + "-out"));
        try (JavaProcess daemon = JavaProcess.start(outside, "refused", List.of(), ReplicatorMain.class, arguments)) {
            assertThat(daemon.awaitEnd()).isEqualTo(1);
            assertThat(daemon.err()).startsWith(line);
            assertThat(daemon.err().lines()).hasSize(1);
            assertThat(daemon.out()).isEmpty();
        } finally {
            Files.deleteIfExists(outside.resolve("refused.out"));
            Files.deleteIfExists(outside.resolve("refused.log"));
            Files.delete(outside);
        }
        assertThat(files()).isEqualTo(before);
    }

    /** Path, size and time of every file but outputs of processes. */
    private TreeMap<String, String> files() throws IOException {
        TreeMap<String, String> found = new TreeMap<>();
        try (var paths = Files.walk(folder)) {
            for (Path path : paths.filter(path -> !path.toString().endsWith(".out") && !path.toString().endsWith(".log")
                    && !path.equals(folder)).toList()) {
                found.put(path.toString(), Files.size(path) + " " + Files.getLastModifiedTime(path));
            }
        }
        return found;
    }

    private int nbdPort() throws IOException {
        return Integer.parseInt(Files.readString(rig.config()).replaceFirst("(?s).*?nbd = \"127.0.0.1:([0-9]+)\".*", "$1"));
    }
}
