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
import org.netraid.intentlog.IntentLogLayout;
import org.netraid.intentlog.NoIntentLog;
import org.netraid.intentlog.SlotState;
import org.netraid.link.io.NettyEventLoop;
import org.netraid.mirror.LegConfig;
import org.netraid.mirror.Mirror;
import org.netraid.mirror.MirrorConfig;
import org.netraid.mirror.TargetCopy;

/**
 * Write rate of a mirror on a real sparse file with the intent log against without, 4 KiB at depth 32, in turns: every round measures
 * once with and once without, in changing order, so that the machine's other load meets both. Both mirrors stay open, so that the log
 * keeps what it has learned. One target that costs nothing.
 */
public final class LogThroughput {

    private static final long DEVICE_BYTES = 64L << 30;
    private static final int WRITE_BYTES = 4096;
    private static final int DEPTH = 32;
    private static final int DISK_THREADS = 16;
    private static final double RUN_UP = 0.1;
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
    private final IntentLogConfig config;
    private final double warmUpSeconds;
    private final Set<Workload> workloads;
    private final NettyEventLoop loop;
    private final DiskWorkers workers = new DiskWorkers("disk", DISK_THREADS);
    private final SplittableRandom random = new SplittableRandom(1);

    private LogThroughput(Path folder, double seconds, int rounds, IntentLogConfig config, double warmUpSeconds, Set<Workload> workloads,
            NettyEventLoop loop) {
        this.warmUpSeconds = warmUpSeconds;
        this.workloads = workloads;
        this.folder = folder;
        this.seconds = seconds;
        this.rounds = rounds;
        this.config = config;
        this.loop = loop;
    }

    /**
     * @param arguments folder for two files, seconds per measurement, rounds, extents of 4 MiB the log keeps hot ("auto" or a number),
     *     seconds before the first round, workloads (names with commas, or "all")
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
        new LogThroughput(folder, Double.parseDouble(arguments[1]), Integer.parseInt(arguments[2]), logConfig(arguments[3]),
                Double.parseDouble(arguments[4]), workloads, loop).run();
        System.exit(0);
    }

    private static IntentLogConfig logConfig(String hotExtents) {
        IntentLogConfig fixed = IntentLogConfig.of(new UUID(1, 2), "bench", DEVICE_BYTES);
        return hotExtents.equals("auto")
                ? fixed.withAlSlots(IntentLogLayout.roomFor(DEVICE_BYTES), IntentLogLayout.DEFAULT_AL_SLOTS)
                : fixed.withAlSlots(Integer.parseInt(hotExtents));
    }

    private void run() throws Exception {
        Path data = folder.resolve("throughput.data");
        Path logFile = folder.resolve("throughput.intent");
        try {
            for (Workload workload : workloads) {
                makeZeros(logFile, config.layout().sizeBytes());
                Side with = open(true, data, logFile);
                Side without = open(false, data, logFile);
                double[] ratesWith = new double[rounds];
                double[] ratesWithout = new double[rounds];
                for (int round = -1; round < rounds; round++) { // the first warms up and does not count
                    for (int turn = 0; turn < 2; turn++) {
                        Side side = (turn + round & 1) == 0 ? with : without;
                        double rate = measure(side, workload, round < 0 ? Math.max(warmUpSeconds, seconds) : seconds);
                        if (round >= 0) {
                            (side == with ? ratesWith : ratesWithout)[round] = rate;
                        }
                        System.err.printf(Locale.ROOT, "round %d %s %s: %.0f writes/s%s%n", round, workload,
                                side == with ? "log" : "no log", rate, side.logState());
                    }
                }
                close(with);
                close(without);
                report(workload, ratesWith, ratesWithout);
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

    /** A mirror over the data file, with a log or without. */
    private final class Side {
        private final Mirror mirror;
        private final BlockDevice logDevice;
        private final IntentLog log;
        private long coldBefore;

