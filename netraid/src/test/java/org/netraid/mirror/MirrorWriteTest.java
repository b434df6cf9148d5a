/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.mirror;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.netraid.block.BlockCapability;
import org.netraid.block.BlockCommand;
import org.netraid.block.BlockError;
import org.netraid.block.BlockGeometry;
import org.netraid.block.BlockRequest;
import org.netraid.fault.FaultPoints;
import org.netraid.sim.SimRandom;

/** What happens to modifications while every copy works. */
class MirrorWriteTest {

    private static final long MIB = MirrorRig.MIB;

    @Test
    void shouldPutWriteOnEveryCopyBeforeItCompletes() {
        MirrorRig rig = new MirrorRig(1, 8 * MIB, 3).startEqual();
        MirrorRig.Io io = rig.finish(rig.write(4096, 8192, 7));
        assertThat(io.error).isEqualTo(BlockError.NONE);
        for (var target : rig.targets) {
            assertThat(target.content(4096, 8192)).containsOnly(7);
        }
        assertThat(rig.finish(rig.read(4096, 8192)).data.array()).containsOnly(7);
    }

    @Test
    void shouldNotCompleteInsideSubmit() {
        MirrorRig rig = new MirrorRig(1, 8 * MIB, 1).startEqual();
        List<MirrorRig.Io> all = List.of(rig.write(0, 0, 0), rig.write(9 * MIB, 512, 1), rig.flush(), rig.read(0, 0),
                rig.zero(BlockCommand.WRITE_ZEROES, 0, 0, 0), rig.write(0, 512, 1));
        assertThat(all).noneMatch(io -> io.done);
        rig.run();
        assertThat(all).allMatch(io -> io.done);
        assertThat(all.get(0).error).isEqualTo(BlockError.NONE);
        assertThat(all.get(1).error).isEqualTo(BlockError.ENOSPC);
        assertThat(all.get(1).detail).contains("r0").contains("9437184");
    }

    @Test
    void p32ShouldReachAllCopiesInOneOrderWhenWritesOverlap() {
        for (int seed = 0; seed < 20; seed++) {
            MirrorRig rig = new MirrorRig(seed, 4 * MIB, 3).startEqual();
            SimRandom random = new SimRandom(seed);
            List<MirrorRig.Io> all = new ArrayList<>();
            for (int i = 1; i <= 100; i++) {
                all.add(rig.write(random.nextInt(64) * 512L, 512 * (1 + random.nextInt(32)), i));
            }
            rig.run();
            assertThat(all).allMatch(MirrorRig.Io::isOk);
            rig.assertEqualCopies();
        }
    }

    @Test
    void shouldMakeCopiesDifferWhenRangeLocksAreSkipped() {
        boolean found = false;
        for (int seed = 0; seed < 20 && !found; seed++) {
            MirrorRig rig = new MirrorRig(seed, 4 * MIB, 3);
            rig.faults = FaultPoints.NONE;
            rig.faults = name -> name.equals("skip-range-lock");
            rig.startEqual();
            for (int i = 1; i <= 100; i++) {
                rig.write(0, 512 * (1 + i % 8), i);
            }
            rig.run();
            found = rig.targets.stream().anyMatch(target -> !rig.localDisk.equalContent(target, 0, rig.sizeBytes));
        }
        assertThat(found).as("the fault point shows").isTrue();
    }

    @Test
    void p16ShouldKeepCopiesEqualWhenApplicationScribblesOnItsBuffer() {
        MirrorRig rig = new MirrorRig(3, 4 * MIB, 3).startEqual();
        byte[] bytes = new byte[4096];
        Arrays.fill(bytes, (byte) 1);
        MirrorRig.Io io = rig.write(rig.mirror, 0, bytes, 0);
        while (!io.done) {
            bytes[0]++;
            bytes[4095]--;
            rig.scheduler.step();
        }
        rig.assertEqualCopies();
    }

    @Test
    void shouldSendStablePayloadWithoutCopyAndKeepItUntilAllLetGo() {
        MirrorRig rig = new MirrorRig(3, 4 * MIB, 2).startEqual();
        ByteBuffer inside = ByteBuffer.allocate(12288);
        Arrays.fill(inside.array(), (byte) 9);
        inside.limit(8192).position(4096);
        MirrorRig.Io io = rig.new Io();
        boolean[] done = {false};
        io.request.write(1024, inside, BlockRequest.STABLE_PAYLOAD, request -> done[0] = true);
        rig.mirror.submit(io.request);
        assertThat(rig.scheduler.runUntil(() -> done[0], MirrorRig.STEPS)).isTrue();
        assertThat(rig.targets.get(1).content(1024, 4096)).containsOnly(9);
        rig.assertEqualCopies();
    }

