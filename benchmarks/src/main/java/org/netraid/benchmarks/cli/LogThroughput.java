/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.benchmarks.cli;

import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.netraid.block.BlockDevice;
import org.netraid.block.BlockRequest;
import org.netraid.block.io.DiskWorkers;
import org.netraid.block.io.FileBlockDevice;
import org.netraid.block.io.FileDeviceOptions;
import org.netraid.fault.FaultPoints;
import org.netraid.intentlog.DiskIntentLog;
import org.netraid.intentlog.IntentLog;
import org.netraid.intentlog.IntentLogConfig;
import org.netraid.intentlog.NoIntentLog;
import org.netraid.intentlog.SlotState;
import org.netraid.link.io.NettyEventLoop;
import org.netraid.mirror.LegConfig;
import org.netraid.mirror.Mirror;
import org.netraid.mirror.MirrorConfig;

/**
 * Write rate of a mirror on a real sparse file with the intent log against without, 4 KiB at depth 32, in turns: every round measures
 * each workload once with and once without, in changing order, so that the machine's other load meets both. One target that costs nothing.
 */
public final class LogThroughput {

    private static final long DEVICE_BYTES = 64L << 30;
    private static final int WRITE_BYTES = 4096;
    private static final int DEPTH = 32;
    private static final int DISK_THREADS = 16;
    private static final double WARM_UP = 0.3;
    private static final long ZERO_BYTES = 1 << 20;

    /** What is written where. */
    private enum Workload {
        HOT("hot working set of 1 GiB", 1L << 30, 0),
        HOT_DURABLE("hot working set of 1 GiB, every write durable (FUA)", 1L << 30, BlockRequest.FUA),
        RANDOM("uniformly random over 64 GiB", DEVICE_BYTES, 0),
        RANDOM_DURABLE("uniformly random over 64 GiB, every write durable (FUA)", DEVICE_BYTES, BlockRequest.FUA);

        final String title;
        final long rangeBytes;
        final int flags;

        Workload(String title, long rangeBytes, int flags) {
            this.title = title;
            this.rangeBytes = rangeBytes;
            this.flags = flags;
        }
    }

    private final Path folder;
    private final double seconds;
    private final int rounds;
    private final int hotExtents;
    private final double warmUpSeconds;
    private final Set<Workload> workloads;
    private final NettyEventLoop loop;
    private final DiskWorkers workers = new DiskWorkers("disk", DISK_THREADS);
    private final SplittableRandom random = new SplittableRandom(1);

    private LogThroughput(Path folder, double seconds, int rounds, int hotExtents, double warmUpSeconds, Set<Workload> workloads,
            NettyEventLoop loop) {
        this.warmUpSeconds = warmUpSeconds;
        this.workloads = workloads;
        this.folder = folder;
        this.seconds = seconds;
        this.rounds = rounds;
        this.hotExtents = hotExtents;
        this.loop = loop;
    }

    /**
     * @param arguments folder for two files, seconds per measurement, rounds, extents of 4 MiB the log keeps hot, seconds before each
     *     measurement, workloads (names with commas, or "all")
     */
    public static void main(String[] arguments) throws Exception {
        if (arguments.length != 6) {
            System.err.println("usage: log-throughput FOLDER SECONDS ROUNDS HOT_EXTENTS WARM_UP_SECONDS WORKLOADS");
            System.exit(2);
        }
        Set<Workload> workloads = EnumSet.allOf(Workload.class);
        if (!arguments[5].equals("all")) {
            workloads.clear();
            Arrays.stream(arguments[5].split(",")).map(name -> Workload.valueOf(name.toUpperCase(Locale.ROOT))).forEach(workloads::add);
        }
        MultiThreadIoEventLoopGroup group = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
        NettyEventLoop loop = new NettyEventLoop((io.netty.channel.EventLoop) group.next(), error -> {
            error.printStackTrace();
            System.exit(1);
        });
        Path folder = Files.createDirectories(Path.of(arguments[0]));
        new LogThroughput(folder, Double.parseDouble(arguments[1]), Integer.parseInt(arguments[2]), Integer.parseInt(arguments[3]),
                Double.parseDouble(arguments[4]), workloads, loop).run();
        System.exit(0);
    }

    private void run() throws Exception {
        Path data = folder.resolve("throughput.data");
        Path logFile = folder.resolve("throughput.intent");
        IntentLogConfig config = IntentLogConfig.of(new UUID(1, 2), "bench", DEVICE_BYTES).withAlSlots(hotExtents);
        try {
            makeZeros(logFile, config.layout().sizeBytes());
            double[][] rates = new double[Workload.values().length * 2][rounds];
            for (int round = -1; round < rounds; round++) { // the first warms the program up and does not count
                for (Workload workload : workloads) {
                    for (int turn = 0; turn < 2; turn++) {
                        boolean withLog = (turn + round & 1) == 0;
                        double rate = measure(workload, withLog, data, logFile, config);
                        if (round >= 0) {
                            rates[workload.ordinal() * 2 + (withLog ? 0 : 1)][round] = rate;
                        }
                        System.err.printf(Locale.ROOT, "round %d %s %s: %.0f writes/s%n", round, workload,
                                withLog ? "log" : "no log", rate);
                    }
                }
            }
            for (Workload workload : workloads) {
                report(workload, rates[workload.ordinal() * 2], rates[workload.ordinal() * 2 + 1]);
            }
        } finally {
            Files.deleteIfExists(data);
            Files.deleteIfExists(logFile);
        }
    }

