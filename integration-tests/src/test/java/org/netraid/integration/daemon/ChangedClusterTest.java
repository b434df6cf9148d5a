/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.integration.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.netraid.replicator.control.TargetState;
import org.netraid.replicator.control.TargetStatus;
import org.netraid.replicator.state.Role;

/** The configuration of a pair in use changes: one more node joins, or a node comes back with another address. Real daemons. */
@Tag("slow")
class ChangedClusterTest {

    private static final long MIB = 1 << 20;
    private static final long SIZE = 64 * MIB;

    @TempDir
    Path folder;

    private ClusterRig rig;
    private Application application;

    @BeforeEach
    void begin() throws IOException {
        rig = new ClusterRig(folder, SIZE, "adam", "eve");
        application = new Application(folder.resolve("model"), SIZE, 11);
        rig.start("adam", "eve");
    }

    @AfterEach
    void end() throws IOException {
        application.close();
        rig.close();
    }

    /**
     * The new node is in the configuration of all before it starts; the pair takes it up one daemon at a time, so that the mirror is
     * only ever out of service for a switchover.
     */
    @Test
    void shouldTakeAThirdNodeIntoARunningPairAndLetItTakeOver() throws IOException {
        rig.mustAct("adam", "create");
        rig.awaitInSync("adam");
        application.open(rig, "adam");
        application.writeRandomly(8 * MIB, 64 << 10);

        rig.addNode("seth", SIZE);
        assertThat(rig.act("adam", "add", "adam", "seth").err()).as("adam still has the old configuration").contains("seth");
        assertThat(rig.stop("eve")).isZero();
        application.writeRandomly(2 * MIB, 64 << 10);
        rig.start("eve");
        rig.awaitInSync("adam");
        application.closeDevice();
        rig.mustAct("adam", "switchover", "adam", "eve");
        application.open(rig, "eve");
        assertThat(rig.stop("adam")).isZero();
        rig.start("adam", "seth");
        application.writeRandomly(2 * MIB, 64 << 10);
        rig.await("seth is a target", () -> rig.status("eve").targets().stream().anyMatch(target -> target.node().equals("seth")));
        rig.awaitInSync("eve");
        assertThat(rig.target("eve", "seth").resyncDoneBytes()).as("a new disk gets everything").isGreaterThanOrEqualTo(SIZE);
        assertThat(rig.target("eve", "adam").resyncDoneBytes()).as("a known one what it missed").isLessThan(SIZE / 2);

        application.flush();
        application.closeDevice();
        rig.kill("eve");
        rig.await("seth takes over", () -> rig.act("seth", "start", "seth").status() == 0);
        application.open(rig, "seth");
        application.writeRandomly(2 * MIB, 64 << 10);
        rig.start("eve");
        rig.awaitStatus("seth", "has two targets", status -> status.targets().size() == 2);
        rig.awaitInSync("seth");
        application.mustBeWholeEverywhere(rig, "seth", "adam", "eve");
    }

    /** A node is known by its name: its copy counts as what it was, wherever it is. */
    @Test
    void shouldSendOnlyWhatWasMissedWhenANodeComesBackWithAnotherAddress() throws IOException {
        rig.mustAct("eve", "create");
        rig.awaitInSync("eve");
        application.open(rig, "eve");
        application.writeRandomly(8 * MIB, 64 << 10);
        rig.kill("adam");
        application.writeRandomly(2 * MIB, 64 << 10);
        application.flush();
        TargetStatus away = rig.target("eve", "adam");
        assertThat(away.dirtyBytes()).isBetween(MIB, SIZE / 2);

        rig.move("adam", "127.0.0.2");
        rig.start("adam");
        // of the two adam connects, his name comes first: eve knows him at once, but asks for his disk where it was
        rig.await("adam has found eve", () -> rig.status("adam").sourceNode().equals("eve"));
        rig.await("eve says where she looks for his disk", () -> rig.target("eve", "adam").lastError().contains("127.0.0.1"));
        assertThat(rig.target("eve", "adam").state()).isEqualTo(TargetState.OUT_OF_SYNC);

        application.closeDevice();
        assertThat(rig.stop("eve")).isZero();
        rig.start("eve");
        rig.awaitStatus("eve", "is in service", status -> status.role() == Role.SOURCE);
        rig.awaitInSync("eve");
        TargetStatus back = rig.target("eve", "adam");
        assertThat(back.address()).contains("127.0.0.2");
        assertThat(back.resyncSentBytes()).isLessThanOrEqualTo(away.dirtyBytes() + 8 * MIB).isLessThan(SIZE / 2);
        application.open(rig, "eve");
        application.writeRandomly(2 * MIB, 64 << 10);
        application.mustBeWholeEverywhere(rig, "eve", "adam");
    }
}
