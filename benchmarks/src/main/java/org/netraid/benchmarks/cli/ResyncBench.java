/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.benchmarks.cli;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.netraid.block.BlockRequest;
import org.netraid.nbd.client.NbdClientDevice;
import org.netraid.resync.ResyncTotals;

/**
 * What a resync costs against the best other tools, in turns within one run so that the machine's other load meets all of them. The source
 * runs in this process, each target is an {@code nbd-server} process on a unix socket. A first round warms up and does not count.
 */
public final class ResyncBench {

    static final String USAGE = """
            usage: bin/bench resync [PART...] [--size SIZE] [--rounds N] [--folder FOLDER] [--seconds N] [--rate N]
              full       random data to one target, against nbdcopy --flush and qemu-img convert -n to the same server
              three      the same to 3 targets at once, against the better of 3 nbdcopy and 3 qemu-img at once
              partial    SIZE dirty in random 64 KiB chunks of 1 TiB, against writing the same pattern over NBD
              latency    99th percentile of 4 KiB writes at --rate per second during a resync, against without
              saturated  a resync while an application writes 4 KiB at depth 32 as fast as it can
              equal      full resync of a target that has everything
            defaults: all parts, --size 256M --rounds 3 --folder /dev/shm --seconds 5 --rate 1000
            Needs room for 4 times SIZE, part three for 4 times as well.
            """;
    private static final int BLOCK_BYTES = 1 << 20;
    private static final int CHUNK_BYTES = 64 << 10;
    private static final long SPARSE_BYTES = 1L << 40;
    private static final int DEPTH = 16;
    private static final int SATURATING_DEPTH = 32;

    private final Path folder;
    private final long sizeBytes;
    private final int rounds;
    private final double seconds;
    private final int rate;
    private final BenchSource source;
    private final Path disk;

    private ResyncBench(Path folder, long sizeBytes, int rounds, double seconds, int rate) {
        this.folder = folder;
        this.sizeBytes = sizeBytes;
        this.rounds = rounds;
        this.seconds = seconds;
        this.rate = rate;
        this.source = new BenchSource(folder);
        this.disk = folder.resolve("source.data");
    }

    public static void main(String[] arguments) throws Exception {
        List<String> parts = new ArrayList<>();
        long size = 256L << 20;
        int rounds = 3;
        double seconds = 5;
        int rate = 1000;
        Path folder = Path.of("/dev/shm");
        for (int i = 0; i < arguments.length; i++) {
            String value = i + 1 < arguments.length ? arguments[i + 1] : "";
            switch (arguments[i]) {
                case "--size" -> size = bytes(value);
                case "--rounds" -> rounds = Integer.parseInt(value);
                case "--folder" -> folder = Path.of(value);
                case "--seconds" -> seconds = Double.parseDouble(value);
                case "--rate" -> rate = Integer.parseInt(value);
                case "full", "three", "partial", "latency", "saturated", "equal" -> parts.add(arguments[i--]);
                default -> {
                    System.err.print(USAGE);
                    System.exit(2);
                }
            }
            i++;
        }
        Path own = Files.createTempDirectory(folder, "netraid-resync");
        ResyncBench bench = new ResyncBench(own, size, Math.max(1, rounds), seconds, rate);
        try {
            bench.run(parts.isEmpty() ? List.of("full", "three", "partial", "latency", "saturated", "equal") : parts);
        } finally {
            Files.deleteIfExists(bench.disk);
            bench.source.close();
            Files.deleteIfExists(own);
        }
        System.exit(0);
    }

    private static long bytes(String text) {
        int unit = "kmgt".indexOf(Character.toLowerCase(text.charAt(text.length() - 1)));
        return Long.parseLong(unit < 0 ? text : text.substring(0, text.length() - 1)) << (unit + 1) * 10;
    }

    private void run(List<String> parts) throws Exception {
        for (String part : parts) {
            switch (part) {
                case "full" -> full();
                case "three" -> three();
                case "partial" -> partial();
                case "latency" -> latency();
                case "saturated" -> saturated();
                default -> equal();
            }
        }
    }

    // ---- idle

