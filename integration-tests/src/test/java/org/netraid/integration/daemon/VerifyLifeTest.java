/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.integration.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.netraid.integration.nbd.ForeignServer;
import org.netraid.replicator.control.VerifyStatus;

/**
 * Verify between real processes: no false alarm while fio writes, every planted bit found, repaired on request.
 * {@code -Dnetraid.verify.seconds=600} makes the first one long, {@code -Dnetraid.verify.protocol=A} takes another protocol.
 */
@Tag("slow")
class VerifyLifeTest {

    private static final long SIZE = (64L << 20) + 512 * 3;
    private static final int CHUNK = 64 << 10;

    @TempDir
    Path folder;

    @Test
    void shouldReportNothingWhileFioWritesAndFindEveryBitPlantedAfterwards() throws Exception {
        ForeignServer.installed("fio");
        long seconds = Long.getLong("netraid.verify.seconds", 12);
        try (ClusterRig rig = new ClusterRig(folder, SIZE, "adam", "eve")) {
            rig.mirrorSettings("verify_max = 0\nprotocol = \"" + System.getProperty("netraid.verify.protocol", "C") + "\"\nsize = " + SIZE
                    + "\n");
            rig.start("adam", "eve");
            rig.mustAct("adam", "create");
            rig.awaitInSync("adam");
            long rounds = verifyUnderFio(rig, seconds);
            System.out.println("verify under fio for " + seconds + " s: " + rounds + " passes over " + SIZE + " bytes, no difference");
            plantAndRepair(rig);
        }
    }

    private long verifyUnderFio(ClusterRig rig, long seconds) throws Exception {
        Process fio = new ProcessBuilder("fio", "--name=load", "--ioengine=nbd", "--uri=" + rig.status("adam").exportUri(),
                "--rw=randwrite", "--bsrange=512-128k", "--blockalign=512", "--iodepth=16", "--size=" + SIZE, "--time_based",
                "--runtime=" + seconds, "--rate_iops=2000", "--fsync=200", "--refill_buffers")
                .redirectErrorStream(true).redirectOutput(folder.resolve("fio.log").toFile()).start();
        long rounds = 0;
        while (fio.isAlive()) {
            ClusterRig.Outcome outcome = rig.act("adam", "verify", "--wait=700");
            assertThat(outcome.status()).as(outcome.err() + rig.logs()).isZero();
            assertThat(outcome.out()).contains("none differs");
            rounds++;
        }
        assertThat(fio.waitFor(3, TimeUnit.MINUTES)).isTrue();
        assertThat(fio.exitValue()).as(Files.readString(folder.resolve("fio.log"))).isZero();
        assertThat(rounds).isPositive();
        return rounds;
    }

    private void plantAndRepair(ClusterRig rig) throws IOException {
        Random random = new Random(5);
        TreeSet<Long> planted = new TreeSet<>(List.of(0L, SIZE - 1, SIZE - 512));
        while (planted.size() < 40) {
            planted.add((long) (random.nextDouble() * SIZE));
        }
        try (RandomAccessFile disk = new RandomAccessFile(rig.disk("eve").toFile(), "rw")) {
            for (long offset : planted) {
                disk.seek(offset);
                int value = disk.read();
                disk.seek(offset);
                disk.write(value ^ 1 << random.nextInt(8));
            }
        }
        ClusterRig.Outcome found = rig.act("adam", "verify", "adam", "eve", "--wait=60");
        assertThat(found.status()).as(found.err()).isEqualTo(5);
        VerifyStatus report = rig.status("adam").verifies().get(0);
        assertThat(report.chunksDiffering()).isEqualTo(planted.stream().map(offset -> offset / CHUNK).distinct().count());
        assertThat(report.differences().stream().mapToLong(VerifyStatus.Difference::differingBytes).sum()).isEqualTo(planted.size());
        assertThat(found.err()).contains("at byte 0: 1 of 1 bytes differ");

        rig.mustAct("adam", "verify", "--repair", "--wait=60");
        rig.await("no bit is left", () -> rig.target("adam", "eve").dirtyChunks() == 0);
        rig.mustAct("adam", "verify", "--wait=60");
        rig.mustAct("adam", "stop");
        assertThat(rig.stop("eve")).isZero();
        assertThat(Files.mismatch(rig.disk("adam"), rig.disk("eve"))).isEqualTo(-1);
    }
}
