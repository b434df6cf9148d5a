/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.node;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.netraid.replicator.config.DaemonSettings;
import org.netraid.replicator.config.HookSettings;
import org.netraid.replicator.config.ResyncSettings;
import org.netraid.replicator.control.MirrorActionType;
import org.netraid.replicator.control.TargetState;
import org.netraid.replicator.state.DiskState;

class HookNodeTest {

    private SimCluster cluster;

    @BeforeEach
    void begin() {
        cluster = new SimCluster(1, -1, "a", "b");
        cluster.bootAll();
        cluster.run(1000);
        cluster.must("a", MirrorActionType.CREATE, null);
        cluster.awaitInSync("a", "b");
        cluster.hookCalls.clear();
        cluster.kill("b");
        cluster.write("a", 1, 5);
    }

    @Test
    void shouldCallTheHooksBeforeAndAfterAResyncOnce() {
        cluster.boot("b");
        cluster.awaitInSync("a", "b");
        cluster.run(100);
        assertThat(cluster.hookCalls).containsExactly("before-resync-target on b for a", "after-resync-target on b for a");
    }

    @Test
    void shouldWaitForAHookThatTakesLongerThanTheRequest() {
        cluster.hookNs = 20_000_000_000L;
        cluster.boot("b");
        cluster.run(15_000);
        assertThat(cluster.box("b").status().diskState()).isNotEqualTo(DiskState.INCONSISTENT);
        assertThat(cluster.chunk("b", 1)).isZero();
        cluster.awaitInSync("a", "b");
        assertThat(cluster.hookCalls).containsOnlyOnce("before-resync-target on b for a");
    }

    @Test
    void shouldStopTheResyncWhenTheHookBeforeItFails() {
        cluster.failingHooks.put(HookRunner.BEFORE_RESYNC_TARGET, "hook before-resync-target ended with status 3: no room for a snapshot");
        cluster.boot("b");
        cluster.awaitTarget("a", "b", TargetState.PAUSED);
        cluster.run(5000);
        assertThat(cluster.hookCalls).containsExactly("before-resync-target on b for a");
        assertThat(cluster.chunk("b", 1)).as("nothing was overwritten").isZero();
        assertThat(cluster.box("b").status().diskState()).isNotEqualTo(DiskState.INCONSISTENT);
        assertThat(cluster.target("a", "b").lastError()).contains("no room for a snapshot");
        assertThat(cluster.box("a").log).anySatisfy(line -> assertThat(line).contains("no room for a snapshot").contains("resume a b"));
        cluster.failingHooks.clear();
        cluster.must("a", MirrorActionType.RESUME, "a", "b");
        cluster.awaitInSync("a", "b");
        cluster.assertEqual("a", "b");
    }

    @Test
    void shouldTellOfDifferencesThatAVerifyHasFound() {
        cluster.boot("b");
        cluster.awaitInSync("a", "b");
        cluster.box("b").disk.rot(99, 1);
        cluster.must("a", MirrorActionType.VERIFY, null);
        cluster.await("the hook", () -> cluster.hookCalls.contains("out-of-sync on a for b"));
    }

    @Test
    void shouldResyncOneTargetAfterTheOtherWhenSoConfigured() {
        cluster = new SimCluster(2, -1, "a", "b", "c");
        cluster.daemon = new DaemonSettings(1, HookSettings.NONE);
        cluster.resync = new ResyncSettings(4 << 20, 0, 16);
        cluster.bootAll();
        cluster.run(1000);
        cluster.must("a", MirrorActionType.CREATE, null);
        cluster.awaitInSync("a", "b", "c");
        cluster.kill("b");
        cluster.kill("c");
        for (int chunk = 0; chunk < 40; chunk++) {
            cluster.write("a", chunk, 5);
        }
        cluster.boot("b");
        cluster.boot("c");
        boolean[] waited = {false};
        cluster.await("both are in sync", () -> {
            long resyncing = cluster.box("a").status().targets().stream().filter(target -> target.state() == TargetState.RESYNCING).count();
            assertThat(resyncing).isLessThan(2);
            waited[0] |= cluster.box("a").status().targets().stream()
                    .anyMatch(target -> target.waitsFor().equals("resync of data (at most 1 at a time)"));
            return cluster.box("a").status().targets().stream().allMatch(target -> target.state() == TargetState.IN_SYNC);
        });
        assertThat(waited[0]).isTrue();
        cluster.assertEqual("a", "b");
        cluster.assertEqual("a", "c");
    }
}
