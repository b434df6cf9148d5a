/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.node;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.netraid.mirror.LegState;
import org.netraid.mirror.LocalErrorPolicy;
import org.netraid.replicator.config.ResyncSettings;
import org.netraid.replicator.config.SplitBrainSettings;
import org.netraid.replicator.config.UndoSettings;
import org.netraid.replicator.config.UpkeepSettings;
import org.netraid.replicator.config.VerifySettings;
import org.netraid.replicator.control.CommandResult;
import org.netraid.replicator.control.MirrorActionType;
import org.netraid.replicator.control.MirrorCommand;
import org.netraid.replicator.state.DiskState;
import org.netraid.replicator.state.Role;

/** Stories that {@code bin/model} has told once, with whole nodes. */
class ModelFindingsTest {

    private SimCluster cluster;

    private void inSync(String... names) {
        cluster = new SimCluster(names.length, -1, names);
        cluster.bootAll();
        cluster.run(500);
        cluster.must("a", MirrorActionType.CREATE, null);
        for (int i = 1; i < names.length; i++) {
            cluster.awaitInSync("a", names[i]);
        }
    }

    /** The write is on a's disk, and nowhere else, when a dies. */
    private void diesWithAWriteOfItsOwn(String other) {
        cluster.cut("a", other);
        int[] unheard = cluster.startWrite("a", 20, 5);
        cluster.run(50);
        assertThat(unheard[0]).as("the write is not acknowledged").isZero();
        assertThat(cluster.chunk("a", 20)).isEqualTo(5);
        cluster.kill("a");
        cluster.network.healAll();
    }

    /**
     * The command was kept in memory only, while what made the wait for the previous source end was durable: after a restart the previous
     * source counted as in sync, and had a chunk that nobody else had.
     */
    @Test
    void shouldSendEverythingToThePreviousSourceWhenTheNewOneIsRestartedAfterFullresync() {
        inSync("a", "b");
        diesWithAWriteOfItsOwn("b");
        cluster.await("b misses a", () -> cluster.box("b").status().sourceNode().isEmpty());
        cluster.must("b", MirrorActionType.START, null);
        cluster.must("b", MirrorActionType.FULLRESYNC, "b", "a");
        cluster.shutdown("b");
        cluster.boot("b");
        cluster.boot("a");
        cluster.awaitInSync("b", "a");
        cluster.assertEqual("a", "b");
        assertThat(cluster.chunk("a", 20)).isZero();
    }

    /** The source's record said "inconsistent" before the target's did, and so the target was not left behind when it missed a write. */
    @Test
    void shouldNotTakeATargetForWholeThatWasLostAtTheBeginningOfAFullResync() {
        inSync("a", "b", "c");
        cluster.cut("a", "c");
        cluster.must("a", MirrorActionType.FULLRESYNC, "a", "c");
        cluster.await("a misses c", () -> cluster.box("a").node.status().peers().stream()
                .anyMatch(peer -> peer.node().equals("c") && !peer.connected()));
        cluster.write("a", 7, 7);
        cluster.must("a", MirrorActionType.SWITCHOVER, "a", "b");
        cluster.network.healAll();
        cluster.awaitInSync("b", "a", "c");
        cluster.assertEqual("b", "c");
        assertThat(cluster.chunk("c", 7)).isEqualTo(7);
    }

    /** A node that died on its way into service left a generation behind in which nobody ever wrote, and that was a split brain. */
    @Test
    void shouldLeaveNoSplitBrainWhenTheNextSourceDiesOnItsWayIntoService() {
        int deaths = 0;
        for (int afterMs = 0; afterMs < 40; afterMs++) {
            inSync("a", "b");
            List<CommandResult> answer = new ArrayList<>();
            SimCluster.Box a = cluster.box("a");
            a.loop.execute(() -> a.node.execute(MirrorCommand.of(SimCluster.TAG, MirrorActionType.SWITCHOVER, null, "b"), answer::add));
            cluster.run(afterMs);
            if (cluster.box("b").status().role() == Role.SOURCE) {
                break;
            }
            deaths++;
            cluster.kill("b");
            cluster.await("the switchover has failed", () -> !answer.isEmpty());
            cluster.run(1_500);
            if (a.status().role() != Role.SOURCE) {
                cluster.must("a", MirrorActionType.START, null);
            }
            cluster.boot("b");
            cluster.awaitInSync("a", "b");
            cluster.assertEqual("a", "b");
        }
        assertThat(deaths).as("moments at which b died").isPositive();
    }

    /**
     * Row S1 with nothing that differs: the target was in sync for the mirror at once, and got writes of a generation that it had not
     * taken. Put in service by force, it did not know whose writes it had, and others counted as equal that lacked them.
     */
    @Test
    void shouldBindASurvivorToItsNewSourceBeforeItGetsAWrite() {
        inSync("a", "b", "c");
        cluster.run(5_000);
        cluster.kill("a");
        cluster.await("b misses a", () -> cluster.box("b").status().sourceNode().isEmpty());
        cluster.cut("b", "c");
        cluster.run(1_000);
        cluster.must("b", MirrorActionType.START, null);
        cluster.network.healAll();
        VolumeAgent b = cluster.box("b").node.agent(SimCluster.TAG);
        VolumeAgent c = cluster.box("c").node.agent(SimCluster.TAG);
        TargetConnection connection = b.source().targets().stream().filter(target -> target.node().equals("c")).findFirst().orElseThrow();
        for (int steps = 0; connection.legState() != LegState.IN_SYNC && steps < 1_000_000; steps++) {
            cluster.scheduler.step();
            if (connection.legState().replicates()) {
                assertThat(c.record().diskState() == DiskState.INCONSISTENT
                        || c.record().generations().current() == b.record().generations().current())
                        .as("c gets writes of b and has not taken its generation").isTrue();
            }
        }
        cluster.awaitInSync("b", "c");
        assertThat(cluster.story()).contains("S1: target c");
        assertThat(b.record().previousSource()).isEqualTo("a");
        cluster.assertEqual("b", "c");
    }

