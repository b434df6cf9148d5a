/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.integration.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;
import org.netraid.replicator.control.TargetStatus;

/**
 * The situations in which DRBD 8.4 and md with nbd were watched, with real daemons in network namespaces: what is sent, what is
 * overwritten and who finds out is asserted; how long it takes is printed, beside their figures, as a table.
 * {@code -Dnetraid.seven.dead=3s} for another time after which a silent node counts as gone,
 * {@code -Dnetraid.seven.table=FILE} to have the table in a file.
 */
@Tag("slow")
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class SevenSituationsTest {

    private static final int KIB = 1 << 10;
    private static final int MIB = 1 << 20;
    private static final int EXTENT = 4 * MIB;
    /** Single blocks of 4 KiB in the first 16 MiB: 288 KiB. */
    private static final int APART = 72;
    private static final long APART_BYTES = APART * 4L * KIB;
    private static final int HOT = 7;
    private static final long AFTER_CRASH_MAX = (long) HOT * EXTENT + 256 * KIB;

    private static final StringBuilder TABLE = new StringBuilder();

    @TempDir
    private static Path folder;

    private static void row(String situation, String drbd, String md, String format, Object... ours) {
        TABLE.append(String.format(Locale.ROOT, "| %s | %s | %s | %s |%n", situation, drbd, md, String.format(Locale.ROOT, format, ours)));
    }

    @AfterAll
    static void print() throws IOException {
        String table = "| Situation | DRBD 8.4 | md + nbd | NetRAID |\n|---|---|---|---|\n" + TABLE;
        System.out.println("peers.dead " + dead() + ", request 3 s\n\n" + table);
        String file = System.getProperty("netraid.seven.table", "");
        if (!file.isEmpty()) {
            Files.writeString(Path.of(file), table);
        }
    }

    private static String dead() {
        return System.getProperty("netraid.seven.dead", "1s");
    }

    @Test
    @Order(1)
    void shouldDoWhatDrbdDoesAndLoseNoTime() throws IOException {
        try (FailoverBench bench = new FailoverBench(Files.createDirectory(folder.resolve("two")), 64 * MIB, dead(), "adam", "eve")) {
            bench.create("adam");
            bench.writeRun("adam", 0, 16 * MIB);
            bench.awaitInSync("adam");
            cutUnderWrites(bench);
            healed(bench);
            powerCut(bench);
            oldSourceReturns(bench);
            splitBrain(bench);
            discardMyData(bench);
        }
    }

    private static int apart(int i) {
        return i * 53 % 4096 * 4 * KIB;
    }

    private static void cutUnderWrites(FailoverBench bench) throws IOException {
        for (int i = 0; i < APART; i++) {
            bench.write("adam", apart(i));
        }
        bench.flush("adam"); // else regions of 64 KiB that eve may still lose with its power count as missed, too
        bench.cut("adam", "eve");
        double slowest = 0;
        for (int i = 0; i < APART; i++) {
            slowest = Math.max(slowest, bench.write("adam", apart(i)));
        }
        assertThat(bench.target("adam", "eve").connected()).isFalse();
        assertThat(bench.target("adam", "eve").dirtyBytes()).isEqualTo(APART_BYTES);
        row("silent cut under writes: the first write returns after", "2.4 s (2.7 s seen from outside)", "5.1 s (5.4 s)", "%.1f s",
                slowest);
    }

    private static void healed(FailoverBench bench) throws IOException {
        double seconds = bench.time(() -> {
            bench.heal();
            bench.awaitInSync("adam");
        });
        TargetStatus target = bench.target("adam", "eve");
        assertThat(target.resyncTotalBytes()).isEqualTo(APART_BYTES);
        assertThat(bench.equal("adam", "eve")).isTrue();
        row("16 MiB the same, 288 KiB written while apart: resynced", "288 KiB", "by hand", "%d KiB", target.resyncTotalBytes() / KIB);
        row("the same: in sync after healing, by itself", "2.3 to 2.6 s", "no; 0.9 to 1.1 s after the command", "%.1f s", seconds);
    }

    private static void powerCut(FailoverBench bench) throws IOException {
        for (int extent = 0; extent < HOT; extent++) {
            bench.write("adam", extent * EXTENT);
        }
        bench.awaitInSync("adam");
        double seconds = bench.time(() -> {
            bench.powerCut("adam");
            bench.awaitStarted("eve");
        });
        row("power cut of the source: the target is promoted after", "1.4 to 1.5 s (can be)", "no such notion",
                "%.1f s (is, and serves)", seconds);
    }

    private static void oldSourceReturns(FailoverBench bench) throws IOException {
        bench.writeRun("eve", 40 * MIB, 256 * KIB);
        double seconds = bench.time(() -> {
            bench.heal();
            bench.start("adam");
            bench.awaitInSync("eve");
        });
        TargetStatus target = bench.target("eve", "adam");
        assertThat(target.resyncTotalBytes()).isLessThanOrEqualTo(AFTER_CRASH_MAX);
        assertThat(bench.equal("adam", "eve")).isTrue();
        row("the old source returns: resynced", "28,928 KiB (7 hot extents and 256 KiB)", "–", "%,d KiB compared, of these %,d KiB sent",
                target.resyncTotalBytes() / KIB, target.resyncSentBytes() / KIB);
        row("the same: in sync after its start, by itself", "3.3 to 3.8 s", "–", "%.1f s, the start of the JVM included", seconds);
    }

    private static void splitBrain(FailoverBench bench) throws IOException {
        bench.cut("adam", "eve");
        bench.write("eve", 0);
        bench.awaitStarted("adam");
        bench.write("adam", 4 * KIB);
        byte[] adam = bench.content("adam");
        byte[] eve = bench.content("eve");
        double seconds = bench.time(() -> {
            bench.heal();
            bench.awaitSplitBrain("adam", "eve");
        });
        // both have said it and go on talking; had anything been sent, it would be there now
        bench.write("adam", 4 * KIB);
        bench.write("eve", 0);
        assertThat(FailoverBench.differing(adam, bench.content("adam"))).isSubsetOf(1);
        assertThat(FailoverBench.differing(eve, bench.content("eve"))).isSubsetOf(0);
        row("both written while apart", "split brain found on both sides, nothing overwritten", "not detected",
                "split brain found on both sides after %.1f s, nothing overwritten", seconds);
    }

    private static void discardMyData(FailoverBench bench) throws IOException {
        double seconds = bench.time(() -> {
            bench.must("adam", List.of("resolve", "--discard-my-data"));
            bench.awaitInSync("eve");
        });
        assertThat(bench.equal("adam", "eve")).isTrue();
        row("discard-my-data on one side", "resync, identical", "–", "resync of %d KiB, identical after %.1f s, what was given up is saved",
                bench.target("eve", "adam").resyncTotalBytes() / KIB, seconds);
    }

    @Test
    @Order(2)
    void shouldBringSurvivorsInSyncWithoutTheirSource() throws IOException {
        try (FailoverBench bench = new FailoverBench(Files.createDirectory(folder.resolve("three")), 64 * MIB, dead(), "adam", "eve",
                "sophocles")) {
            bench.create("adam");
            bench.writeRun("adam", 0, 16 * MIB);
            bench.awaitInSync("adam");
            int acknowledged = bench.writeUntilDestroyed("adam", 200);
            double promoted = bench.time(() -> bench.awaitStarted("eve"));
            double inSync = bench.time(() -> bench.awaitInSync("eve", "sophocles"));
            TargetStatus target = bench.target("eve", "sophocles");
            assertThat(target.resyncTotalBytes()).isLessThan(32L * MIB);
            assertThat(bench.equal("eve", "sophocles")).isTrue();
            assertThat(bench.lost("eve")).as("acknowledged writes that eve lacks").isEmpty();
            row("3 nodes, the source is destroyed for good while it writes: the survivors", "–", "–",
                    "eve serves after %.1f s, sophocles in sync %.1f s later: %,d KiB compared, "
                            + "%,d KiB sent; %d of %d acknowledged writes there",
                    promoted, inSync, target.resyncTotalBytes() / KIB, target.resyncSentBytes() / KIB, acknowledged, acknowledged);
        }
    }
}
