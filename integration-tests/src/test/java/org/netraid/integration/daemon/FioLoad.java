/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.integration.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.netraid.integration.nbd.ForeignServer;
import org.netraid.integration.nbd.ForeignTool;

/**
 * fio, which writes to a mirror's export and checks what it reads. Each pass writes another pattern, with each block's own place in it: a
 * checksum in the block alone would also be right in what a lost write has left there.
 */
final class FioLoad {

    /** What a mirror's troubles do beside fio. */
    @FunctionalInterface
    interface Troubles {
        void run() throws Exception;
    }

    private final ClusterRig rig;
    private final long sizeBytes;
    private final AtomicInteger passes = new AtomicInteger();

    /** Skips the test, and says so, where there is no fio. */
    FioLoad(ClusterRig rig, long sizeBytes) {
        ForeignServer.installed("fio");
        this.rig = rig;
        this.sizeBytes = sizeBytes;
    }

    /** Passes of writing and verifying, one after the other, until the troubles are over. */
    void during(String source, Troubles troubles) throws Exception {
        ExecutorService beside = Executors.newSingleThreadExecutor();
        try {
            CompletableFuture<Void> ended = new CompletableFuture<>();
            beside.execute(() -> {
                try {
                    troubles.run();
                    ended.complete(null);
                } catch (Exception | AssertionError e) {
                    ended.completeExceptionally(e);
                }
            });
            do {
                pass(source);
            } while (!ended.isDone());
            ended.get(0, TimeUnit.SECONDS);
        } finally {
            beside.shutdownNow();
        }
    }

    /** Over all of its part of the device, from the beginning, with flushes. */
    void pass(String source) throws IOException, InterruptedException {
        mustEndWell(command(source, "pass", passes.get(), 0, sizeBytes, "--bsrange=4k-64k", "--do_verify=1", "--verify_backlog=64",
                "--fsync=32"));
        passes.incrementAndGet();
    }

    /** Waits until a pass that began after this call has come to its good end. */
    void awaitWholePass() {
        int before = passes.get();
        rig.await("a whole pass of fio", () -> passes.get() >= before + 2);
    }

    /** Writes each block of a range once, and checks nothing yet. */
    void write(String source, int seed, long offset, long length, boolean flush) throws IOException, InterruptedException {
        mustEndWell(command(source, "write", seed, offset, length, "--bs=16k", "--do_verify=0", "--end_fsync=" + (flush ? 1 : 0)));
    }

    /** Each block is as {@link #write} with the same seed has left it. */
    void mustHold(String source, int seed, long offset, long length) throws IOException, InterruptedException {
        mustEndWell(command(source, "verify", seed, offset, length, "--bs=16k", "--verify_only=1"));
    }

    /** Writes a range over and over, never flushes, and ends when its device does. */
    Process startWriting(String source, int seed, long offset, long length) throws IOException {
        ProcessBuilder builder = new ProcessBuilder(command(source, "unflushed", seed, offset, length, "--bs=16k", "--do_verify=0",
                "--time_based=1", "--runtime=600"));
        builder.environment().merge("PATH", "/usr/bin:/bin", (path, system) -> path + File.pathSeparator + system);
        Path report = rig.folder().resolve("fio-unflushed.log");
        return builder.directory(rig.folder().toFile()).redirectErrorStream(true).redirectOutput(report.toFile()).start();
    }

    private List<String> command(String source, String name, int seed, long offset, long length, String... more) {
        List<String> words = new ArrayList<>(List.of("fio", "--name=" + name, "--ioengine=nbd", "--uri=" + rig.status(source).exportUri(),
                "--rw=randwrite", "--iodepth=8", "--offset=" + offset, "--size=" + length, "--randseed=" + (1 + seed), "--verify=pattern",
                "--verify_pattern=%o\"" + String.format("%04x", seed) + "\"", "--verify_fatal=1", "--verify_state_save=0"));
        words.addAll(List.of(more));
        return words;
    }

    private static void mustEndWell(List<String> command) throws IOException, InterruptedException {
        assertThat(ForeignTool.run(command.toArray(String[]::new))).contains("err= 0");
    }
}
