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
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.netraid.integration.nbd.RealClient;
import org.netraid.nbd.client.NbdClientConfig;
import org.netraid.replicator.control.CommandResult;
import org.netraid.replicator.control.ExitCode;
import org.netraid.replicator.control.MirrorActionType;
import org.netraid.replicator.control.MirrorCommand;
import org.netraid.replicator.control.TargetState;
import org.netraid.replicator.io.ControlClient;
import org.netraid.replicator.state.DiskState;

/** The source's own disk gives errors, hangs, and is gone: real processes, errors from the kernel. */
@Tag("slow")
class LocalDiskFaultTest {

    private static final long MIB = 1 << 20;
    private static final String OTHER = "other";

    @TempDir
    Path folder;

    @BeforeEach
    void needsFuse() {
        assumeTrue(FaultDisk.isPossible(), "needs /dev/fuse, nbdkit and nbdfuse");
    }

    @Test
    void shouldLoseNothingAcknowledgedAndHoldNoOtherMirrorUpWhateverTheLocalDiskDoes() throws Exception {
        try (FaultDisk disk = new FaultDisk(folder.resolve("fault"), 16 * MIB);
                ClusterRig rig = new ClusterRig(folder, 16 * MIB, "adam", "eve");
                Application application = new Application(folder.resolve("model"), 16 * MIB, 7);
                RealClient other = new RealClient(NbdClientConfig.defaults())) {
            rig.patient();
            rig.useDisk("adam", disk.path());
            addOther(rig);
            rig.start("adam", "eve");
            rig.mustAct("adam", "create");
            assertThat(create(rig).code()).isEqualTo(ExitCode.DONE);
            rig.awaitInSync("adam");
            rig.await("the other mirror is in sync", () -> control(rig).status(OTHER).targets().get(0).state() == TargetState.IN_SYNC);
            assertThat(other.tryOpen(control(rig).status(OTHER).exportUri())).isEmpty();
            application.open(rig, "adam");
            application.writeRandomly(2 * MIB, 64 << 10);

            disk.fail(true);
            application.writeRandomly(MIB, 64 << 10);
            application.flush();
            rig.awaitStatus("adam", "the local disk is given up", status -> status.io().localDisk().equals("detached"));
            assertThat(rig.status("adam").diskState()).isEqualTo(DiskState.FAILED);
            disk.fail(false);
            application.writeRandomly(MIB, 64 << 10);
            rig.mustAct("adam", "attach");
            application.writeRandomly(MIB, 64 << 10);
            rig.awaitStatus("adam", "the disk is whole again", status -> status.io().localDisk().equals("attached"));

            disk.hang(true);
            Thread held = new Thread(() -> assertThat(writeOne(application)).isTrue());
            held.start();
            byte[] data = new byte[64 << 10];
            for (int i = 0; i < 64; i++) {
                other.write(i * (long) data.length, data, 0);
            }
            other.flush();
            assertThat(held.isAlive()).as("a disk that hangs holds its own mirror up, and no other").isTrue();
            disk.hang(false);
            Awaitility.await("the held write ends").atMost(90, TimeUnit.SECONDS).until(() -> !held.isAlive());

            disk.losePower();
            application.writeRandomly(MIB, 64 << 10);
            application.flush();
            application.closeDevice();
            rig.kill("adam");
            rig.mustAct("eve", "start");
            application.open(rig, "eve");
            application.writeRandomly(MIB, 64 << 10);
            application.flush();
            application.closeDevice();
            rig.mustAct("eve", "stop");
            assertThat(rig.stop("eve")).as(rig.logs()).isZero();
            application.mustEqual(rig.disk("eve"));
        }
    }

    /** Its disk forgets what was not flushed. Another node goes on with all that was acknowledged; the next time it comes back itself. */
    @Test
    void shouldKeepWhatCountsWhenTheMachineOfTheSourceLosesPower() throws Exception {
        try (FaultDisk disk = new FaultDisk(folder.resolve("fault"), 16 * MIB);
                ClusterRig rig = new ClusterRig(folder, 16 * MIB, "adam", "eve");
                Application application = new Application(folder.resolve("model"), 16 * MIB, 9)) {
            rig.patient();
            rig.useDisk("adam", disk.path());
            rig.settings("[mirrors.data.timeouts]\nflush_interval = \"60s\"\nregions = \"600s\"\n"); // nothing is flushed unasked
            rig.start("adam", "eve");
            rig.mustAct("adam", "create");
            rig.awaitInSync("adam");

            byte[] flushed = losePower(rig, disk, application);
            mustKeep(flushed, disk.image());
            rig.mustAct("eve", "start");
            application.open(rig, "eve");
            application.writeRandomly(MIB, 64 << 10);
            rig.start("adam");
            rig.awaitInSync("eve");
            application.closeDevice();
            rig.mustAct("eve", "switchover", "adam");
            application.mustEqual(rig.disk("eve"));
            application.mustEqual(disk.path());

            flushed = losePower(rig, disk, application);
            rig.start("adam");
            rig.awaitInSync("adam");
            rig.mustAct("adam", "stop");
            mustKeep(flushed, disk.path());
            assertThat(disk.path()).hasSameBinaryContentAs(rig.disk("eve"));
        }
    }

