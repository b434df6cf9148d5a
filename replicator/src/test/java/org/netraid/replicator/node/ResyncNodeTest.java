/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.node;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.netraid.replicator.control.CommandResult;
import org.netraid.replicator.control.ExitCode;
import org.netraid.replicator.control.MirrorActionType;
import org.netraid.replicator.control.MirrorCommand;
import org.netraid.replicator.control.ResyncStatus;
import org.netraid.replicator.control.TargetStatus;
import org.netraid.sim.CrashMode;

/** What an operator can say about resyncs, and what he is shown of them. */
class ResyncNodeTest {

    private SimCluster cluster;

    @BeforeEach
    void twoNodesInSync() {
        cluster = new SimCluster(1, -1, "a", "b");
        cluster.bootAll();
        cluster.run(1000);
        cluster.must("a", MirrorActionType.CREATE, null);
        cluster.awaitInSync("a", "b");
        for (int chunk = 0; chunk < 8; chunk++) {
            cluster.write("a", chunk, chunk + 1);
        }
    }

    private CommandResult command(MirrorActionType action, List<String> targets, String... options) {
        return cluster.command("a", new MirrorCommand(SimCluster.TAG, action, null, targets, false, false, false, List.of(options)));
    }

    private TargetStatus target() {
        return cluster.box("a").status().targets().get(0);
    }

    private ResyncStatus resync() {
        return cluster.box("a").status().resync();
    }

    @Test
    void shouldSendOnlyDifferencesToASeededTarget() {
        assertThat(command(MirrorActionType.REMOVE, List.of("b")).code()).isEqualTo(ExitCode.DONE);
        cluster.write("a", 2, 99);
        long sentBefore = resync().sentBytes();
        assertThat(command(MirrorActionType.ADD, List.of("b"), MirrorCommand.SEEDED).code()).isEqualTo(ExitCode.DONE);
        cluster.awaitInSync("a", "b");
        assertThat(resync().sentBytes() - sentBefore).isEqualTo(SimCluster.CHUNK);
        assertThat(target().equalBytes()).isEqualTo(7 * SimCluster.CHUNK);
        assertThat(resync().comparedBytes()).isGreaterThanOrEqualTo(8 * SimCluster.CHUNK);
        assertThat(target().resyncDoneBytes()).isEqualTo(target().resyncTotalBytes()).isEqualTo(SimCluster.SIZE);
        assertThat(target().percentDone()).isEqualTo(100);
        assertThat(cluster.box("a").log).anySatisfy(line -> assertThat(line).contains("resync of b took").contains("64 KiB sent")
                .contains("448 KiB equal already"));
    }

    @Test
    void shouldShowAndChangeTheSpeedLive() {
        assertThat(command(MirrorActionType.SPEED, List.of()).lines().get(0)).contains("19.5 MiB/s beside").contains("all that disk");
        CommandResult changed = command(MirrorActionType.SPEED, List.of(), MirrorCommand.MAX + (10 << 20));
        assertThat(changed.lines().get(0)).contains("never more than 10 MiB/s").contains("until the mirror is started anew");
        assertThat(resync().maxBytesPerSecond()).isEqualTo(10 << 20);
        assertThat(resync().minBytesPerSecond()).isEqualTo(10 << 20);
        assertThat(command(MirrorActionType.SPEED, List.of(), "max=5", "min=6").code()).isEqualTo(ExitCode.USAGE);
        assertThat(command(MirrorActionType.SPEED, List.of(), "max=fast").code()).isEqualTo(ExitCode.USAGE);
        assertThat(command(MirrorActionType.SPEED, List.of(), MirrorCommand.MAX + 0).code()).isEqualTo(ExitCode.DONE);
        assertThat(resync().maxBytesPerSecond()).isZero();
    }

    /** Nothing had gone over the data connection meanwhile, so nothing had shown that the node at its other end is another. */
    @Test
    void shouldConnectAnewToATargetThatLostPowerWhileItWasPaused() {
        cluster.must("a", MirrorActionType.PAUSE, "a", "b");
        cluster.write("a", 2, 99);
        cluster.crash("b", CrashMode.POWER_CUT);
        cluster.run(2_000);
        cluster.boot("b");
        cluster.run(2_000);
        cluster.must("a", MirrorActionType.RESUME, "a", "b");
        cluster.awaitInSync("a", "b");
        cluster.assertEqual("a", "b");
    }
}