    @Test
    void shouldTurnTrimIntoZerosOnEveryCopy() {
        MirrorRig rig = new MirrorRig(4, 40 * MIB, 2).startEqual();
        rig.finish(rig.write(0, (int) MIB, 5));
        MirrorRig.Io io = rig.finish(rig.zero(BlockCommand.TRIM, 1000, 33 * MIB + 77, 0));
        assertThat(io.error).isEqualTo(BlockError.NONE);
        assertThat(rig.localDisk.content(0, 1000)).containsOnly(5);
        assertThat(rig.localDisk.content(1000, (int) MIB)).containsOnly(0);
        rig.assertEqualCopies();
    }

    @Test
    void shouldWriteZerosInSlicesWhenTargetCannotZero() {
        MirrorRig rig = new MirrorRig(5, 8 * MIB, 2, options -> options.withCapabilities(EnumSet.of(BlockCapability.FLUSH))
                .withGeometry(new BlockGeometry(8 * MIB, 1, 4096, 65536))).startEqual();
        rig.finish(rig.write(0, (int) (3 * MIB), 5));
        MirrorRig.Io io = rig.finish(rig.zero(BlockCommand.WRITE_ZEROES, 513, 2 * MIB, BlockRequest.FUA));
        assertThat(io.error).isEqualTo(BlockError.NONE);
        rig.assertEqualCopies();
        assertThat(rig.targets.get(0).durableContent(513, (int) (2 * MIB))).as("a flush follows where there is no FUA").containsOnly(0);
    }

    @Test
    void shouldFallBackToWrittenZerosWhenDeviceTakesItsPromiseBack() {
        MirrorRig rig = new MirrorRig(6, 8 * MIB, 2).startEqual();
        rig.finish(rig.write(0, (int) MIB, 5));
        rig.targets.get(0).fault().on(BlockCommand.WRITE_ZEROES).fail(BlockError.ENOTSUP);
        assertThat(rig.finish(rig.zero(BlockCommand.WRITE_ZEROES, 0, MIB, 0)).error).isEqualTo(BlockError.NONE);
        assertThat(rig.mirror.legState(0)).isEqualTo(LegState.IN_SYNC);
        rig.assertEqualCopies();
    }

    @Test
    void shouldPutFuaWriteOnStableStorageOfEveryCopy() {
        MirrorRig rig = new MirrorRig(7, 8 * MIB, 2).startEqual();
        rig.finish(rig.write(rig.mirror, 0, 4096, 3, BlockRequest.FUA));
        assertThat(rig.localDisk.durableContent(0, 4096)).containsOnly(3);
        assertThat(rig.targets.get(1).durableContent(0, 4096)).containsOnly(3);
    }

    @Test
    void shouldLetRequestsWaitWhenMemoryAndRequestsRunOut() {
        MirrorRig rig = new MirrorRig(8, 8 * MIB, 2);
        rig.config = rig.config.withRequests(4, 1000).withMemory(8192, 65536);
        rig.startEqual();
        List<MirrorRig.Io> all = new ArrayList<>();
        for (int i = 0; i < 200; i++) {
            all.add(i % 10 == 9 ? rig.flush() : rig.write(i * 4096L % (4 * MIB), i % 50 == 0 ? 65536 : 4096, i));
        }
        assertThat(rig.mirror.snapshot().requestsInWork()).isEqualTo(4);
        rig.run();
        assertThat(all).allMatch(MirrorRig.Io::isOk);
        rig.assertEqualCopies();
    }

    @Test
    void shouldRefuseWithMemoryErrorWhenQueueIsFull() {
        MirrorRig rig = new MirrorRig(8, 8 * MIB, 1);
        rig.config = rig.config.withRequests(1, 1);
        rig.startEqual();
        rig.write(0, 512, 1);
        rig.write(512, 512, 1);
        MirrorRig.Io third = rig.finish(rig.write(1024, 512, 1));
        assertThat(third.error).isEqualTo(BlockError.ENOMEM);
    }

    @Test
    void shouldGoOnWhenIntentLogHasFewerExtentsThanTheWorkloadTouches() {
        MirrorRig rig = new MirrorRig(9, 64 * MIB, 1);
        rig.alSlots = 2;
        rig.startEqual();
        List<MirrorRig.Io> all = new ArrayList<>();
        for (int i = 0; i < 64; i++) {
            all.add(rig.write(i % 16 * 4 * MIB + i * 512L, 512, i + 1));
        }
        long start = rig.scheduler.nanoTime();
        rig.run();
        assertThat(all).allMatch(MirrorRig.Io::isOk);
        rig.assertEqualCopies();
        assertThat(all.stream().mapToLong(io -> io.doneNs).max().orElse(0) - start).as("without waiting for the flush timer each time")
                .isLessThan(2_000_000_000L);
    }

    @Test
    void shouldFlushByItselfAndLetExtentsCool() {
        MirrorRig rig = new MirrorRig(10, 8 * MIB, 1).startEqual();
        rig.finish(rig.write(0, 4096, 1));
        assertThat(rig.log.wantsFlush()).isTrue();
        rig.run();
        assertThat(rig.log.wantsFlush()).isFalse();
        assertThat(rig.targets.get(0).durableContent(0, 4096)).containsOnly(1);
    }
}