    private void full() throws Exception {
        makeRandom();
        try (BenchTarget target = new BenchTarget(folder, "t0", sizeBytes)) {
            double[] ours = new double[rounds];
            double[] nbdcopy = new double[rounds];
            double[] qemu = new double[rounds];
            double[][] cpu = new double[3][rounds];
            for (int round = -1; round < rounds; round++) {
                int at = Math.max(0, round);
                for (int turn = 0; turn < 3; turn++) {
                    target.blank();
                    int tool = Math.floorMod(turn + round, 3);
                    double cpuBefore = cpuSeconds(target, tool == 0);
                    switch (tool) {
                        case 0 -> {
                            source.start(disk, sizeBytes, 1, false);
                            ours[at] = source.syncAll(target);
                            source.stop();
                        }
                        case 1 -> nbdcopy[at] = time(List.of(nbdcopy(target)));
                        default -> qemu[at] = time(List.of(qemu(target)));
                    }
                    cpu[tool][at] = cpuSeconds(target, tool == 0) - cpuBefore;
                }
            }
            requireEqual(target);
            double[] ratios = new double[rounds];
            for (int i = 0; i < rounds; i++) {
                ratios[i] = Math.min(nbdcopy[i], qemu[i]) / ours[i];
            }
            System.out.printf(Locale.ROOT, "full       speed against the better of nbdcopy, qemu-img %s; "
                    + "median %.0f against %.0f, %.0f MB/s; CPU seconds of both sides %.2f against %.2f, %.2f%n",
                    spread(ratios), megabytes(ours), megabytes(nbdcopy), megabytes(qemu), median(cpu[0]), median(cpu[1]), median(cpu[2]));
        }
    }

    /** Of the server and of who copies to it: this process, or its children that have ended. */
    private static double cpuSeconds(BenchTarget target, boolean ours) throws IOException {
        return CpuSeconds.of(target.pid()) + (ours ? CpuSeconds.of(ProcessHandle.current().pid()) : CpuSeconds.ofEndedChildren());
    }

    private void three() throws Exception {
        makeRandom();
        try (BenchTarget a = new BenchTarget(folder, "t0", sizeBytes); BenchTarget b = new BenchTarget(folder, "t1", sizeBytes);
                BenchTarget c = new BenchTarget(folder, "t2", sizeBytes)) {
            double[] ours = new double[rounds];
            double[] nbdcopy = new double[rounds];
            double[] qemu = new double[rounds];
            double[] read = new double[rounds];
            ResyncTotals totals = ResyncTotals.NONE;
            for (int round = -1; round < rounds; round++) {
                int at = Math.max(0, round);
                for (int turn = 0; turn < 3; turn++) {
                    a.blank();
                    b.blank();
                    c.blank();
                    switch (Math.floorMod(turn + round, 3)) {
                        case 0 -> {
                            source.start(disk, sizeBytes, 3, false);
                            ours[at] = source.syncAll(a, b, c);
                            totals = source.call(() -> source.resyncs.totals());
                            read[at] = (double) totals.localBytesRead() / sizeBytes;
                            source.stop();
                        }
                        case 1 -> nbdcopy[at] = time(List.of(nbdcopy(a), nbdcopy(b), nbdcopy(c)));
                        default -> qemu[at] = time(List.of(qemu(a), qemu(b), qemu(c)));
                    }
                }
            }
            double[] theirs = new double[rounds];
            for (int i = 0; i < rounds; i++) {
                theirs[i] = Math.min(nbdcopy[i], qemu[i]);
            }
            requireEqual(a);
            requireEqual(c);
            System.out.printf(Locale.ROOT, "three      speed against the better of 3 nbdcopy, 3 qemu-img at once %s; median %.0f against "
                    + "%.0f, %.0f MB/s to each; read locally, times the size %s; sent %.3f times%n", spread(ratios(theirs, ours)),
                    megabytes(ours), megabytes(nbdcopy), megabytes(qemu), spread(read), (double) totals.bytesSent() / sizeBytes);
        }
    }

    private void equal() throws Exception {
        makeRandom();
        try (BenchTarget target = new BenchTarget(folder, "t0", sizeBytes)) {
            time(List.of(nbdcopy(target)));
            double[] share = new double[rounds];
            double[] took = new double[rounds];
            long compareMillis = 0;
            for (int round = 0; round < rounds; round++) {
                source.start(disk, sizeBytes, 1, false);
                took[round] = source.syncAll(target);
                ResyncTotals totals = source.call(() -> source.resyncs.totals());
                share[round] = 100.0 * totals.bytesSent() / sizeBytes;
                compareMillis = totals.comparingNs() / 1_000_000;
                source.stop();
            }
            System.out.printf(Locale.ROOT, "equal      sent, percent of the size %s; median %.0f MB/s, %d ms of it hashing%n",
                    spread(share),
                    megabytes(took), compareMillis);
        }
    }

