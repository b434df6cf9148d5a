/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.node;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.netraid.block.BlockCommand;
import org.netraid.replicator.control.ExitCode;
import org.netraid.replicator.control.MirrorActionType;
import org.netraid.replicator.state.Role;
import org.netraid.sim.SimDisk;

/** What happens to a target's memory of recent writes when the node changes its role meanwhile. */
class TargetRegionsTest {

    @Test
    void shouldCloseItsLogWhenTheNodeGoesInServiceThatWasBusyOpeningIt() {
        SimCluster cluster = new SimCluster(5, -1, "a", "b");
        cluster.bootAll();
        cluster.must("a", MirrorActionType.CREATE, null);
        cluster.awaitInSync("a", "b");
        SimDisk memory = cluster.box("b").regionDisk;
        assertThat(memory.openCount()).isEqualTo(1);
        cluster.kill("b");
        memory.fault().on(BlockCommand.READ).hang();
        cluster.boot("b");
        cluster.await("opening", () -> memory.hungCount() > 0);
        cluster.kill("a");
        assertThat(cluster.command("b", MirrorActionType.FORCE, null).code()).isEqualTo(ExitCode.BUSY);
        memory.clearFaults();
        cluster.await("in service", () -> cluster.command("b", MirrorActionType.FORCE, null).code() == ExitCode.DONE);
        assertThat(cluster.box("b").status().role()).isEqualTo(Role.SOURCE);
        cluster.await("closed", () -> memory.openCount() == 0);
    }
}
