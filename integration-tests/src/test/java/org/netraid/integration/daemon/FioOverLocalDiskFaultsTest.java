/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.integration.daemon;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.netraid.replicator.control.MirrorStatus;
import org.netraid.replicator.control.TargetState;
import org.netraid.replicator.state.DiskState;

/**
 * fio writes and verifies through a source with a target under each protocol while the source's own disk gives errors, hangs, loses its
 * power or is full: fio hears of nothing but its source's death, finds all that was acknowledged, and all four copies are equal in the end.
 */
@Tag("slow")
class FioOverLocalDiskFaultsTest {

    private static final int SIZE = 8 << 20;
    /** Another region than the first half is in. */
    private static final int HALF = SIZE / 2;
    /** What is left unflushed must stay well below the 8 MiB after which a mirror flushes of its own accord. */
    private static final int PART = 1 << 20;
    /** What a pass of fio writes: little, as the troubles wait for whole passes. */
    private static final int PASS = SIZE / 4;
    private static final String SOURCE = "adam";
    private static final String C = "eve";
    private static final String B = "bob";
    private static final String A = "ann";

    @TempDir
    private Path folder;

    @Test
    void shouldVerifyAllThatFioWroteWhileTheSourcesDiskGivesErrorsHangsAndLosesPower() throws Exception {
        if (!FaultDisk.isPossible()) {
            System.err.println("SKIPPED: a disk that fails needs /dev/fuse, nbdkit and nbdfuse (Debian: nbdkit, libnbd-bin, fuse3)");
        }
        assumeTrue(FaultDisk.isPossible(), "needs /dev/fuse, nbdkit and nbdfuse");
        try (FaultDisk disk = new FaultDisk(folder.resolve("fault"), SIZE);
                ClusterRig rig = new ClusterRig(folder, SIZE, SOURCE, C, B, A)) {
            FioLoad fio = new FioLoad(rig, PASS);
            rig.settings("[mirrors.data.timeouts]\nflush_interval = \"60s\"\nregions = \"600s\"\n"); // nothing is flushed unasked
            begin(rig, disk.path());

            fio.during(SOURCE, () -> {
                giveErrors(rig, fio, disk);
                hang(rig, disk);
            });
            losePowerAndComeBack(rig, fio, disk);
            losePowerAndGoOnElsewhere(rig, fio, disk);

            fio.pass(SOURCE);
            mustBeEqual(rig, SOURCE);
        }
    }

    /** The file system is too small for the part of the sparse file that fio fills. */
    @Test
    void shouldVerifyAllThatFioWroteWhileTheFileSystemUnderTheSourcesDiskIsFull() throws Exception {
        try (SmallFileSystem small = new SmallFileSystem(folder.resolve("small"), PASS / 2);
                ClusterRig rig = new ClusterRig(folder, SIZE, SOURCE, C, B, A)) {
            FioLoad fio = new FioLoad(rig, PASS);
            ClusterRig.makeDisk(small.resolve("disk"), SIZE);
            begin(rig, small.resolve("disk"));

            fio.during(SOURCE, () -> {
                awaitServedByTargets(rig, fio, "ENOSPC");
                small.grow(2 * SIZE);
                attach(rig);
                fio.awaitWholePass();
            });

            mustBeEqual(rig, SOURCE);
        }
    }

    private static void begin(ClusterRig rig, Path disk) throws IOException {
        rig.patient();
        rig.useDisk(SOURCE, disk);
        rig.start(SOURCE, C, B, A);
        rig.mustAct(SOURCE, "create");
        rig.awaitInSync(SOURCE);
        rig.mustAct(SOURCE, "protocol", "B", "--target", B);
        rig.mustAct(SOURCE, "protocol", "A", "--target", A);
    }

    private static void giveErrors(ClusterRig rig, FioLoad fio, FaultDisk disk) throws IOException {
        disk.fail(true);
        awaitServedByTargets(rig, fio, "EIO");
        disk.fail(false);
        attach(rig);
    }

    /** The mirror says what is wrong, and fio, which goes on, what it reads. */
    private static void awaitServedByTargets(ClusterRig rig, FioLoad fio, String error) {
        rig.awaitStatus(SOURCE, "the local disk is given up", status -> status.io().localDisk().equals("detached"));
        fio.awaitWholePass();
        MirrorStatus status = rig.status(SOURCE);
        assertThat(status.io().localDisk()).isEqualTo("detached");
        assertThat(status.io().localLost()).contains(error);
        assertThat(status.diskState()).isEqualTo(DiskState.FAILED);
        assertThat(rig.target(SOURCE, C).state()).isEqualTo(TargetState.IN_SYNC);
    }

