/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.node;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.netraid.mirror.LocalErrorPolicy;
import org.netraid.replicator.config.SplitBrainSettings;
import org.netraid.replicator.config.SplitBrainSettings.Policy;
import org.netraid.replicator.config.UndoSettings;
import org.netraid.replicator.config.UpkeepSettings;
import org.netraid.replicator.config.VerifySettings;
import org.netraid.replicator.control.CommandResult;
import org.netraid.replicator.control.ExitCode;
import org.netraid.replicator.control.MirrorActionType;
import org.netraid.replicator.control.MirrorCommand;
import org.netraid.replicator.control.TargetState;
import org.netraid.block.BlockCommand;
import org.netraid.replicator.lost.LostHeader;
import org.netraid.replicator.lost.LostIndex;
import org.netraid.replicator.state.Role;
import org.netraid.sim.CrashMode;
import org.netraid.sim.SimDisk;
import org.netraid.sim.SimRandom;

/**
 * The end of a split brain: nothing is overwritten before it was saved, only what changed is sent, and a crash at any moment can be mended.
 */
class SplitBrainTest {

    private SimCluster cluster;

    private void settings(Policy policy, long maxSaved) {
        cluster.upkeep = new UpkeepSettings(VerifySettings.DEFAULT, UndoSettings.DEFAULT, LocalErrorPolicy.DETACH,
                new SplitBrainSettings(policy, maxSaved), "");
    }

    private void split(long seed, Policy policy, long maxSaved) {
        cluster = new SimCluster(seed, -1, "a", "b");
        settings(policy, maxSaved);
        cluster.bootAll();
        cluster.run(500);
        cluster.must("a", MirrorActionType.CREATE, null);
        cluster.awaitInSync("a", "b");
        cluster.run(2000);
        cluster.cut("a", "b");
        cluster.write("a", 2, 22);
        cluster.write("a", 5, 55);
        cluster.run(1000);
        cluster.must("b", MirrorActionType.START, null);
    }

    private CommandResult resolve(String on, String... options) {
        return cluster.command(on, TypedResolve.command(options));
    }

    private static final class TypedResolve {
        static MirrorCommand command(String... options) {
            return new MirrorCommand(SimCluster.TAG, MirrorActionType.RESOLVE, null, List.of(), false, false, false, List.of(options));
        }
    }

    private void heal() {
        cluster.network.healAll();
        cluster.awaitTarget("b", "a", TargetState.SPLIT_BRAIN);
        cluster.awaitTarget("a", "b", TargetState.SPLIT_BRAIN);
    }

    private int savedByte(String node, long chunk) {
        SimDisk file = cluster.box(node).lost.firstEntry().getValue();
        LostHeader header = LostHeader.decode(ByteBuffer.wrap(file.durableContent(0, LostHeader.BLOCK_BYTES)));
        assertThat(header).isNotNull();
        int indexBytes = (int) (LostHeader.dataAt(header.count()) - LostHeader.BLOCK_BYTES);
        List<LostIndex.Entry> entries = LostIndex.decode(header, ByteBuffer.wrap(file.durableContent(LostHeader.BLOCK_BYTES, indexBytes)));
        int index = 0;
        while (entries.get(index).chunk() != chunk) {
            index++;
        }
        byte[] content = file.durableContent(LostHeader.dataAt(header.count()) + (long) index * SimCluster.CHUNK, SimCluster.CHUNK);
        assertThat(LostHeader.crc(ByteBuffer.wrap(content))).isEqualTo(entries.get(index).crc());
        return content[0];
    }

    /** Found by a real scenario on a machine so busy that the nodes took half a minute to find each other: no rule, no way out was told. */
    @Test
    void shouldTellTheSplitBrainToANodeThatFindsTheOtherWhileItGoesInService() {
        split(11, Policy.DISCONNECT, 1 << 20);
        cluster.write("b", 9, 99);
        cluster.kill("a");
        cluster.boot("a");
        cluster.awaitBlocked("a", "D3");
        cluster.box("a").logDisk.fault().on(BlockCommand.WRITE).hang();
        SimCluster.Box a = cluster.box("a");
        List<String> shown = new ArrayList<>();
        a.loop.execute(() -> a.node.execute(MirrorCommand.of(SimCluster.TAG, MirrorActionType.FORCE, null),
                done -> shown.add(a.status().blockedReason())));
        cluster.await("a goes in service", () -> cluster.box("a").logDisk.hungCount() > 0);
        cluster.network.healAll();
        cluster.awaitTarget("b", "a", TargetState.SPLIT_BRAIN);
        cluster.box("a").logDisk.clearFaults();
        cluster.awaitBlocked("a", "D19");
        assertThat(cluster.story()).contains("b has gone in service meanwhile");
        assertThat(cluster.box("a").status().cure()).contains("split-brain");
        assertThat(shown).as("nothing has to be mended").hasSize(1).noneMatch(reason -> reason.contains("meanwhile"));
    }

    @Test
    void shouldSaveWhatOnlyTheVictimHasAndSendWhatChangedOnEitherSide() {
        split(1, Policy.DISCONNECT, 1 << 20);
        cluster.write("b", 9, 99);
        heal();
        CommandResult result = resolve("b");
        assertThat(result.code()).as("%s\n%s", result, cluster.story()).isEqualTo(ExitCode.DONE);
        cluster.awaitInSync("b", "a");
        cluster.assertEqual("a", "b");
        assertThat(cluster.chunk("a", 9)).isEqualTo(99);
        assertThat(cluster.chunk("a", 2)).isZero();
        assertThat(cluster.target("b", "a").resyncTotalBytes()).isEqualTo(3L * SimCluster.CHUNK);
        assertThat(savedByte("a", 2)).isEqualTo(22);
        assertThat(savedByte("a", 5)).isEqualTo(55);
    }