    /** @return what has been flushed */
    private byte[] losePower(ClusterRig rig, FaultDisk disk, Application application) throws Exception {
        application.open(rig, "adam");
        application.writeRandomly(2 * MIB, 64 << 10);
        application.flush();
        byte[] flushed = Files.readAllBytes(folder.resolve("model"));
        application.writeRandomly(2 * MIB, 64 << 10);
        disk.powerCut(rig.daemon("adam").pid());
        application.closeDevice();
        assertThat(Files.mismatch(disk.image(), folder.resolve("model"))).as("the disk has forgotten something").isNotNegative();
        return flushed;
    }

    /** Each block that was flushed, and not written since. */
    private void mustKeep(byte[] flushed, Path copy) throws IOException {
        byte[] written = Files.readAllBytes(folder.resolve("model"));
        byte[] found = Files.readAllBytes(copy);
        for (int at = 0; at < flushed.length; at += 4096) {
            if (Arrays.equals(flushed, at, at + 4096, written, at, at + 4096)) {
                assertThat(Arrays.mismatch(flushed, at, at + 4096, found, at, at + 4096)).as("the flushed block at %d", at).isEqualTo(-1);
            }
        }
    }

    /** A target without a daemon, slow, whose disk is full for a while. */
    @Test
    void shouldGoOnWithoutATargetWhoseDiskIsFullAndResyncItWhenThereIsRoom() throws Exception {
        Path image = folder.resolve("stor.img");
        Path full = folder.resolve("full");
        ClusterRig.makeDisk(image, 16 * MIB);
        Path socket = folder.resolve("stor.sock");
        ProcessBuilder builder = new ProcessBuilder("nbdkit", "-f", "-U", socket.toString(), "--filter=error", "--filter=delay", "file",
                image.toString(), "error=ENOSPC", "error-pwrite-rate=100%", "error-file=" + full, "wdelay=2ms", "rdelay=1ms");
        builder.environment().merge("PATH", ":/usr/sbin:/sbin", String::concat);
        Process nbdkit = builder.redirectErrorStream(true).redirectOutput(folder.resolve("stor.log").toFile()).start();
        try (ClusterRig rig = new ClusterRig(folder, 16 * MIB, "adam");
                Application application = new Application(folder.resolve("model"), 16 * MIB, 8)) {
            Awaitility.await("nbdkit listens").atMost(90, TimeUnit.SECONDS).until(() -> Files.exists(socket));
            rig.patient();
            rig.addForeignTarget("stor", "nbd+unix:///?socket=" + socket);
            rig.start("adam");
            rig.mustAct("adam", "create");
            rig.awaitInSync("adam");
            application.open(rig, "adam");
            application.writeRandomly(MIB, 64 << 10);
            Files.createFile(full);
            application.writeRandomly(MIB, 64 << 10);
            rig.awaitStatus("adam", "the full target is lost", status -> status.targets().get(0).state() != TargetState.IN_SYNC
                    && status.targets().get(0).dirtyChunks() > 0);
            assertThat(rig.target("adam", "stor").lastError()).contains("ENOSPC");
            Files.delete(full);
            application.writeRandomly(MIB, 64 << 10);
            rig.awaitInSync("adam");
            application.flush();
            application.closeDevice();
            rig.mustAct("adam", "stop");
            assertThat(rig.stop("adam")).as(rig.logs()).isZero();
            application.mustEqual(rig.disk("adam"));
            application.mustEqual(image);
        } finally {
            nbdkit.destroyForcibly().onExit().join();
        }
    }

    private void addOther(ClusterRig rig) throws IOException {
        StringBuilder text = new StringBuilder("[mirrors." + OTHER + "]\n");
        for (String node : new String[] {"adam", "eve"}) {
            Path image = folder.resolve(OTHER + "-" + node + ".img");
            ClusterRig.makeDisk(image, 16 * MIB);
            text.append("[[mirrors.").append(OTHER).append(".members]]\nnode = \"").append(node).append("\"\ndisk = \"").append(image)
                    .append("\"\n");
        }
        rig.settings(text.toString());
    }

    private static CommandResult create(ClusterRig rig) throws Exception {
        return control(rig).execute(MirrorCommand.of(OTHER, MirrorActionType.CREATE, null));
    }

    private static ControlClient control(ClusterRig rig) {
        return new ControlClient(rig.state("adam").resolve("control.sock"), 20_000_000_000L);
    }

    private static boolean writeOne(Application application) {
        try {
            return application.writeOne();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }
}