    private static void report(Workload workload, double[] with, double[] without) {
        double[] ratios = new double[with.length];
        for (int i = 0; i < with.length; i++) {
            ratios[i] = with[i] / without[i];
        }
        Arrays.sort(ratios);
        System.out.printf(Locale.ROOT, "%-58s with/without %.2f %.2f %.2f (min median max); median %.0f against %.0f writes/s%n",
                workload.title, ratios[0], ratios[ratios.length / 2], ratios[ratios.length - 1], median(with), median(without));
    }

    private static double median(double[] values) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        return sorted[sorted.length / 2];
    }

    private static void makeZeros(Path file, long bytes) throws IOException {
        ByteBuffer zeros = ByteBuffer.allocateDirect((int) ZERO_BYTES);
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.TRUNCATE_EXISTING,
                StandardOpenOption.WRITE)) {
            for (long at = 0; at < bytes;) {
                at += channel.write(zeros.clear().limit((int) Math.min(ZERO_BYTES, bytes - at)), at);
            }
            channel.force(true);
        }
    }

    private double measure(Workload workload, boolean withLog, Path data, Path logFile, IntentLogConfig config) throws Exception {
        FileDeviceOptions options = FileDeviceOptions.DEFAULT.withMode(FileDeviceOptions.Mode.WORKERS);
        BlockDevice local = FileBlockDevice.open(data, options.withCreateBytes(DEVICE_BYTES), loop, workers);
        BlockDevice logDevice = FileBlockDevice.open(logFile, options, loop, workers);
        CompletableFuture<IntentLog> opened = new CompletableFuture<>();
        if (withLog) {
            loop.execute(() -> DiskIntentLog.create(logDevice, config, loop, FaultPoints.NONE, (log, error) -> opened.complete(log)));
        } else {
            opened.complete(new NoIntentLog(DEVICE_BYTES, config.chunkBytes(), loop));
        }
        IntentLog log = opened.get(1, TimeUnit.MINUTES);
        CompletableFuture<Double> rate = new CompletableFuture<>();
        Mirror[] mirror = new Mirror[1];
        loop.execute(() -> {
            log.setSlot(0, "target", SlotState.TRACKING, error -> { });
            mirror[0] = new Mirror(MirrorConfig.of("bench", "source"), local, log, loop, FaultPoints.NONE);
            mirror[0].addLeg(new LegConfig(0, "target", "elsewhere"));
            mirror[0].connectLeg(0, new InstantTarget(loop, DEVICE_BYTES), true);
            new Writers(mirror[0], workload, random.split(), rate).start();
        });
        double result = rate.get(10, TimeUnit.MINUTES);
        CompletableFuture<Void> closed = new CompletableFuture<>();
        loop.execute(() -> mirror[0].close(() -> logDevice.close(() -> closed.complete(null))));
        closed.get(2, TimeUnit.MINUTES);
        return result;
    }

    /** Keeps the depth, first unmeasured for a while. */
    private final class Writers {
        private final Mirror mirror;
        private final Workload workload;
        private final SplittableRandom offsets;
        private final CompletableFuture<Double> rate;
        private final ByteBuffer data = ByteBuffer.allocateDirect(DEPTH * WRITE_BYTES);
        private long measureFromNs;
        private long endNs;
        private long count;
        private int open;

        Writers(Mirror mirror, Workload workload, SplittableRandom offsets, CompletableFuture<Double> rate) {
            this.mirror = mirror;
            this.workload = workload;
            this.offsets = offsets;
            this.rate = rate;
        }

        void start() {
            measureFromNs = System.nanoTime() + (long) (Math.max(seconds * WARM_UP, warmUpSeconds) * 1e9);
            endNs = measureFromNs + (long) (seconds * 1e9);
            for (int i = 0; i < DEPTH; i++) {
                open++;
                write(new BlockRequest(), data.slice(i * WRITE_BYTES, WRITE_BYTES));
            }
        }

        private void write(BlockRequest request, ByteBuffer payload) {
            long offset = offsets.nextLong(workload.rangeBytes / WRITE_BYTES) * WRITE_BYTES;
            mirror.submit(request.write(offset, payload.clear(), workload.flags, ended -> ended(ended, payload)));
        }

        private void ended(BlockRequest request, ByteBuffer payload) {
            if (request.error().isError()) {
                rate.completeExceptionally(new IOException(request + ": " + request.errorDetail()));
                return;
            }
            long now = System.nanoTime();
            count += now >= measureFromNs && now < endNs ? 1 : 0;
            if (now < endNs) {
                write(request, payload);
            } else if (--open == 0) {
                rate.complete(count / seconds);
            }
        }
    }
}
