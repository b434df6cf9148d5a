/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.undo;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.netraid.block.BlockCommand;
import org.netraid.block.BlockError;
import org.netraid.block.BlockRequest;
import org.netraid.sim.CrashMode;
import org.netraid.sim.SimDisk;
import org.netraid.sim.SimDiskOptions;
import org.netraid.sim.SimLoop;
import org.netraid.sim.SimRandom;
import org.netraid.sim.SimScheduler;

/** A target's disk that is overwritten at random, crashes at any moment, goes on, and is rolled back: it must be what it was. */
class UndoTest {

    private static final int CHUNK = 64 << 10;
    private static final long SIZE = (1 << 20) + 512;
    private static final long ID = 42;
    private static final long STEPS = 5_000_000;

    private SimScheduler scheduler;
    private SimDisk disk;
    private SimDisk journalDisk;
    private SimLoop loop;
    private UndoDevice device;
    private UndoJournal journal;
    private byte[] before;
    private String givenUp = "";
    private int lives;

    private void begin(long seed, long journalBytes) {
        scheduler = new SimScheduler(seed);
        disk = new SimDisk(scheduler, "disk", SimDiskOptions.ofSize(SIZE));
        journalDisk = new SimDisk(scheduler, "undo", SimDiskOptions.ofSize(journalBytes));
        live();
        SimRandom random = new SimRandom(seed);
        byte[] bytes = new byte[(int) SIZE];
        for (int at = 0; at < SIZE; at++) {
            // every fourth chunk is zeros
            bytes[at] = at / CHUNK % 4 == 3 ? 0 : (byte) random.nextInt(256);
        }
        await(new BlockRequest().write(0, ByteBuffer.wrap(bytes), BlockRequest.FUA, this::ended));
        before = disk.content(0, (int) SIZE);
        journal = null;
        UndoJournal.create(journalDisk.attach(loop), ID, CHUNK, SIZE, this::opened);
        assertThat(scheduler.runUntil(() -> journal != null, STEPS)).isTrue();
        device.keep(journal);
    }

    private void live() {
        loop = scheduler.loop("life" + lives++);
        device = new UndoDevice(disk.attach(loop), loop, (reason, goOn) -> {
            givenUp = reason;
            loop.execute(goOn);
        });
    }

    private String problem;

    private void opened(UndoJournal found, String error) {
        journal = found;
        problem = error;
    }

    private void reopen() {
        journal = null;
        problem = null;
        UndoJournal.open(journalDisk.attach(loop), disk.attach(loop), ID, CHUNK, SIZE, this::opened);
        assertThat(scheduler.runUntil(() -> problem != null, STEPS)).isTrue();
    }

    private boolean over;
    private BlockError error;

    private void ended(BlockRequest request) {
        over = true;
        error = request.error();
    }

    private void await(BlockRequest request) {
        over = false;
        device.submit(request);
        assertThat(scheduler.runUntil(() -> over, STEPS)).isTrue();
    }

    private void overwriteSomething(SimRandom random) {
        long offset = random.nextInt((int) SIZE / 512) * 512L;
        int length = (int) Math.min(SIZE - offset, 512L * (1 + random.nextInt(300)));
        BlockRequest request = new BlockRequest();
        switch (random.nextInt(4)) {
            case 0 -> request.writeZeroes(offset, length, 0, done -> { });
            case 1 -> request.trim(offset, length, 0, done -> { });
            default -> {
                byte[] bytes = new byte[length];
                for (int i = 0; i < length; i++) {
                    bytes[i] = (byte) random.nextInt(256);
                }
                request.write(offset, ByteBuffer.wrap(bytes), 0, done -> { });
            }
        }
        device.submit(request);
    }

    private String rollBack() {
        List<String> told = new ArrayList<>();
        new UndoRollback(journal, disk.attach(loop), told::add).check();
        assertThat(scheduler.runUntil(() -> told.size() == 1, STEPS)).isTrue();
        if (told.get(0).isEmpty()) {
            new UndoRollback(journal, disk.attach(loop), told::add).apply();
            assertThat(scheduler.runUntil(() -> told.size() == 2, STEPS)).isTrue();
        }
        return told.get(told.size() - 1);
    }