    /** a is killed while it resyncs b, which then is killed too. */
    private void bothDieInAResync(UndoSettings.Mode undo) {
        cluster = new SimCluster(7, -1, "a", "b");
        cluster.resync = new ResyncSettings(256 << 10, 256 << 10, 1);
        cluster.upkeep = new UpkeepSettings(VerifySettings.DEFAULT, new UndoSettings(undo, UndoSettings.DEFAULT.maxBytes()),
                LocalErrorPolicy.DETACH, SplitBrainSettings.DEFAULT, "");
        cluster.bootAll();
        cluster.run(500);
        cluster.must("a", MirrorActionType.CREATE, null);
        cluster.awaitInSync("a", "b");
        cluster.kill("b");
        for (int chunk = 0; chunk < 60; chunk++) {
            cluster.write("a", chunk, 3);
        }
        cluster.boot("b");
        cluster.await("the resync runs", () -> cluster.box("b").status().diskState() == DiskState.INCONSISTENT
                && cluster.target("a", "b").resyncSentBytes() > 0);
        cluster.kill("a");
        cluster.await("b misses a", () -> cluster.box("b").status().role() == Role.BLOCKED);
    }

    /** A copy that was being overwritten could not have been in service, before there was a roll-back. */
    @Test
    void shouldNotStartByItselfWhileACopyIsMissingWhoseResyncMayHaveBeenTakenBack() {
        bothDieInAResync(UndoSettings.Mode.ON);
        cluster.must("b", MirrorActionType.ROLLBACK, null);
        cluster.must("b", MirrorActionType.FORCE, null);
        cluster.write("b", 100, 9);
        cluster.kill("b");
        cluster.boot("a");
        cluster.await("a has waited", () -> cluster.box("a").has("data_corrupt"));
        cluster.awaitBlocked("a", "D3");
        assertThat(cluster.box("a").status().blockedReason()).contains("a resync over b had not ended");
        cluster.boot("b");
        cluster.awaitBlocked("a", "D19");
        assertThat(cluster.chunk("b", 100)).isEqualTo(9);
    }

    /** The other half: it waits for no more than it must. */
    @Test
    void shouldStartByItselfWhenTheMissingCopyWasOverwrittenWithNoWayBack() {
        bothDieInAResync(UndoSettings.Mode.OFF);
        cluster.kill("b");
        cluster.boot("a");
        cluster.await("a in service", () -> cluster.box("a").status().role() == Role.SOURCE);
        assertThat(cluster.story()).contains("D13: no other node can have been source since");
    }

    /** Nor must b be in service: it says what its copy is, and that is all that a has to know. */
    @Test
    void shouldStartByItselfWhenACopyAnswersWhoseResyncCouldBeTakenBack() {
        bothDieInAResync(UndoSettings.Mode.ON);
        cluster.kill("b");
        cluster.boot("a");
        cluster.await("a has waited", () -> cluster.box("a").has("data_corrupt"));
        cluster.boot("b");
        cluster.awaitInSync("a", "b");
        cluster.assertEqual("a", "b");
    }

    /** Only b's own log knew what a lacks of it, and that log ended when c got b's disk. */
    @Test
    void shouldSendEverythingFromAFormerSourceWhoseCopyWasTakenBack() {
        inSync("a", "b", "c");
        cluster.kill("a");
        cluster.await("b misses a", () -> cluster.box("b").status().sourceNode().isEmpty());
        cluster.must("b", MirrorActionType.START, null);
        cluster.awaitInSync("b", "c");
        cluster.cut("b", "c");
        cluster.write("b", 7, 7);
        cluster.kill("b");
        cluster.must("c", MirrorActionType.FORCE, null);
        cluster.network.healAll();
        cluster.boot("b");
        cluster.awaitBlocked("b", "D19");
        cluster.must("c", MirrorActionType.FULLRESYNC, "c", "b");
        cluster.await("c fills b", () -> cluster.box("b").status().diskState() == DiskState.INCONSISTENT);
        cluster.kill("c");
        cluster.await("b misses c", () -> cluster.box("b").status().role() == Role.BLOCKED);
        cluster.must("b", MirrorActionType.ROLLBACK, null);
        cluster.must("b", MirrorActionType.FORCE, null);
        assertThat(cluster.chunk("b", 7)).isEqualTo(7);
        cluster.boot("a");
        cluster.awaitInSync("b", "a");
        cluster.assertEqual("b", "a");
    }

    /** All that b knows of c is what a told it when it stopped in order. */
    @Test
    void shouldStartByItselfWithoutAMemberThatNeverJoined() {
        cluster = new SimCluster(8, -1, "a", "b", "c");
        cluster.boot("a");
        cluster.boot("b");
        cluster.run(500);
        cluster.must("a", MirrorActionType.CREATE, null);
        cluster.awaitInSync("a", "b");
        cluster.kill("a");
        cluster.boot("a");
        cluster.awaitInSync("a", "b");
        cluster.must("a", MirrorActionType.SWITCHOVER, "a", "b");
        cluster.awaitInSync("b", "a");
        cluster.kill("b");
        cluster.boot("b");
        cluster.awaitInSync("b", "a");
        cluster.assertEqual("a", "b");
    }
}
