/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.integration.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.netraid.replicator.control.TargetState;
import org.netraid.replicator.state.DiskState;
import org.netraid.replicator.state.Role;

/** kill -9 of source and target in the middle of a resync; then the target goes back to what it was, and serves that. */
@Tag("slow")
class UndoLifeTest {

    private static final long SIZE = 64L << 20;

    @TempDir
    Path folder;

    @Test
    void shouldReturnToTheCopyBeforeTheResyncWhenTheSourceIsKilledInTheMiddle() throws IOException {
        try (ClusterRig rig = new ClusterRig(folder, SIZE, "adam", "eve");
                Application application = new Application(folder.resolve("model"), SIZE, 3)) {
            rig.settings("[mirrors.data.limits]\nresync_max = \"8M\"\n");
            rig.start("adam", "eve");
            rig.mustAct("adam", "create");
            rig.awaitInSync("adam");
            application.open(rig, "adam");
            application.writeRandomly(8 << 20, 64 << 10);
            application.flush();
            rig.awaitInSync("adam");
            assertThat(rig.stop("eve")).isZero();
            Path before = folder.resolve("before.img");
            Files.copy(rig.disk("eve"), before);
            application.writeRandomly(96L << 20, 1 << 20);

            rig.start("eve");
            awaitSent(rig, 4 << 20);
            rig.kill("eve");
            rig.start("eve");
            awaitSent(rig, 4 << 20);
            assertThat(rig.status("eve").undo().state()).isEqualTo("KEEPING");
            application.writeRandomly(1 << 20, 64 << 10);
            assertThat(rig.act("eve", "rollback").err()).contains("the resync goes on");
            rig.kill("adam");
            rig.awaitStatus("eve", "is blocked", status -> status.role() == Role.BLOCKED);
            assertThat(Files.mismatch(before, rig.disk("eve"))).isNotNegative();
            assertThat(rig.status("eve").diskState()).isEqualTo(DiskState.INCONSISTENT);
            assertThat(rig.act("eve", "force").status()).as("not without the second word").isEqualTo(3);
            assertThat(rig.act("eve", "explain").out()).contains("can be taken back").contains(" old");

            rig.mustAct("eve", "rollback");
            assertThat(Files.mismatch(before, rig.disk("eve"))).as("the copy before the resync, byte for byte").isEqualTo(-1);
            assertThat(rig.status("eve").diskState()).isEqualTo(DiskState.OUTDATED);
            assertThat(rig.state("eve").resolve("data.undo")).doesNotExist();
            rig.mustAct("eve", "force");
            assertThat(rig.status("eve").role()).isEqualTo(Role.SOURCE);
        }
    }

    private static void awaitSent(ClusterRig rig, long bytes) {
        rig.await("the resync runs", () -> rig.target("adam", "eve").state() == TargetState.RESYNCING
                && rig.target("adam", "eve").resyncSentBytes() > bytes);
    }
}