    private static void attach(ClusterRig rig) throws IOException {
        rig.mustAct(SOURCE, "attach");
        rig.awaitStatus(SOURCE, "the disk is whole again", status -> status.io().localDisk().equals("attached"));
        rig.awaitInSync(SOURCE);
    }

    /** All that fio writes goes to its C target: that nothing comes there any more shows that fio is held. */
    private static void hang(ClusterRig rig, FaultDisk disk) throws IOException, InterruptedException {
        disk.hang(true);
        AtomicReference<FileTime> last = new AtomicReference<>(lastWriteToC(rig));
        Awaitility.await("fio is held").atMost(90, TimeUnit.SECONDS).during(Duration.ofSeconds(3)).until(() -> {
            FileTime now = lastWriteToC(rig);
            return now.equals(last.getAndSet(now));
        });
        disk.hang(false);
        rig.await("fio goes on", () -> !lastWriteToC(rig).equals(last.get()));
        assertThat(rig.status(SOURCE).io().localDisk()).as("a disk that hangs for a while is not given up").isEqualTo("attached");
    }

    private static FileTime lastWriteToC(ClusterRig rig) throws IOException {
        return Files.getLastModifiedTime(rig.disk(C));
    }

    /** What was flushed is there (G2). */
    private static void losePowerAndComeBack(ClusterRig rig, FioLoad fio, FaultDisk disk) throws Exception {
        fio.write(SOURCE, 0xaaaa, 0, PART, true);
        losePower(rig, fio, disk, 0xcc00, HALF);
        rig.start(SOURCE);
        rig.awaitInSync(SOURCE);
        fio.mustHold(SOURCE, 0xaaaa, 0, PART);
    }

    /** What was acknowledged is where the mirror goes on (G1), though the old source has never flushed it. */
    private static void losePowerAndGoOnElsewhere(ClusterRig rig, FioLoad fio, FaultDisk disk) throws Exception {
        int seed = losePower(rig, fio, disk, 0xbb00, 0);
        rig.mustAct(C, "start");
        fio.mustHold(C, seed, 0, PART);
        rig.start(SOURCE);
        rig.awaitInSync(C);
        rig.mustAct(C, "switchover", SOURCE);
        rig.awaitInSync(SOURCE);
        fio.mustHold(SOURCE, seed, 0, PART);
    }

    /**
     * After writes that nobody has flushed, and under others that only targets get any more; the daemon dies with the disk.
     *
     * @return what {@link FioLoad#mustHold} knows the acknowledged writes by
     */
    private static int losePower(ClusterRig rig, FioLoad fio, FaultDisk disk, int firstSeed, int offset) throws Exception {
        int seed = writeUnflushed(rig, fio, disk, firstSeed, offset);
        FileTime before = lastWriteToC(rig);
        Process writing = fio.startWriting(SOURCE, 0xdddd, offset + PART, PART);
        try {
            rig.await("writes are on their way", () -> !lastWriteToC(rig).equals(before));
            disk.powerCut(rig.daemon(SOURCE).pid());
            assertThat(writing.waitFor(90, TimeUnit.SECONDS)).as("fio ends without its device").isTrue();
            assertThat(writing.exitValue()).isNotZero();
        } finally {
            writing.destroyForcibly();
        }
        assertThat(hasAll(rig, disk, offset)).as("the disk has forgotten nothing").isFalse();
        return seed;
    }

    /** Leaves the disk hanging. A mirror flushes every minute at the least: where that came in between, other writes are made. */
    private static int writeUnflushed(ClusterRig rig, FioLoad fio, FaultDisk disk, int firstSeed, int offset) throws Exception {
        for (int seed = firstSeed; seed < firstSeed + 5; seed++) {
            fio.write(SOURCE, seed, offset, PART, false);
            disk.hang(true);
            if (!hasAll(rig, disk, offset)) {
                return seed;
            }
            disk.hang(false);
        }
        throw new AssertionError("what nobody has flushed was always on the disk nevertheless");
    }

    private static boolean hasAll(ClusterRig rig, FaultDisk disk, int offset) throws IOException {
        int end = offset + PART;
        return Arrays.equals(Files.readAllBytes(disk.image()), offset, end, Files.readAllBytes(rig.disk(C)), offset, end);
    }

    private static void mustBeEqual(ClusterRig rig, String source) throws IOException {
        rig.awaitInSync(source);
        rig.mustAct(source, "stop");
        for (String copy : new String[] {C, B, A}) {
            assertThat(rig.disk(copy)).hasSameBinaryContentAs(rig.disk(SOURCE));
        }
    }
}
