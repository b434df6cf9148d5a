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
import org.netraid.replicator.control.CompressionStatus;

/** A mirror of real processes whose target gets compressed writes, by replication and by resync. */
@Tag("slow")
class CompressedMirrorTest {

    private static final long MIB = 1 << 20;

    @TempDir
    Path folder;

    @Test
    void shouldKeepTheCopiesEqualWhenTheTargetGetsCompressedWrites() throws Exception {
        try (ClusterRig rig = new ClusterRig(folder, 64 * MIB, "adam", "eve");
                Application application = new Application(folder.resolve("model"), 64 * MIB, 42)) {
            // belongs to the last member, which is eve
            rig.settings("compression = \"fast\"\n");
            assertThat(Files.readString(rig.config())).endsWith("compression = \"fast\"\n");
            rig.start("adam", "eve");
            rig.mustAct("adam", "create");
            rig.awaitInSync("adam");
            application.open(rig, "adam");
            application.writeRandomly(8 * MIB, 64 << 10);
            rig.mustAct("adam", "pause", "adam", "eve");
            application.writeRandomly(8 * MIB, 64 << 10);
            rig.mustAct("adam", "resume", "adam", "eve", "--wait=60");
            application.flush();
            rig.awaitInSync("adam");
            CompressionStatus compression = rig.target("adam", "eve").replication().compression();
            assertThat(compression.setting()).isEqualTo("fast");
            assertThat(compression.dataBytes()).as("counted over the resync and the writes").isGreaterThan(8 * MIB);
            assertThat(compression.wireBytes()).isPositive().isLessThanOrEqualTo(compression.dataBytes());
            application.closeDevice();
            rig.mustAct("adam", "stop");
            assertThat(rig.stop("eve")).as(rig.logs()).isZero();
            assertThat(rig.stop("adam")).as(rig.logs()).isZero();
            application.mustEqual(rig.disk("adam"));
            application.mustEqual(rig.disk("eve"));
        }
    }
}