    private void assertAsBefore() {
        assertThat(disk.content(0, (int) SIZE)).isEqualTo(before);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 3})
    void shouldBringEveryByteBackAfterCrashesAtRandomMoments(int block) {
        int seeds = Integer.getInteger("netraid.undo.seeds", 40) / 4;
        for (int seed = block * seeds; seed < (block + 1) * seeds; seed++) {
            runSeed(seed);
        }
    }

    /** A process died between the write of a batch and its flush, the next one believed what it read, and then the power failed. */
    @Test
    void shouldNotBelieveABatchThatIsNotDurable() {
        runSeed(869);
    }

    private void runSeed(long seed) {
        begin(seed, 8 << 20);
        SimRandom random = new SimRandom(seed);
        for (int life = random.nextInt(3); life >= 0; life--) {
            for (int i = random.nextInt(40); i >= 0; i--) {
                overwriteSomething(random);
                scheduler.runFor(random.nextInt(3_000_000));
            }
            crash(random);
            live();
            reopen();
            assertThat(problem).as("seed %d", seed).isEmpty();
            device.keep(journal);
        }
        // the way back is cut short as well
        List<String> told = new ArrayList<>();
        new UndoRollback(journal, disk.attach(loop), told::add).apply();
        scheduler.runFor(random.nextInt(20_000_000));
        crash(random);
        live();
        reopen();
        assertThat(problem).as("seed %d", seed).isEmpty();
        assertThat(rollBack()).as("seed %d", seed).isEmpty();
        crash(random);
        assertThat(Arrays.mismatch(disk.content(0, (int) SIZE), before)).as("seed %d: first byte that differs", seed).isEqualTo(-1);
    }

    private void crash(SimRandom random) {
        CrashMode mode = CrashMode.values()[random.nextInt(CrashMode.values().length)];
        loop.kill();
        disk.crash(mode);
        journalDisk.crash(mode);
    }

    @Test
    void shouldKeepEachChunkOnce() {
        begin(1, 8 << 20);
        for (int i = 0; i < 5; i++) {
            await(new BlockRequest().write(100, ByteBuffer.wrap(new byte[70_000]), 0, this::ended));
        }
        assertThat(journal.chunkCount()).isEqualTo(2);
        assertThat(journal.usedBytes()).isEqualTo(4096 + 4096 + 2 * CHUNK);
        await(new BlockRequest().write(3 * CHUNK, ByteBuffer.wrap(new byte[512]), 0, this::ended));
        assertThat(journal.usedBytes()).as("zeros cost a record").isEqualTo(4096 + 4096 + 2 * CHUNK + 4096);
        assertThat(rollBack()).isEmpty();
        assertAsBefore();
    }

    @Test
    void shouldSayThatThereIsNoWayBackBeforeItOverwritesMoreThanItCanKeep() {
        begin(2, 256 << 10);
        for (int chunk = 0; chunk < 16; chunk++) {
            String was = givenUp;
            await(new BlockRequest().write((long) chunk * CHUNK, ByteBuffer.wrap(new byte[4096]), 0, this::ended));
            assertThat(error).isEqualTo(BlockError.NONE);
            assertThat(device.isKeeping()).isEqualTo(givenUp.isEmpty());
            if (was.isEmpty() && !givenUp.isEmpty()) {
                assertThat(chunk).isGreaterThan(2);
                assertThat(givenUp).contains("its bound of 262144 bytes is exceeded");
            }
        }
        assertThat(givenUp).isNotEmpty();
    }

    @Test
    void shouldGiveUpWhenTheJournalFailsAndLetTheResyncGoOn() {
        begin(3, 8 << 20);
        journalDisk.fault().on(BlockCommand.FLUSH).once().fail(BlockError.EIO);
        await(new BlockRequest().write(0, ByteBuffer.wrap(new byte[4096]), 0, this::ended));
        assertThat(error).isEqualTo(BlockError.NONE);
        assertThat(givenUp).contains("EIO");
        assertThat(disk.content(0, 4096)).containsOnly(0);
    }

    @Test
    void shouldRefuseAJournalThatIsDamagedInTheMiddle() {
        begin(4, 8 << 20);
        for (int chunk = 0; chunk < 3; chunk++) {
            await(new BlockRequest().write((long) chunk * CHUNK, ByteBuffer.wrap(new byte[4096]), 0, this::ended));
        }
        journalDisk.rot(4096 + 50, 1);
        reopen();
        assertThat(problem).contains("is damaged at byte 4096");
        journalDisk.rot(4096 + 50, 1);
        journalDisk.rot(4096 + 4096 + 17, 1);
        reopen();
        assertThat(problem).isEmpty();
        assertThat(rollBack()).contains("is damaged at byte 4096");
        assertThat(disk.content(0, 4096)).as("nothing was touched").containsOnly(0);
    }

    @Test
    void shouldRefuseALastBatchThatHasRotted() {
        begin(5, 8 << 20);
        await(new BlockRequest().write(0, ByteBuffer.wrap(new byte[4096]), 0, this::ended));
        journalDisk.rot(4096 + 4096 + 17, 1);
        reopen();
        assertThat(problem).contains("is damaged");
    }

    @Test
    void shouldRefuseAnotherResyncsJournal() {
        begin(6, 8 << 20);
        journal = null;
        UndoJournal.open(journalDisk.attach(loop), disk.attach(loop), ID + 1, CHUNK, SIZE, this::opened);
        scheduler.runUntilIdle(STEPS);
        assertThat(journal).isNull();
        assertThat(problem).contains("another resync's");
    }

    @Test
    void shouldEndWhatWaitsWhenItIsClosed() {
        begin(7, 8 << 20);
        journalDisk.fault().on(BlockCommand.FLUSH).once().hang();
        int[] ends = {0};
        for (int chunk = 0; chunk < 4; chunk++) {
            device.submit(new BlockRequest().write((long) chunk * CHUNK, ByteBuffer.wrap(new byte[4096]), 0, done -> ends[0]++));
        }
        scheduler.runFor(50_000_000);
        boolean[] closed = {false};
        device.close(() -> closed[0] = true);
        scheduler.runFor(50_000_000);
        assertThat(closed[0]).isFalse();
        journalDisk.releaseHung();
        scheduler.runUntilIdle(STEPS);
        assertThat(closed[0]).isTrue();
        assertThat(ends[0]).isEqualTo(4);
    }

    @Test
    void shouldLetOthersPassWhileOneWaits() {
        begin(8, 8 << 20);
        await(new BlockRequest().write(0, ByteBuffer.wrap(new byte[4096]), 0, this::ended));
        journalDisk.fault().on(BlockCommand.FLUSH).once().hang();
        device.submit(new BlockRequest().write(CHUNK, ByteBuffer.wrap(new byte[4096]), 0, done -> { }));
        scheduler.runFor(10_000_000);
        await(new BlockRequest().write(0, ByteBuffer.wrap(new byte[4096]), 0, this::ended));
        await(new BlockRequest().read(CHUNK, ByteBuffer.allocate(16), this::ended));
        assertThat(disk.content(CHUNK, 16)).isNotEqualTo(new byte[16]);
        journalDisk.releaseHung();
        scheduler.runUntilIdle(STEPS);
        assertThat(disk.content(CHUNK, 16)).isEqualTo(new byte[16]);
    }
}
