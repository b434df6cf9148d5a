/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.mirror;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.EnumSet;
import org.junit.jupiter.api.Test;
import org.netraid.block.BlockCapability;
import org.netraid.block.BlockCommand;
import org.netraid.block.BlockError;
import org.netraid.block.BlockGeometry;
import org.netraid.block.BlockRequest;
import org.netraid.block.ExtentList;
import org.netraid.intentlog.SlotState;
import org.netraid.sim.SimDisk;
import org.netraid.sim.SimDiskOptions;

/** Who may be a target, and the mirror's own life. */
class MirrorMembersTest {

    private static final long MIB = MirrorRig.MIB;

    @Test
    void shouldRefuseTheEighthTarget() {
        assertThatThrownBy(() -> new LegConfig(7, "sophocles", "s7")).hasMessageContaining("at most 7 targets");
        MirrorRig rig = new MirrorRig(1, MIB, 7).startEqual();
        assertThat(rig.mirror.addLeg(new LegConfig(6, "sophocles", "s8"))).hasValueSatisfying(
                why -> assertThat(why).contains("sophocles").contains("slot 6 is taken by node6"));
    }

    @Test
    void shouldRefuseASecondTargetOnOneSystemAndOneOnTheSource() {
        MirrorRig rig = new MirrorRig(1, MIB, 1).startEqual();
        assertThat(rig.mirror.addLeg(new LegConfig(1, "other", "system0"))).hasValueSatisfying(
                why -> assertThat(why).contains("already holds the target node0"));
        assertThat(rig.mirror.addLeg(new LegConfig(1, "other", "source-system"))).hasValueSatisfying(
                why -> assertThat(why).contains("is the source's own"));
        assertThat(rig.log.slotState(1)).isEqualTo(SlotState.UNUSED);
    }

    @Test
    void shouldRefuseDevicesThatDoNotFitWithTheNumbers() {
        MirrorRig rig = new MirrorRig(1, 8 * MIB, 1).startEqual();
        rig.mirror.legLost(0, "test");
        assertThat(connect(rig, SimDiskOptions.ofSize(8 * MIB - 512))).contains("8388096").contains("8388608");
        assertThat(connect(rig, SimDiskOptions.ofSize(8 * MIB).withGeometry(new BlockGeometry(8 * MIB, 4096, 4096, 1 << 20))))
                .contains("blocks of 4096").contains("created with 1");
        assertThat(connect(rig, SimDiskOptions.ofSize(8 * MIB).withCapabilities(EnumSet.of(BlockCapability.READ_ONLY))))
                .contains("read-only");
        assertThat(connect(rig, SimDiskOptions.ofSize(9 * MIB))).as("larger is fine").isEmpty();
        assertThat(connect(rig, SimDiskOptions.ofSize(8 * MIB))).contains("connected already");
    }

    private static String connect(MirrorRig rig, SimDiskOptions options) {
        SimDisk disk = new SimDisk(rig.scheduler, "candidate", options);
        return rig.mirror.connectLeg(0, disk.attach(rig.loop), TargetCopy.foreign(true)).orElse("");
    }

    @Test
    void shouldServeWholeBlocksOnlyAndRoundTheSizeDown() {
        MirrorRig rig = new MirrorRig(1, MIB - 412, 0);
        rig.config = rig.config.withMinBlockBytes(512).withSizeBytes(0);
        rig.boot(true);
        rig.makeMirror();
        assertThat(rig.mirror.geometry().sizeBytes()).isEqualTo(MIB - 512);
        assertThat(rig.finish(rig.write(100, 512, 1)).error).isEqualTo(BlockError.EINVAL);
        assertThat(rig.finish(rig.write(MIB - 1024, 512, 1)).error).isEqualTo(BlockError.NONE);
        MirrorRig.Io fast = rig.zero(BlockCommand.WRITE_ZEROES, 0, 512, BlockRequest.FAST_ZERO);
        assertThat(rig.finish(fast).error).isEqualTo(BlockError.ENOTSUP);
    }