    @Test
    void shouldOverwriteNothingWhenThereIsMoreThanMayBeSaved() {
        split(1, Policy.DISCONNECT, SimCluster.CHUNK);
        cluster.write("b", 9, 99);
        heal();
        CommandResult result = resolve("b");
        assertThat(result.code()).isEqualTo(ExitCode.REFUSED);
        assertThat(result.lines().get(0)).contains("may save only 65536").contains("--do-not-save");
        cluster.run(2000);
        assertThat(cluster.chunk("a", 2)).isEqualTo(22);
        assertThat(resolve("b", MirrorCommand.DO_NOT_SAVE).code()).isEqualTo(ExitCode.DONE);
        cluster.awaitInSync("b", "a");
        cluster.assertEqual("a", "b");
        assertThat(cluster.box("a").lost).isEmpty();
    }

    @Test
    void shouldGiveUpByItselfOnlyACopyOutOfServiceWithoutChanges() {
        split(1, Policy.DISCARD_ZERO_CHANGES, 1 << 20);
        heal();
        cluster.run(2000);
        assertThat(cluster.target("a", "b").state()).isEqualTo(TargetState.SPLIT_BRAIN);
        cluster.must("b", MirrorActionType.STOP, null);
        cluster.awaitInSync("a", "b");
        cluster.assertEqual("a", "b");
        assertThat(cluster.chunk("b", 2)).isEqualTo(22);
        assertThat(cluster.box("b").lost).isEmpty();
    }

    @Test
    void shouldLeaveACopyWithChangesAloneWhenOnlyUnchangedOnesAreGivenUp() {
        split(1, Policy.DISCARD_ZERO_CHANGES, 1 << 20);
        cluster.write("b", 9, 99);
        heal();
        cluster.must("b", MirrorActionType.STOP, null);
        cluster.run(5000);
        assertThat(cluster.target("a", "b").state()).isEqualTo(TargetState.SPLIT_BRAIN);
        assertThat(cluster.chunk("b", 9)).isEqualTo(99);
    }

    @Test
    void shouldDoNothingByItselfUnlessToldTo() {
        split(1, Policy.DISCONNECT, 1 << 20);
        heal();
        cluster.must("b", MirrorActionType.STOP, null);
        cluster.run(5000);
        assertThat(cluster.target("a", "b").state()).isEqualTo(TargetState.SPLIT_BRAIN);
    }

    @Test
    void shouldNotResolveWhereThereIsNoSplitBrain() {
        cluster = new SimCluster(1, -1, "a", "b");
        cluster.bootAll();
        cluster.run(500);
        cluster.must("a", MirrorActionType.CREATE, null);
        cluster.awaitInSync("a", "b");
        assertThat(cluster.command("a", MirrorActionType.RESOLVE, "a", "b").code()).isEqualTo(ExitCode.REFUSED);
        assertThat(resolve("b", MirrorCommand.DISCARD_MY_DATA).code()).isEqualTo(ExitCode.REFUSED);
        assertThat(resolve("b").code()).isEqualTo(ExitCode.REFUSED);
        assertThat(cluster.command("a", MirrorActionType.SPLIT_BRAIN, null).lines().get(0)).contains("no split brain");
        assertThat(cluster.box("b").status().role()).isEqualTo(Role.TARGET);
    }

    /** Either side dies at a random moment of the resolution; the command is given again if it is still a split brain. */
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12})
    void shouldEndWholeWhicheverSideDiesInBetween(long seed) {
        split(seed, Policy.DISCONNECT, 8 << 20); // a crash makes it whole regions of 4 MiB
        SimRandom random = cluster.scheduler.random("test");
        cluster.write("b", 9, 99);
        cluster.write("b", 5, 50);
        heal();
        cluster.box("b").loop.execute(() -> cluster.box("b").node.execute(MirrorCommand.of(SimCluster.TAG, MirrorActionType.RESOLVE,
                "b", "a"), result -> { }));
        cluster.run(random.between(0, 120));
        String dies = random.nextInt(2) == 0 ? "a" : "b";
        cluster.crash(dies, CrashMode.values()[random.nextInt(3)]);
        cluster.run(1000);
        cluster.boot(dies);
        cluster.run(3000);
        if (cluster.box("b").status().role() != Role.SOURCE) {
            CommandResult forced = cluster.command("b", MirrorActionType.FORCE, null);
            assertThat(forced.code()).as("%s\n%s", forced, cluster.story()).isEqualTo(ExitCode.DONE);
        }
        cluster.run(2000);
        if (cluster.target("b", "a").state() == TargetState.SPLIT_BRAIN) {
            assertThat(cluster.chunk("a", 2)).as("not overwritten yet").isEqualTo(22);
            CommandResult again = cluster.command("b", MirrorActionType.RESOLVE, "b", "a");
            assertThat(again.code()).as("%s\n%s", again, cluster.story()).isEqualTo(ExitCode.DONE);
        }
        cluster.awaitInSync("b", "a");
        cluster.assertEqual("a", "b");
        assertThat(cluster.chunk("a", 9)).isEqualTo(99);
        assertThat(savedByte("a", 2)).isEqualTo(22);
        assertThat(savedByte("a", 5)).isEqualTo(55);
    }
}
