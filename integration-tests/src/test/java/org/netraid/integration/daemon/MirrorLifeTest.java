/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.integration.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.netraid.integration.nbd.ForeignServer;
import org.netraid.replicator.control.TargetState;
import org.netraid.replicator.control.TargetStatus;
import org.netraid.replicator.state.Role;

/** Mirrors of real processes: targets and sources are killed with -9 while an application writes; every copy is compared at the end. */
@Tag("slow")
class MirrorLifeTest {

    private static final long MIB = 1 << 20;

    @TempDir
    Path folder;

    private ClusterRig rig;
    private Application application;

    private void begin(long sizeBytes, String... nodes) throws IOException {
        rig = new ClusterRig(folder, sizeBytes, nodes);
        application = new Application(folder.resolve("model"), sizeBytes, 42);
    }

    @AfterEach
    void end() throws IOException {
        application.close();
        rig.close();
    }

    @Test
    void shouldSendOnlyTheMissedChunksWhenATargetReturns() throws IOException {
        begin(1024 * MIB, "adam", "eve");
        createOn("adam", "eve");
        rig.kill("eve");
        application.writeRandomly(64 * MIB, 64 << 10);
        TargetStatus away = rig.target("adam", "eve");
        assertThat(away.connected()).isFalse();
        assertThat(away.dirtyBytes()).isGreaterThan(32 * MIB);

        rig.start("eve");
        rig.awaitInSync("adam");

        TargetStatus back = rig.target("adam", "eve");
        assertThat(back.resyncSentBytes()).isPositive().isLessThanOrEqualTo(away.dirtyBytes() * 12 / 10);
        application.mustBeWholeEverywhere(rig, "adam", "eve");
    }

    @Test
    void shouldKeepEveryAcknowledgedByteWhenTheSourceIsKilled() throws IOException {
        begin(128 * MIB, "adam", "eve");
        createOn("adam", "eve");
        application.writeRandomly(16 * MIB, 64 << 10);
        Thread killer = new Thread(() -> rig.kill("adam"));
        killer.start();
        while (application.writeOne()) {
            assertThat(killer.isInterrupted()).isFalse();
        }
        application.closeDevice();
        rig.await("eve takes over", () -> rig.act("eve", "start", "eve").status() == 0);
        rig.awaitStatus("eve", "is source", status -> status.role() == Role.SOURCE);
        application.settleUnanswered(rig.disk("eve"));
        application.mustEqual(rig.disk("eve"));
        assertThat(rig.hasFlag("eve", "last_owner")).isTrue();

        application.open(rig, "eve");
        application.writeRandomly(4 * MIB, 64 << 10);
        rig.start("adam");
        rig.awaitInSync("eve");
        assertThat(rig.status("adam").role()).isEqualTo(Role.TARGET);
        assertThat(rig.hasFlag("adam", "last_owner")).isFalse();
        application.mustBeWholeEverywhere(rig, "eve", "adam");
    }

    @Test
    void shouldGoOnWritingWhileATargetComesAndGoes() throws IOException {
        begin(64 * MIB, "adam", "eve");
        createOn("adam", "eve");
        for (int round = 0; round < 3; round++) {
            application.writeRandomly(2 * MIB, 64 << 10);
            rig.kill("eve");
            application.writeRandomly(2 * MIB, 64 << 10);
            rig.start("eve");
            application.writeRandomly(2 * MIB, 64 << 10);
        }
        application.flush();
        rig.awaitInSync("adam");
        application.mustBeWholeEverywhere(rig, "adam", "eve");
    }

