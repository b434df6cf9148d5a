/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.resync;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.netraid.block.BlockCommand;
import org.netraid.fault.FaultPoints;
import org.netraid.mirror.LegState;
import org.netraid.mirror.MirrorRig;
import org.netraid.mirror.QueueLimit;
import org.netraid.mirror.TargetCopy;
import org.netraid.sim.CrashMode;
import org.netraid.sim.SimDisk;
import org.netraid.sim.SimRandom;

/** The link takes less than the application writes, and the application is not to wait (pull-ahead): the resync ends all the same. */
class MultiPassTest {

    private static final long MIB = MirrorRig.MIB;
    private static final long MS = 1_000_000L;
    private static final long SECOND_NS = 1_000 * MS;
    private static final int WRITE_BYTES = 16 << 10;

    private ResyncRig r;
    private final Map<MirrorRig.Io, Long> startedNs = new HashMap<>();
    private List<MirrorRig.Io> open = new ArrayList<>();

    /** In sync, protocol A; then the target is gone for a while, during which the first half of the device is written. */
    private void begin(long seed, long sizeBytes, long linkBytesPerSecond) {
        begin(seed, sizeBytes, linkBytesPerSecond, 0, sizeBytes / 2, FaultPoints.NONE);
    }

    private void begin(long seed, long sizeBytes, long linkBytesPerSecond, long missedFrom, long missedBytes, FaultPoints faults) {
        MirrorRig rig = new MirrorRig(seed, sizeBytes, 1);
        rig.protocols = "A";
        rig.faults = faults;
        rig.queueLimit = new QueueLimit(256 << 10, 0, QueueLimit.WhenFull.PULL_AHEAD);
        r = new ResyncRig(rig).startEqual();
        rig.mirror.legLost(0, "test");
        rig.finish(rig.write(missedFrom, (int) missedBytes, 1));
        rig.targets.get(0).throttleWrites(linkBytesPerSecond);
        rig.events.clear();
        r.connect(0);
    }

    /** Every millisecond a write to a random place of the first part of the device, unless 64 are waiting. @return the longest took */
    private long writeUntilInSync(long bytesUsed, long everyNs, long atMostNs) {
        SimRandom random = new SimRandom(7);
        long endNs = r.rig.scheduler.nanoTime() + atMostNs;
        long longestNs = 0;
        while (r.rig.mirror.legState(0) != LegState.IN_SYNC && r.rig.scheduler.nanoTime() < endNs) {
            if (open.size() < 64) {
                MirrorRig.Io io = r.rig.write((long) random.nextInt((int) (bytesUsed / WRITE_BYTES)) * WRITE_BYTES, WRITE_BYTES,
                        1 + random.nextInt(200));
                startedNs.put(io, r.rig.scheduler.nanoTime());
                open.add(io);
            }
            r.rig.scheduler.runFor(everyNs);
            for (MirrorRig.Io io : new ArrayList<>(open)) {
                if (io.done) {
                    longestNs = Math.max(longestNs, io.doneNs - startedNs.get(io));
                    open.remove(io);
                }
            }
        }
        return longestNs;
    }

    private void assertEqualInTheEnd() {
        r.rig.targets.get(0).throttleWrites(0);
        r.rig.run();
        r.assertInSyncAndEqual();
        assertThat(open).allMatch(io -> io.done && io.isOk());
    }

    @Test
    void shouldGetInSyncWhenTheApplicationWritesAllOfTheDeviceFasterThanTheLinkTakesIt() {
        begin(1, 6 * MIB, 4 * MIB);
        writeUntilInSync(6 * MIB, MS, 60 * SECOND_NS); // 16 MiB/s
        assertThat(r.rig.mirror.legState(0)).as("%s", r.manager.progress(0)).isEqualTo(LegState.IN_SYNC);
        assertThat(r.rig.events).doesNotContain("ahead 0", "lost 0");
        assertThat(r.progress(0).passes()).as("two in vain, and the last one").isGreaterThanOrEqualTo(3);
        assertEqualInTheEnd();
    }

