/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.node;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.netraid.replicator.control.CommandResult;
import org.netraid.replicator.control.ExitCode;
import org.netraid.replicator.control.MirrorActionType;
import org.netraid.replicator.control.TargetState;
import org.netraid.replicator.state.Role;
import org.netraid.sim.SimDisk;

/** A plain NBD server as target: it can tell nothing of itself, so that the source's state folder has to. */
class ForeignTargetTest {

    private final SimCluster cluster = new SimCluster(5, -1, "a");
    private final SimDisk stor = cluster.addForeignTarget();

    private void awaitInSync() {
        cluster.awaitTarget("a", "stor", TargetState.IN_SYNC);
    }

    private void assertEqual() {
        assertThat(cluster.box("a").disk.equalContent(stor, 0, SimCluster.SIZE)).as(cluster.story()).isTrue();
    }

    @Test
    void shouldMirrorToItAndResyncPartiallyAfterItWasAway() {
        cluster.bootAll();
        cluster.must("a", MirrorActionType.CREATE, null);
        awaitInSync();
        cluster.write("a", 1, 1);
        assertEqual();
        cluster.network.kill("stor");
        cluster.write("a", 2, 2);
        cluster.startForeignTarget();
        cluster.run(100);
        awaitInSync();
        assertEqual();
        assertThat(cluster.target("a", "stor").resyncSentBytes()).isLessThan(4L * SimCluster.CHUNK);
    }

    @Test
    void shouldStartAgainWithoutAskingAnybodyWhenTheSourceCrashed() {
        cluster.bootAll();
        cluster.must("a", MirrorActionType.CREATE, null);
        awaitInSync();
        cluster.write("a", 1, 1);
        cluster.kill("a");
        cluster.boot("a");
        cluster.await("a in service", () -> cluster.box("a").status().role() == Role.SOURCE);
        awaitInSync();
        assertEqual();
        CommandResult refused = cluster.command("a", MirrorActionType.SWITCHOVER, null, "stor");
        assertThat(refused.code()).isEqualTo(ExitCode.REFUSED);
    }
}