    // ---- partial

    private void partial() throws Exception {
        try (RandomAccessFile access = new RandomAccessFile(disk.toFile(), "rw")) {
            access.setLength(0);
            access.setLength(SPARSE_BYTES);
        }
        try (BenchTarget target = new BenchTarget(folder, "t0", SPARSE_BYTES)) {
            long[] chunks = new SplittableRandom(5).longs(sizeBytes / CHUNK_BYTES, 0, SPARSE_BYTES / CHUNK_BYTES).distinct().toArray();
            double[] ours = new double[rounds];
            double[] theirs = new double[rounds];
            double[] first = new double[rounds];
            source.start(disk, SPARSE_BYTES, 1, true);
            source.syncAll(target);
            NbdClientDevice plain = source.dial(target);
            for (int round = -1; round < rounds; round++) {
                int at = Math.max(0, round);
                source.call(() -> {
                    source.mirror.legLost(0, "for the measurement");
                    return null;
                });
                write(source.mirror, chunks, round);
                target.blank();
                theirs[at] = write(plain, chunks, round);
                target.blank();
                long startNs = System.nanoTime();
                ours[at] = source.syncAll(target);
                first[at] = (source.firstBytesNs() - startNs) / 1e6;
            }
            source.stop();
            System.out.printf(Locale.ROOT, "partial    time against plain writes of the same chunks %s; median %.2f against %.2f s; "
                    + "first chunk after %s ms%n", spread(ratios(ours, theirs)), median(ours), median(theirs), spread(first));
        }
    }

    /** Writes random data to all the chunks, in order, then flushes. @return seconds */
    private double write(org.netraid.block.BlockDevice device, long[] chunks, int round) throws Exception {
        byte[] bytes = new byte[CHUNK_BYTES];
        new SplittableRandom(round).nextBytes(bytes);
        long[] sorted = chunks.clone();
        Arrays.sort(sorted);
        long startNs = System.nanoTime();
        CountDownLatch ended = new CountDownLatch(DEPTH);
        int[] next = {0};
        source.loop.execute(() -> {
            for (int i = 0; i < DEPTH; i++) {
                ByteBuffer data = ByteBuffer.allocateDirect(CHUNK_BYTES).put(bytes);
                writeNext(device, sorted, next, new BlockRequest(), data, ended);
            }
        });
        ended.await();
        CompletableFuture<Void> flushed = new CompletableFuture<>();
        source.loop.execute(() -> device.submit(new BlockRequest().flush(done -> flushed.complete(null))));
        flushed.get(1, TimeUnit.MINUTES);
        return (System.nanoTime() - startNs) / 1e9;
    }

    private static void writeNext(org.netraid.block.BlockDevice device, long[] chunks, int[] next, BlockRequest request, ByteBuffer data,
            CountDownLatch ended) {
        if (next[0] == chunks.length) {
            ended.countDown();
            return;
        }
        long offset = chunks[next[0]++] * CHUNK_BYTES;
        device.submit(request.write(offset, data.clear(), 0, done -> {
            if (done.error().isError()) {
                throw new IllegalStateException(done + ": " + done.errorDetail());
            }
            writeNext(device, chunks, next, request, data, ended);
        }));
    }

    // ---- beside an application

    private void latency() throws Exception {
        makeRandom();
        try (BenchTarget target = new BenchTarget(folder, "t0", sizeBytes)) {
            double[] ratios = new double[rounds];
            double[] quiet = new double[rounds];
            double[] speed = new double[rounds];
            for (int round = -1; round < rounds; round++) {
                int at = Math.max(0, round);
                target.blank();
                source.start(disk, sizeBytes, 1, false);
                source.syncAll(target);
                BenchApplication application = new BenchApplication(source.loop, source.mirror);
                application.runAtRate(rate, seconds / 2);
                quiet[at] = application.runAtRate(rate, seconds) / 1e3;
                target.blank();
                source.expectSync(1);
                long startNs = System.nanoTime();
                source.call(() -> source.mirror.fullResync(0));
                Thread watcher = new Thread(() -> {
                    try {
                        source.awaitInSync();
                    } catch (Exception e) {
                        e.printStackTrace();
                    }
                    application.stop();
                });
                watcher.start();
                double busy = application.runAtRate(rate, seconds * 10) / 1e3;
                double took = (System.nanoTime() - startNs) / 1e9;
                ResyncTotals totals = source.call(() -> source.resyncs.totals());
                speed[at] = source.isInSync() ? sizeBytes / 1e6 / took : (totals.bytesSent() + totals.bytesAsZeros()) / 1e6 / took;
                source.awaitInSync();
                watcher.join();
                source.stop();
                ratios[at] = busy / quiet[at];
            }
            requireEqual(target);
            System.out.printf(Locale.ROOT, "latency    p99 of %d writes/s during the resync against without %s; median quiet %.0f us; "
                    + "resync %.0f MB/s%n", rate, spread(ratios), median(quiet), median(speed));
        }
    }