    @Test
    void shouldSendWhatIsWrittenAgainAndAgainOncePerPassAndHoldTheApplicationOnlyForAMoment() {
        begin(2, 32 * MIB, 8 * MIB);
        // 16 MiB/s, but all of it to one MiB: after a pass or two that is all there is left
        long longestNs = writeUntilInSync(MIB, MS, 60 * SECOND_NS);
        assertThat(r.rig.mirror.legState(0)).as("%s", r.manager.progress(0)).isEqualTo(LegState.IN_SYNC);
        assertThat(r.rig.events).doesNotContain("ahead 0");
        ResyncProgress progress = r.progress(0);
        assertThat(progress.passes()).isBetween(2, 5);
        assertThat(progress.bytesSent()).as("16 MiB were missed").isLessThan(22 * MIB);
        assertThat(longestNs).isLessThan(SECOND_NS);
        assertEqualInTheEnd();
    }

    /** Found by bin/sim: a target that the log did not have as stale was taken out of it by the first write that it missed. */
    @Test
    void shouldEndAfterACrashOfTheSourceThatLeftTheTargetOnlyHotExtents() {
        MirrorRig rig = new MirrorRig(5, 6 * MIB, 1);
        rig.protocols = "A";
        rig.queueLimit = new QueueLimit(256 << 10, 0, QueueLimit.WhenFull.PULL_AHEAD);
        r = new ResyncRig(rig).startEqual();
        rig.finish(rig.write(0, WRITE_BYTES, 1));
        rig.finish(rig.write(4 * MIB, WRITE_BYTES, 1));
        rig.crashSource(CrashMode.PROCESS_KILL);
        rig.targets.get(0).throttleWrites(4 * MIB);
        r.restartSource();
        // no write before: the first one that the target misses goes past it
        assertThat(rig.scheduler.runUntil(() -> rig.mirror.legState(0) == LegState.RESYNCING, MirrorRig.STEPS)).isTrue();
        writeUntilInSync(6 * MIB, MS, 20 * SECOND_NS);
        assertThat(rig.mirror.legState(0)).as("%s", r.manager.progress(0)).isEqualTo(LegState.IN_SYNC);
        assertEqualInTheEnd();
    }

    @Test
    void shouldSayWhatThePassesWaitFor() {
        begin(3, 6 * MIB, 4 * MIB);
        List<String> said = new ArrayList<>();
        for (int i = 0; i < 400 && r.rig.mirror.legState(0) != LegState.IN_SYNC; i++) {
            writeUntilInSync(6 * MIB, MS, 50 * MS);
            String waitsFor = r.progress(0).waitsFor();
            if (!waitsFor.isEmpty() && !said.contains(waitsFor)) {
                said.add(waitsFor);
            }
        }
        assertThat(said).anyMatch(text -> text.contains("left for the next pass")).anyMatch(text -> text.contains("writes wait"));
        assertEqualInTheEnd();
    }

    @Test
    void shouldEndEqualWhateverIsLostDuringThePasses() {
        for (int seed = 0; seed < 4; seed++) {
            assertThat(differs(seed)).as("seed %d", seed).isFalse();
        }
    }

    @Test
    void shouldNotLetACopyOvertakeWhatIsQueued() {
        assertThat(overtakes(FaultPoints.NONE)).isFalse();
        assertThat(overtakes("copy-past-queue"::equals)).as("the check sees it").isTrue();
    }

