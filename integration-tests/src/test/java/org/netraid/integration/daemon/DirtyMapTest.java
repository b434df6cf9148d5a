/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.integration.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.netraid.integration.nbd.ForeignTool;
import org.netraid.nbd.client.cli.NbdClientMain;

/** What a target lacks, seen by other people's tools through the export of a mirror in real processes. */
@Tag("slow")
class DirtyMapTest {

    private static final long MIB = 1 << 20;

    @TempDir
    Path folder;

    @Test
    void shouldShowWhatAPausedTargetMisses() throws Exception {
        try (ClusterRig rig = new ClusterRig(folder, 64 * MIB, "adam", "eve");
                Application application = new Application(folder.resolve("model"), 64 * MIB, 42)) {
            rig.start("adam", "eve");
            rig.mustAct("adam", "create");
            rig.awaitInSync("adam");
            application.open(rig, "adam");
            String uri = rig.status("adam").exportUri();
            assertThat(ForeignTool.run("nbdinfo", uri)).contains("base:allocation", "x-netraid:dirty:eve", "x-netraid:hot");
            assertThat(dirtyBytes(uri)).isZero();

            rig.mustAct("adam", "pause", "adam", "eve");
            application.writeRandomly(4 * MIB, 64 << 10);
            application.flush();
            assertThat(dirtyBytes(uri)).isEqualTo(rig.target("adam", "eve").dirtyBytes()).isGreaterThan(2 * MIB);
            assertThat(ForeignTool.run("nbdinfo", "--map=x-netraid:hot", uri)).containsPattern(" [0-9]+ +1\\s");
            assertThat(NbdClientMain.run("map", "--context", "x-netraid:dirty:eve", uri)).isZero();
            assertThat(NbdClientMain.run("map", "--context", "x-netraid:dirty:nobody", uri)).isEqualTo(1);

            rig.mustAct("adam", "resume", "adam", "eve", "--wait=60");
            rig.await("every bit is cleared", () -> dirtyBytes(uri) == 0);
        }
    }

    /** Sum of the lines of type 1. */
    private static long dirtyBytes(String uri) throws IOException, InterruptedException {
        long dirty = 0;
        long end = 0;
        for (String line : ForeignTool.run("nbdinfo", "--map=x-netraid:dirty:eve", uri).lines().toList()) {
            String[] columns = line.trim().split("\\s+");
            assertThat(Long.parseLong(columns[0])).as(line).isEqualTo(end);
            end += Long.parseLong(columns[1]);
            dirty += columns[2].equals("1") ? Long.parseLong(columns[1]) : 0;
        }
        assertThat(end).isEqualTo(64 * MIB);
        return dirty;
    }
}