    @Test
    void shouldRefuseDiskAndLogThatDoNotFitTheConfiguration() {
        MirrorRig rig = new MirrorRig(1, MIB, 0);
        rig.boot(true);
        rig.config = rig.config.withSizeBytes(2 * MIB);
        assertThatThrownBy(rig::makeMirror).hasMessageContaining("it has 1048576 bytes, the mirror 2097152");
        rig.config = rig.config.withSizeBytes(MIB / 2);
        assertThatThrownBy(rig::makeMirror).hasMessageContaining("has 8 chunks").hasMessageContaining("its intent log 16");
    }

    @Test
    void shouldNeedAFullResyncForANewTarget() {
        MirrorRig rig = new MirrorRig(1, MIB, 1);
        rig.boot(true);
        rig.makeMirror();
        rig.finish(rig.write(0, 512, 1));
        rig.addLeg(0);
        assertThat(rig.log.slotState(0)).isEqualTo(SlotState.FULL_RESYNC);
        assertThat(rig.log.dirtyChunks(0)).isEqualTo(16);
        rig.connect(0);
        assertThat(rig.mirror.legState(0)).isEqualTo(LegState.CONNECTED);
        assertThat(rig.finish(rig.write(4096, 512, 1)).error).isEqualTo(BlockError.NONE);
        assertThat(rig.targets.get(0).content(4096, 512)).as("not before it is marked").containsOnly(0);
        assertThat(rig.events).containsExactly("connected 0 dirty");
    }

    @Test
    void shouldForgetARemovedTargetAndCountANewOneInWhileWritesAreUnderWay() {
        MirrorRig rig = new MirrorRig(1, 8 * MIB, 2).startEqual();
        MirrorRig.Io one = rig.write(0, 4096, 1);
        rig.scheduler.runUntil(() -> rig.targets.get(1).inFlightCount() > 0, MirrorRig.STEPS);
        assertThat(rig.mirror.removeLeg(1, (error, detail) -> rig.events.add("removed " + error))).isEmpty();
        assertThat(rig.mirror.addLeg(new LegConfig(2, "new", "new-system"))).isEmpty();
        rig.finish(one);
        rig.run();
        assertThat(one.isOk()).isTrue();
        assertThat(rig.events).contains("removed NONE");
        assertThat(rig.log.slotState(1)).isEqualTo(SlotState.UNUSED);
        assertThat(rig.mirror.snapshot().legs()).extracting(LegSnapshot::nodeName).containsExactly("node0", "new");
        assertThat(rig.mirror.removeLeg(5, (error, detail) -> { })).isPresent();
    }

    @Test
    void shouldHoldWritesBackWhileSuspendedAndServeReads() {
        MirrorRig rig = new MirrorRig(2, 8 * MIB, 1).startEqual();
        MirrorRig.Io before = rig.write(0, 4096, 1);
        rig.mirror.suspend(IoReason.OPERATOR, "test", (error, detail) -> rig.events.add("drained " + error));
        MirrorRig.Io held = rig.write(0, 4096, 2);
        MirrorRig.Io read = rig.read(4096, 512);
        rig.run();
        assertThat(before.isOk()).isTrue();
        assertThat(read.isOk()).isTrue();
        assertThat(held.done).isFalse();
        assertThat(rig.events).contains("drained NONE");
        assertThat(rig.targets.get(0).durableContent(0, 4096)).as("drained means flushed").containsOnly(1);
        assertThat(rig.mirror.snapshot().requestsQueued()).isEqualTo(1);
        rig.mirror.resume(IoReason.OPERATOR);
        rig.run();
        assertThat(held.isOk()).isTrue();
        rig.assertEqualCopies();
    }