    /** The last write that fits into the queue and the first that goes past the target have the same place. */
    private boolean overtakes(FaultPoints faults) {
        // slow enough that the queue is not empty yet when the resync has been silent for the application and goes on
        begin(4, 16 * MIB, MIB / 4, 8 * MIB, MIB, faults);
        long place = 9 * MIB;
        assertThat(r.rig.scheduler.runUntil(() -> r.rig.mirror.legState(0) == LegState.RESYNCING, MirrorRig.STEPS)).isTrue();
        for (int i = 0; i < 24; i++) {
            r.rig.finish(r.rig.write(i == 13 ? place : 12 * MIB + (long) i * WRITE_BYTES, WRITE_BYTES, 50));
        }
        r.rig.scheduler.runFor(MS);
        assertThat(r.progress(0).waitsFor()).contains(faults.isArmed("copy-past-queue") ? "the next pass" : "what is queued for it");
        r.rig.finish(r.rig.write(place, WRITE_BYTES, 60));
        r.rig.scheduler.runUntil(() -> r.rig.mirror.legState(0) == LegState.IN_SYNC, MirrorRig.STEPS);
        r.rig.run();
        assertThat(r.rig.mirror.legState(0)).isEqualTo(LegState.IN_SYNC);
        return !r.rig.localDisk.equalContent(r.rig.targets.get(0), 0, 16 * MIB);
    }

    /** Found by bin/sim: the copy was chosen while every write still went through the queue, and began when they went past it. */
    @Test
    void shouldNotLetACopyThatWaitedForItsRangeOvertakeWhatIsQueued() {
        MirrorRig rig = new MirrorRig(6, 16 * MIB, 1);
        rig.protocols = "A";
        rig.queueLimit = new QueueLimit(256 << 10, 0, QueueLimit.WhenFull.PULL_AHEAD);
        r = new ResyncRig(rig);
        r.config = new ResyncConfig(1, ResyncRig.CHUNK, 0, 20_000L << 10);
        r.startEqual();
        rig.mirror.legLost(0, "test");
        long place = 4 * MIB - ResyncRig.CHUNK;
        rig.finish(rig.write(0, 512 << 10, 1));
        rig.finish(rig.write(place, ResyncRig.CHUNK, 1));
        SimDisk target = rig.targets.get(0);
        // the resync does not come to that chunk yet
        rig.localDisk.fault().on(BlockCommand.READ, BlockCommand.CHECKSUM).area(0, 512 << 10).hang();
        target.fault().on(BlockCommand.WRITE).area(place, ResyncRig.CHUNK).once().hang();
        r.connect(0);
        assertThat(rig.scheduler.runUntil(() -> rig.localDisk.hungCount() > 0, MirrorRig.STEPS)).isTrue();
        rig.finish(rig.write(place, ResyncRig.CHUNK, 2));
        assertThat(rig.scheduler.runUntil(() -> target.hungCount() == 1, MirrorRig.STEPS)).as("it is queued").isTrue();
        // this one holds the range while it waits for the log, which does not know what comes behind the chunk
        rig.logDisk.fault().hang();
        MirrorRig.Io last = rig.write(place, 2 * ResyncRig.CHUNK, 3);
        assertThat(rig.scheduler.runUntil(() -> rig.logDisk.hungCount() > 0, MirrorRig.STEPS)).isTrue();
        rig.localDisk.clearFaults();
        rig.scheduler.runFor(20 * MS);
        for (int i = 0; i < 24 && !rig.mirror.resyncPort().skipsWrites(0); i++) {
            rig.write(MIB + (long) i * WRITE_BYTES, WRITE_BYTES, 50);
            rig.scheduler.runFor(MS);
        }
        assertThat(rig.mirror.resyncPort().skipsWrites(0)).isTrue();
        rig.logDisk.clearFaults();
        rig.finish(last);
        rig.scheduler.runFor(20 * MS);
        assertThat(target.content(place, 1)[0]).as("what is queued comes first").isNotEqualTo((byte) 3);
        target.clearFaults();
        rig.run();
        r.assertInSyncAndEqual();
    }