    @Test
    void shouldTrackWhatAPausedTargetMissesAndResumeWithThat() throws IOException {
        begin(64 * MIB, "adam", "eve");
        createOn("adam", "eve");
        rig.mustAct("adam", "pause", "adam", "eve");
        assertThat(rig.target("adam", "eve").state()).isEqualTo(TargetState.PAUSED);
        application.writeRandomly(4 * MIB, 64 << 10);
        assertThat(rig.target("adam", "eve").dirtyBytes()).isGreaterThan(2 * MIB);
        rig.mustAct("adam", "resume", "adam", "eve", "--wait=60");
        assertThat(rig.target("adam", "eve").state()).isEqualTo(TargetState.IN_SYNC);
        application.mustBeWholeEverywhere(rig, "adam", "eve");
    }

    @Test
    void shouldSwapRolesWithoutAResyncWhenSwitchedOver() throws IOException {
        begin(64 * MIB, "adam", "eve");
        createOn("adam", "eve");
        application.writeRandomly(4 * MIB, 64 << 10);
        application.closeDevice();
        rig.mustAct("adam", "switchover", "eve");
        rig.awaitStatus("eve", "is source", status -> status.role() == Role.SOURCE);
        rig.awaitInSync("eve");
        assertThat(rig.target("eve", "adam").resyncSentBytes()).isZero();
        application.open(rig, "eve");
        application.writeRandomly(4 * MIB, 64 << 10);
        application.mustBeWholeEverywhere(rig, "eve", "adam");
    }

    @Test
    void shouldRefuseASecondSourceAndNameTheRule() throws IOException {
        begin(16 * MIB, "adam", "eve");
        createOn("adam", "eve");
        ClusterRig.Outcome outcome = rig.act("eve", "start", "eve");
        assertThat(outcome.status()).as(outcome.err()).isEqualTo(3);
        assertThat(outcome.err()).startsWith("mirror_action: REFUSED ");
        assertThat(rig.status("adam").role()).isEqualTo(Role.SOURCE);
    }

    @Test
    void shouldLeaveATargetAloneWhoseDiskIsTooSmallAndSaySo() throws IOException {
        begin(16 * MIB, "adam", "eve");
        ClusterRig.makeDisk(rig.disk("eve"), 8 * MIB);
        byte[] before = Files.readAllBytes(rig.disk("eve"));
        rig.start("adam", "eve");
        rig.mustAct("adam", "create");
        rig.await("eve is refused", () -> rig.target("adam", "eve").lastError().contains("it must be at least as large"));
        assertThat(rig.target("adam", "eve").state()).isEqualTo(TargetState.OUT_OF_SYNC);
        assertThat(rig.status("adam").role()).isEqualTo(Role.SOURCE);
        assertThat(Files.readAllBytes(rig.disk("eve"))).isEqualTo(before);
    }

    @Test
    void shouldMirrorToNbdkit() throws IOException {
        foreignTarget(false);
    }

    @Test
    void shouldMirrorToQemuNbd() throws IOException {
        foreignTarget(true);
    }

    private void foreignTarget(boolean qemu) throws IOException {
        begin(64 * MIB, "adam");
        Path disk = folder.resolve("stor.img");
        ClusterRig.makeDisk(disk, 64 * MIB);
        Path serverFolder = Files.createDirectory(folder.resolve("server"));
        ForeignServer server = qemu ? ForeignServer.qemuNbd(serverFolder, true, disk)
                : ForeignServer.nbdkit(serverFolder, true, "file", disk.toString());
        try (server) {
            rig.addForeignTarget("stor", server.uri());
            createOn("adam", "stor");
            application.writeRandomly(8 * MIB, 64 << 10);
            application.flush();
            rig.awaitInSync("adam");
            application.closeDevice();
            rig.mustAct("adam", "stop");
        }
        application.mustEqual(rig.disk("adam"));
        application.mustEqual(disk);
    }

    /** Starts the daemons, makes the mirror, waits until all are in sync, opens the device. */
    private void createOn(String source, String... targets) throws IOException {
        rig.start(source);
        for (String target : targets) {
            if (!target.equals("stor")) {
                rig.start(target);
            }
        }
        rig.mustAct(source, "create");
        rig.awaitInSync(source);
        application.open(rig, source);
    }
}
