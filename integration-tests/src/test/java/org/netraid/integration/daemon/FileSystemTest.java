/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.integration.daemon;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.netraid.integration.nbd.ForeignServer;
import org.netraid.replicator.state.Role;

/**
 * A real file system on the mirror: nbdfuse shows the export as a file, a loop device makes a disk of it, ext4 lives there. The
 * source is killed with -9 under it; on the promoted target fsck must be clean and the synced files whole. Needs root.
 */
@Tag("slow")
class FileSystemTest {

    private static final long SIZE = 256L << 20;

    @TempDir
    Path folder;

    @Test
    void shouldFindSyncedFilesWholeOnThePromotedTarget() throws IOException {
        for (String program : new String[] {"nbdfuse", "losetup", "mkfs.ext4", "e2fsck", "mount", "sha256sum"}) {
            ForeignServer.installed(program);
        }
        assumeTrue("root".equals(System.getProperty("user.name")), "not root");
        assumeTrue(Files.exists(Path.of("/dev/fuse")) && Files.exists(Path.of("/dev/loop-control")), "no FUSE or loop devices here");
        try (ClusterRig rig = new ClusterRig(folder, SIZE, "adam", "eve")) {
            rig.start("adam", "eve");
            rig.mustAct("adam", "create");
            rig.awaitInSync("adam");
            try (Mounted adams = new Mounted(folder.resolve("a"), rig.status("adam").exportUri())) {
                sh("mkfs.ext4 -q -F " + adams.loop);
                sh("mount " + adams.loop + " " + adams.mountPoint);
                sh("cd " + adams.mountPoint + " && for i in $(seq 60); do head -c $((i * 9973)) /dev/urandom > file$i; done && sync -f .");
                sh("cd " + adams.mountPoint + " && sha256sum file* > " + folder.resolve("sums"));
                // Not synced: may or may not survive, but must not break anything.
                sh("cd " + adams.mountPoint + " && for i in $(seq 20); do head -c 50000 /dev/urandom > late$i; done");
                rig.kill("adam");
            }
            rig.await("eve takes over", () -> rig.act("eve", "start", "eve").status() == 0);
            rig.awaitStatus("eve", "is source", status -> status.role() == Role.SOURCE);
            try (Mounted eves = new Mounted(folder.resolve("e"), rig.status("eve").exportUri())) {
                // Mounting replays the journal, as after a power cut; then there must be nothing to repair.
                sh("mount " + eves.loop + " " + eves.mountPoint);
                sh("cd " + eves.mountPoint + " && sha256sum --quiet -c " + folder.resolve("sums"));
                sh("umount " + eves.mountPoint);
                sh("e2fsck -f -n " + eves.loop);
            }
        }
    }

    /** nbdfuse and a loop device over an export; taken down in any state. */
    private static final class Mounted implements AutoCloseable {

        private final Path fuse;
        private final Path mountPoint;
        private final Process nbdfuse;
        private String loop = "";

        Mounted(Path folder, String uri) throws IOException {
            fuse = Files.createDirectories(folder.resolve("fuse"));
            mountPoint = Files.createDirectories(folder.resolve("mnt"));
            nbdfuse = new ProcessBuilder("nbdfuse", fuse.toString(), uri).redirectErrorStream(true)
                    .redirectOutput(folder.resolve("nbdfuse.log").toFile()).start();
            org.awaitility.Awaitility.await("nbdfuse shows the export").atMost(90, TimeUnit.SECONDS)
                    .until(() -> Files.exists(fuse.resolve("nbd")));
            loop = sh("losetup --find --show " + fuse.resolve("nbd")).strip();
        }

        @Override
        public void close() throws IOException {
            run("mountpoint -q " + mountPoint + " && { umount " + mountPoint + " || umount -l " + mountPoint + "; }");
            if (!loop.isEmpty()) {
                run("losetup -d " + loop);
            }
            run("fusermount3 -u " + fuse + " || umount -l " + fuse);
            nbdfuse.destroyForcibly().onExit().join();
        }
    }

    private static String sh(String command) throws IOException {
        String[] outcome = run(command);
        assertThat(outcome[0]).as("%s\n%s", command, outcome[1]).isEqualTo("0");
        return outcome[1];
    }

    /** Exit status and output. */
    private static String[] run(String command) throws IOException {
        Process process = new ProcessBuilder("bash", "-c", "PATH=$PATH:/sbin:/usr/sbin; " + command).redirectErrorStream(true).start();
        process.getOutputStream().close();
        String output = new String(process.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
        return new String[] {Integer.toString(process.onExit().join().exitValue()), output};
    }
}
