/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.integration.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A mirror of real daemons grows with its disks and changes its chunk size; a log that could do neither is refused. */
@Tag("slow")
class ResizeTest {

    private static final long MIB = 1 << 20;

    @TempDir
    Path folder;

    @Test
    void shouldGrowWithBothDisksAndKeepWhatIsDirtyInOtherChunks() throws Exception {
        try (ClusterRig rig = new ClusterRig(folder, 64 * MIB, "adam", "eve");
                Application application = new Application(folder.resolve("model"), 96 * MIB, 7)) {
            rig.start("adam", "eve");
            rig.mustAct("adam", "create");
            rig.awaitInSync("adam");
            ClusterRig.makeDisk(rig.disk("adam"), 96 * MIB);
            ClusterRig.Outcome refused = rig.act("adam", "resize");
            assertThat(refused.status()).isEqualTo(3);
            assertThat(refused.err()).contains("cannot have 100663296 bytes: the disk on eve has 67108864");
            rig.awaitInSync("adam");
            assertThat(rig.status("adam").sizeBytes()).isEqualTo(64 * MIB);

            ClusterRig.makeDisk(rig.disk("eve"), 96 * MIB);
            rig.mustAct("adam", "resize", "--wait=60");
            assertThat(rig.status("adam").sizeBytes()).isEqualTo(96 * MIB);
            assertThat(rig.target("adam", "eve").resyncTotalBytes()).isEqualTo(32 * MIB);
            assertThat(rig.act("adam", "resize", "--verbose").out()).contains("has 100663296 bytes already");
            rig.awaitInSync("adam");

            rig.mustAct("adam", "pause", "adam", "eve");
            application.open(rig, "adam");
            application.writeRandomly(2 * MIB, 64 << 10);
            application.flush();
            assertThat(rig.stop("adam")).isZero();
            rig.mirrorSettings("chunk = \"16k\"\n");
            rig.start("adam");
            rig.awaitStatus("adam", "in service", status -> status.chunkBytes() == 16 << 10 && !status.exportUri().isEmpty());
            assertThat(rig.target("adam", "eve").dirtyBytes()).isBetween(MIB, 32 * MIB);
            rig.mustAct("adam", "resume", "adam", "eve", "--wait=60");
            assertThat(rig.stop("adam")).isZero();
            assertThat(rig.stop("eve")).isZero();
            assertThat(Files.mismatch(rig.disk("adam"), rig.disk("eve"))).isEqualTo(-1);
        }
    }

    @Test
    void shouldRefuseALogThatIsNotARegularFile() throws Exception {
        try (ClusterRig rig = new ClusterRig(folder, 16 * MIB, "adam", "eve")) {
            rig.start("adam", "eve");
            Files.createSymbolicLink(rig.state("adam").resolve("data.intent"), rig.disk("eve"));
            ClusterRig.Outcome refused = rig.act("adam", "create");
            assertThat(refused.status()).isEqualTo(5);
            assertThat(refused.err()).contains("data.intent is not a regular file", "put the state folder on the disk");
        }
    }
}