    /** Found by bin/sim: the last pass began while the queue from before was not empty. */
    @Test
    void shouldNotLetACopyOfTheLastPassOvertakeWhatWasQueuedBeforeWritesWentPast() {
        MirrorRig rig = new MirrorRig(7, 16 * MIB, 1);
        rig.protocols = "A";
        rig.queueLimit = new QueueLimit(256 << 10, 0, QueueLimit.WhenFull.PULL_AHEAD);
        r = new ResyncRig(rig).startEqual();
        rig.mirror.legLost(0, "test");
        rig.finish(rig.write(0, 1 << 20, 1));
        SimDisk target = rig.targets.get(0);
        long place = 8 * MIB;
        rig.localDisk.fault().on(BlockCommand.FLUSH).hang();
        r.connect(0);
        assertThat(rig.scheduler.runUntil(() -> r.manager.progress(0).filter(now -> now.phase() == ResyncPhase.SETTLING).isPresent()
                && rig.localDisk.hungCount() > 0, MirrorRig.STEPS)).isTrue();
        target.fault().on(BlockCommand.WRITE).area(place, WRITE_BYTES).once().hang();
        rig.finish(rig.write(place, WRITE_BYTES, 2));
        for (int i = 0; i < 24 && !rig.mirror.resyncPort().skipsWrites(0); i++) {
            rig.write(MIB + (long) i * WRITE_BYTES, WRITE_BYTES, 50);
            rig.scheduler.runFor(MS);
        }
        assertThat(rig.mirror.resyncPort().skipsWrites(0)).isTrue();
        rig.finish(rig.write(place, WRITE_BYTES, 3));
        rig.localDisk.clearFaults();
        rig.scheduler.runFor(20 * MS);
        assertThat(rig.mirror.resyncPort().holdsWrites(0)).as("%s", r.progress(0)).isTrue();
        assertThat(target.content(place, 1)[0]).as("what is queued comes first").isNotEqualTo((byte) 3);
        target.clearFaults();
        rig.run();
        r.assertInSyncAndEqual();
    }

    /** Overlapping writes to a few chunks over a slow link, with losses of the target and crashes of the source. */
    private boolean differs(int seed) {
        long sizeBytes = 4 * MIB;
        MirrorRig rig = new MirrorRig(seed, sizeBytes, 1);
        rig.protocols = "A";
        rig.queueLimit = new QueueLimit(256 << 10, 0, QueueLimit.WhenFull.PULL_AHEAD);
        r = new ResyncRig(rig).startEqual();
        SimRandom random = new SimRandom(seed);
        rig.targets.get(0).throttleWrites(2 * MIB);
        for (int step = 0; step < 400; step++) {
            if (rig.mirror.snapshot().requestsInWork() < 64) {
                rig.write((long) random.nextInt(100) * 4096, 4096 * (1 + random.nextInt(4)), 1 + random.nextInt(200));
            }
            rig.scheduler.runFor(random.nextInt(3_000_000));
            if (random.chance(15)) {
                rig.mirror.legLost(0, "test");
                TargetCopy copy = TargetCopy.foreign(!r.inconsistent[0]);
                rig.scheduler.runUntil(() -> rig.mirror.connectLeg(0, rig.targets.get(0).attach(rig.loop), copy).isEmpty(),
                        MirrorRig.STEPS);
            } else if (random.chance(5)) {
                rig.crashSource(random.nextBoolean() ? CrashMode.POWER_CUT : CrashMode.PROCESS_KILL);
                r.restartSource();
            }
        }
        rig.targets.get(0).throttleWrites(0);
        rig.run();
        rig.scheduler.runUntil(() -> rig.mirror.legState(0) == LegState.IN_SYNC, MirrorRig.STEPS);
        rig.run();
        assertThat(rig.mirror.legState(0)).as("seed %d, %s", seed, r.manager.progress(0)).isEqualTo(LegState.IN_SYNC);
        return !rig.localDisk.equalContent(rig.targets.get(0), 0, sizeBytes);
    }
}