    @Test
    void shouldEndWhatIsInWorkAndRefuseTheRestWhenClosed() {
        MirrorRig rig = new MirrorRig(3, 8 * MIB, 2).startEqual();
        MirrorRig.Io inWork = rig.write(0, 4096, 1);
        rig.mirror.close(() -> rig.events.add("closed"));
        MirrorRig.Io late = rig.write(0, 4096, 2);
        rig.run();
        assertThat(inWork.isOk()).isTrue();
        assertThat(late.error).isEqualTo(BlockError.ESHUTDOWN);
        assertThat(rig.events).contains("closed");
        rig.assertEqualCopies();
    }

    @Test
    void shouldEndHeldRequestsWhenClosedWhileSuspended() {
        MirrorRig rig = new MirrorRig(4, 8 * MIB, 1).startEqual();
        rig.mirror.suspend(IoReason.OPERATOR, "test", (error, detail) -> { });
        MirrorRig.Io held = rig.write(0, 4096, 2);
        rig.run();
        rig.mirror.close(() -> rig.events.add("closed"));
        rig.run();
        assertThat(held.error).isEqualTo(BlockError.ESHUTDOWN);
        assertThat(rig.events).contains("closed");
        assertThat(rig.log.slotState(0)).as("closing makes nobody stale").isEqualTo(SlotState.TRACKING);
    }

    /** Found by the cluster simulator (seed 20076): the resync had begun while a crash would still have found the target in sync. */
    @Test
    void shouldNotResyncATargetBeforeTheLogKnowsDurablyThatItIsOutOfSync() {
        MirrorRig rig = new MirrorRig(9, 8 * MIB, 1).startEqual();
        rig.logDisk.fault().hang();
        assertThat(rig.mirror.fullResync(0)).isEmpty();
        rig.mirror.legLost(0, "cable pulled");
        assertThat(rig.connect(0)).isEmpty();
        rig.events.clear();
        rig.scheduler.runFor(1_000_000_000);
        assertThat(rig.events).as("not offered for a resync yet").isEmpty();
        rig.logDisk.clearFaults();
        rig.run();
        assertThat(rig.events).containsExactly("connected 0 dirty");
        assertThat(rig.log.slotState(0)).isEqualTo(SlotState.FULL_RESYNC);
    }

    @Test
    void shouldShowLagAndCountsInTheSnapshot() {
        MirrorRig rig = new MirrorRig(5, 8 * MIB, 1).startEqual();
        rig.targets.get(0).fault().hang();
        rig.write(0, 4096, 1);
        rig.scheduler.runFor(150_000_000);
        LegSnapshot leg = rig.mirror.snapshot().legs().get(0);
        assertThat(leg.state().words()).isEqualTo("in sync");
        assertThat(leg.commandsInFlight()).isEqualTo(1);
        assertThat(leg.lagBytes()).isEqualTo(4096);
        assertThat(leg.lagNs()).isGreaterThan(100_000_000);
        rig.targets.get(0).clearFaults();
        rig.run();
        assertThat(rig.mirror.snapshot().legs().get(0).bytesWritten()).isEqualTo(4096);
        assertThat(rig.mirror.snapshot().bytesWritten()).isEqualTo(4096);
    }

    @Test
    void shouldTellHolesFromItsOwnDiskOnly() {
        MirrorRig rig = new MirrorRig(1, MIB, 1).startEqual();
        assertThat(rig.mirror.can(BlockCapability.EXTENTS)).isTrue();
        rig.finish(rig.write(65536, 4096, 1));
        ExtentList list = new ExtentList(10);
        boolean[] done = {false};
        long asked = rig.targets.get(0).extents();
        rig.mirror.submit(new BlockRequest().extents(0, MIB, 0, list, ended -> done[0] = !ended.error().isError()));
        assertThat(rig.scheduler.runUntil(() -> done[0], 10_000)).isTrue();
        assertThat(list).hasToString("65536:3 4096:0 978944:3");
        assertThat(rig.targets.get(0).extents()).isEqualTo(asked);
    }
}
