/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.integration.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.netraid.block.BlockRequest;
import org.netraid.integration.nbd.RealClient;
import org.netraid.nbd.client.NbdClientConfig;
import org.netraid.replicator.control.TargetState;

/**
 * A source of protocol A is killed with a queue for a target that stands still: its next life replays the queue from the journal. The
 * application writes one numbered block after the other, each after the answer to the one before, so that a copy which shows number
 * n must show everything up to n.
 */
@Tag("slow")
class JournalReplayTest {

    private static final long SIZE = 16L << 20;
    private static final int BLOCK = 4096;
    /** Places that are written in turn: every one of them is overwritten many times. */
    private static final int PLACES = 23;
    private static final int BEFORE = 40;
    private static final int QUEUED = 400;

    @TempDir
    Path folder;

    @Test
    void shouldReplayTheQueueOfAKilledSourceInOrder() throws Exception {
        try (ClusterRig rig = new ClusterRig(folder, SIZE, "adam", "eve")) {
            // The target stands still for as long as the writes take: it lags behind, it is not dead.
            rig.peerDead("60s");
            rig.mirrorSettings("protocol = \"A\"\ntimeouts = { request = \"300s\" }\n");
            rig.start("adam", "eve");
            rig.mustAct("adam", "create");
            rig.awaitInSync("adam");
            write(rig, 1, BEFORE);
            rig.await("eve has what was written", () -> newest(rig.disk("eve")) == BEFORE);
            signal(rig, "STOP");
            write(rig, BEFORE + 1, BEFORE + QUEUED);
            assertThat(rig.target("adam", "eve").replication().lagBytes()).as(rig.logs()).isPositive();
            assertThat(rig.status("adam").journal().records()).isPositive();
            rig.kill("adam");
            int shown = mustBeAPrefix(rig.disk("eve"));
            assertThat(shown).isLessThan(BEFORE + QUEUED);
            signal(rig, "CONT");
            rig.start("adam");
            rig.awaitStatus("adam", "in service again", status -> !status.exportUri().isEmpty() && !status.targets().isEmpty());
            int judged = watch(rig);
            rig.awaitInSync("adam");
            assertThat(Files.readString(folder.resolve("daemon-adam.log"))).contains("target eve: replayed ");
            assertThat(mustBeAPrefix(rig.disk("eve"))).isEqualTo(BEFORE + QUEUED);
            rig.mustAct("adam", "stop");
            assertThat(Files.mismatch(rig.disk("adam"), rig.disk("eve"))).as(rig.logs()).isEqualTo(-1);
            System.out.println("replay after " + shown + " of " + (BEFORE + QUEUED) + " writes, " + judged + " looks in between");
        }
    }

    /** Looks at the target's copy, which stands still meanwhile, until it is in sync. A look counts if the replay goes on after it. */
    private static int watch(ClusterRig rig) throws Exception {
        int judged = 0;
        for (int looks = 0; looks < 200 && rig.target("adam", "eve").state() != TargetState.IN_SYNC; looks++) {
            signal(rig, "STOP");
            String problem = problem(rig.disk("eve"));
            signal(rig, "CONT");
            if (rig.target("adam", "eve").replication().replaying()) {
                assertThat(problem).as(rig.logs()).isEmpty();
                judged++;
            }
        }
        return judged;
    }

    private static void signal(ClusterRig rig, String name) throws Exception {
        Process kill = new ProcessBuilder("kill", "-" + name, Long.toString(rig.daemon("eve").pid())).inheritIO().start();
        assertThat(kill.waitFor()).isZero();
    }

    private static void write(ClusterRig rig, int first, int last) {
        RealClient client = new RealClient(NbdClientConfig.defaults());
        try {
            assertThat(client.tryOpen(rig.status("adam").exportUri())).as(rig.logs()).isEmpty();
            for (int number = first; number <= last; number++) {
                ByteBuffer block = ByteBuffer.allocate(BLOCK).putInt(0, number);
                long offset = (long) (number % PLACES) * BLOCK;
                BlockRequest ended = client.run(completion -> new BlockRequest().write(offset, block, 0, completion));
                assertThat(ended.error().isError()).as("%s %s", ended.errorDetail(), rig.logs()).isFalse();
            }
        } finally {
            client.close();
        }
    }

    private static int[] shown(Path copy) throws IOException {
        int[] numbers = new int[PLACES];
        try (RandomAccessFile file = new RandomAccessFile(copy.toFile(), "r")) {
            for (int place = 0; place < PLACES; place++) {
                file.seek((long) place * BLOCK);
                numbers[place] = file.readInt();
            }
        }
        return numbers;
    }

    private static int newest(Path copy) throws IOException {
        int newest = 0;
        for (int number : shown(copy)) {
            newest = Math.max(newest, number);
        }
        return newest;
    }

    /** @return "", or what the copy lacks although it shows something later */
    private static String problem(Path copy) throws IOException {
        int[] numbers = shown(copy);
        int newest = 0;
        for (int number : numbers) {
            newest = Math.max(newest, number);
        }
        for (int place = 0; place < PLACES; place++) {
            int expected = newest - Math.floorMod(newest - place, PLACES);
            if (numbers[place] != Math.max(0, expected)) {
                return "the copy shows write " + newest + ", but at place " + place + " " + numbers[place] + " instead of " + expected;
            }
        }
        return "";
    }

    private static int mustBeAPrefix(Path copy) throws IOException {
        assertThat(problem(copy)).isEmpty();
        return newest(copy);
    }
}
