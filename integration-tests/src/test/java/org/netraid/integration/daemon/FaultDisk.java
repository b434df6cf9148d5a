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
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;

/**
 * A file that fails on demand: nbdkit with its error filter over an image, and nbdfuse on top, so that the kernel itself gives the errors.
 * Like a disk it has a volatile cache: what is not flushed is gone with its power.
 */
final class FaultDisk implements AutoCloseable {

    private final Path folder;
    private final Path trigger;
    private Process nbdkit;
    private Process nbdfuse;

    FaultDisk(Path folder, long sizeBytes) throws IOException {
        this.folder = Files.createDirectories(folder);
        this.trigger = folder.resolve("eio");
        ClusterRig.makeDisk(image(), sizeBytes);
        Files.createDirectory(mount());
        powerOn();
    }

    private void powerOn() throws IOException {
        Path socket = folder.resolve("s");
        Files.deleteIfExists(socket);
        nbdkit = start("nbdkit", "-f", "-U", socket.toString(), "--filter=error", "--filter=cache", "file", image().toString(), "error=EIO",
                "error-rate=100%", "error-file=" + trigger);
        await("nbdkit listens", socket);
        nbdfuse = start("nbdfuse", path().toString(), "nbd+unix:///?socket=" + socket);
        await("nbdfuse shows the disk", path());
    }

    /** True if this machine can have one. */
    static boolean isPossible() {
        return Files.isReadable(Path.of("/dev/fuse")) && Files.isExecutable(Path.of("/usr/bin/nbdfuse"))
                && (Files.isExecutable(Path.of("/usr/sbin/nbdkit")) || Files.isExecutable(Path.of("/usr/bin/nbdkit")));
    }

    private Process start(String... command) throws IOException {
        ProcessBuilder builder = new ProcessBuilder(List.of(command)).redirectErrorStream(true)
                .redirectOutput(folder.resolve(command[0] + ".log").toFile());
        builder.environment().merge("PATH", ":/usr/sbin:/sbin", String::concat);
        return builder.start();
    }

    private static void await(String what, Path file) {
        Awaitility.await(what).atMost(90, TimeUnit.SECONDS).until(() -> Files.exists(file));
    }

    /** What has been flushed, and no more while it has power. */
    Path image() {
        return folder.resolve("image");
    }

    private Path mount() {
        return folder.resolve("mnt");
    }

    /** What a program opens. */
    Path path() {
        return mount().resolve("disk");
    }

    /** Every command fails with EIO, or none any more. */
    void fail(boolean on) throws IOException {
        if (on) {
            Files.createFile(trigger);
        } else {
            Files.delete(trigger);
        }
    }

    /** Nothing is answered any more, until it is let go on. */
    void hang(boolean on) throws IOException, InterruptedException {
        String signal = on ? "-STOP" : "-CONT";
        assertThat(new ProcessBuilder("kill", signal, Long.toString(nbdkit.pid())).start().waitFor()).isZero();
    }

    /** The disk is gone for good. */
    void losePower() throws InterruptedException {
        assertThat(nbdkit.destroyForcibly().waitFor(90, TimeUnit.SECONDS)).isTrue();
    }

    /**
     * The power of the whole machine fails, with all that was not flushed, and comes back. The disk stands still before the process dies
     * that has it open: what the kernel closes for it would be flushed. It can end when its last requests have.
     */
    void powerCut(long pid) throws Exception {
        ProcessHandle user = ProcessHandle.of(pid).orElseThrow();
        hang(true);
        user.destroyForcibly();
        close();
        user.onExit().get(90, TimeUnit.SECONDS);
        powerOn();
    }

    @Override
    public void close() throws IOException {
        nbdkit.destroyForcibly().onExit().join();
        new ProcessBuilder("bash", "-c", "fusermount3 -u " + mount() + " 2>/dev/null || umount -l " + mount() + " 2>/dev/null || true")
                .start().onExit().join();
        nbdfuse.destroyForcibly().onExit().join();
    }
}