    private void saturated() throws Exception {
        makeRandom();
        try (BenchTarget target = new BenchTarget(folder, "t0", sizeBytes)) {
            double[] took = new double[rounds];
            double[] share = new double[rounds];
            for (int round = 0; round < rounds; round++) {
                target.blank();
                source.start(disk, sizeBytes, 1, false);
                source.syncAll(target);
                BenchApplication quiet = new BenchApplication(source.loop, source.mirror);
                Thread timer = stopAfter(quiet, seconds / 2);
                double alone = quiet.runAtDepth(SATURATING_DEPTH);
                timer.join();
                target.blank();
                source.expectSync(1);
                BenchApplication application = new BenchApplication(source.loop, source.mirror);
                long startNs = System.nanoTime();
                source.call(() -> source.mirror.fullResync(0));
                Thread ender = new Thread(() -> {
                    try {
                        source.awaitInSync();
                    } catch (Exception e) {
                        e.printStackTrace();
                    }
                    application.stop();
                });
                ender.start();
                double during = application.runAtDepth(SATURATING_DEPTH);
                took[round] = (System.nanoTime() - startNs) / 1e9;
                share[round] = during / alone;
                ender.join();
                source.stop();
            }
            requireEqual(target);
            System.out.printf(Locale.ROOT, "saturated  converged in %s s; the application keeps %s of its writes per second%n",
                    spread(took),
                    spread(share));
        }
    }

    private static Thread stopAfter(BenchApplication application, double seconds) {
        Thread timer = new Thread(() -> {
            try {
                Thread.sleep((long) (seconds * 1000));
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            application.stop();
        });
        timer.start();
        return timer;
    }

    // ---- helpers

    private List<String> nbdcopy(BenchTarget target) {
        return List.of("nbdcopy", "--flush", disk.toString(), target.uri());
    }

    private List<String> qemu(BenchTarget target) {
        return List.of("qemu-img", "convert", "-n", "-f", "raw", "-O", "raw", disk.toString(), target.uri());
    }

    /** Runs all commands at once. @return seconds until the last has ended */
    private static double time(List<List<String>> commands) throws Exception {
        long startNs = System.nanoTime();
        List<Process> processes = new ArrayList<>();
        for (List<String> command : commands) {
            processes.add(new ProcessBuilder(command).inheritIO().start());
        }
        for (Process process : processes) {
            if (process.waitFor() != 0) {
                throw new IOException(commands + " ended with " + process.exitValue());
            }
        }
        return (System.nanoTime() - startNs) / 1e9;
    }

    private void makeRandom() throws IOException {
        Files.deleteIfExists(disk);
        SplittableRandom random = new SplittableRandom(7);
        byte[] block = new byte[BLOCK_BYTES];
        try (FileChannel channel = FileChannel.open(disk, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
            for (long at = 0; at < sizeBytes; at += BLOCK_BYTES) {
                random.nextBytes(block);
                channel.write(ByteBuffer.wrap(block, 0, (int) Math.min(BLOCK_BYTES, sizeBytes - at)), at);
            }
        }
    }

    private void requireEqual(BenchTarget target) throws IOException {
        long at = Files.mismatch(disk, target.file);
        if (at >= 0) {
            throw new IOException("the target differs from the source at offset " + at);
        }
    }

    private static double[] ratios(double[] over, double[] under) {
        double[] ratios = new double[over.length];
        for (int i = 0; i < over.length; i++) {
            ratios[i] = over[i] / under[i];
        }
        return ratios;
    }

    private double megabytes(double[] secondsEach) {
        return sizeBytes / 1e6 / median(secondsEach);
    }

    private static double median(double[] values) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        return sorted[sorted.length / 2];
    }

    private static String spread(double[] values) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        return String.format(Locale.ROOT, "%.2f %.2f %.2f (min median max)", sorted[0], sorted[sorted.length / 2],
                sorted[sorted.length - 1]);
    }
}