        Side(Mirror mirror, BlockDevice logDevice, IntentLog log) {
            this.mirror = mirror;
            this.logDevice = logDevice;
            this.log = log;
        }

        String logState() {
            if (!(log instanceof DiskIntentLog disk)) {
                return "";
            }
            long cold = disk.coldWrites() - coldBefore;
            coldBefore += cold;
            return ", " + cold + " waited for the log, " + disk.hotExtents() + " extents are hot";
        }
    }

    private Side open(boolean withLog, Path data, Path logFile) throws Exception {
        FileDeviceOptions options = FileDeviceOptions.DEFAULT.withMode(FileDeviceOptions.Mode.WORKERS).withExclusive(false);
        BlockDevice local = FileBlockDevice.open(data, options.withCreateBytes(DEVICE_BYTES), loop, workers);
        BlockDevice logDevice = FileBlockDevice.open(logFile, options, loop, workers);
        CompletableFuture<IntentLog> opened = new CompletableFuture<>();
        if (withLog) {
            loop.execute(() -> DiskIntentLog.create(logDevice, config, loop, FaultPoints.NONE, (log, error) -> opened.complete(log)));
        } else {
            opened.complete(new NoIntentLog(DEVICE_BYTES, config.chunkBytes(), loop));
        }
        IntentLog log = opened.get(1, TimeUnit.MINUTES);
        CompletableFuture<Mirror> made = new CompletableFuture<>();
        loop.execute(() -> {
            log.setSlot(0, "target", SlotState.TRACKING, error -> { });
            Mirror mirror = new Mirror(MirrorConfig.of("bench", "source"), local, log, loop, FaultPoints.NONE);
            mirror.addLeg(new LegConfig(0, "target", "elsewhere"));
            mirror.connectLeg(0, new InstantTarget(loop, DEVICE_BYTES), TargetCopy.foreign(true));
            made.complete(mirror);
        });
        return new Side(made.get(1, TimeUnit.MINUTES), logDevice, log);
    }

    /** Writes for a while, then flushes, so that the other side begins with a clean cache. */
    private double measure(Side side, Workload workload, double forSeconds) throws Exception {
        CompletableFuture<Double> rate = new CompletableFuture<>();
        loop.execute(() -> new Writers(side.mirror, workload, random.split(), forSeconds, rate).start());
        double result = rate.get(10, TimeUnit.MINUTES);
        CompletableFuture<Void> flushed = new CompletableFuture<>();
        loop.execute(() -> side.mirror.submit(new BlockRequest().flush(ended -> flushed.complete(null))));
        flushed.get(2, TimeUnit.MINUTES);
        return result;
    }

    private void close(Side side) throws Exception {
        CompletableFuture<Void> closed = new CompletableFuture<>();
        loop.execute(() -> side.mirror.close(() -> side.logDevice.close(() -> closed.complete(null))));
        closed.get(2, TimeUnit.MINUTES);
    }

    /** Keeps the depth, first unmeasured for a moment. */
    private final class Writers {
        private final Mirror mirror;
        private final Workload workload;
        private final SplittableRandom offsets;
        private final double forSeconds;
        private final CompletableFuture<Double> rate;
        private final ByteBuffer data = ByteBuffer.allocateDirect(DEPTH * WRITE_BYTES);
        private long measureFromNs;
        private long endNs;
        private long count;
        private int open;

        Writers(Mirror mirror, Workload workload, SplittableRandom offsets, double forSeconds, CompletableFuture<Double> rate) {
            this.forSeconds = forSeconds;
            this.mirror = mirror;
            this.workload = workload;
            this.offsets = offsets;
            this.rate = rate;
        }

        void start() {
            measureFromNs = System.nanoTime() + (long) (forSeconds * RUN_UP * 1e9);
            endNs = measureFromNs + (long) (forSeconds * 1e9);
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
                rate.complete(count / forSeconds);
            }
        }
    }
}
