/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.integration.daemon;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.netraid.integration.soak.LatencyHistogram;
import org.netraid.integration.soak.SoakClients;
import org.netraid.integration.soak.SoakModel;
import org.netraid.integration.soak.SoakSettings;

/**
 * A mirror of real daemons under a paced load whose every byte is checked, while protocols are changed, and targets are paused, stopped,
 * killed and cut off. At the end all copies are equal, and what source and target hold has not grown.
 */
final class MirrorSoakRun {

    private static final double MIB = 1 << 20;
    private static final int CONNECTIONS = 4;
    private static final int DEPTH = 8;
    private static final int CUT_EVERY = 3000;
    private static final String SOURCE = "source ";
    private static final String TARGET = "target ";

    private final Settings settings;
    private final PrintStream out;
    private final List<String> wrong = java.util.Collections.synchronizedList(new ArrayList<>());
    private final SoakSeries series = new SoakSeries();
    private long startNs;

    /**
     * What a run does.
     *
     * @param requestsPerSecond of the application
     * @param pauseMs of peace between two troubles
     * @param sampleMs between two lines of the table
     */
    record Settings(Path folder, long durationMs, long sizeBytes, int requestsPerSecond, long pauseMs, long sampleMs, long seed) {
        /** The JVMs have not compiled what they run; their memory still grows, and every stall shows. */
        boolean isShort() {
            return durationMs < TimeUnit.MINUTES.toMillis(10);
        }
    }

    MirrorSoakRun(Settings settings, PrintStream out) {
        this.settings = settings;
        this.out = out;
        int slack = settings.isShort() ? 8 : 1;
        for (String who : List.of(SOURCE, TARGET)) {
            series.allow(who + "heap", new SoakSeries.Allowance("MiB", 1, 3 * slack));
            series.allow(who + "direct memory", new SoakSeries.Allowance("MiB", 1, 12 * slack));
            series.allow(who + "resident", new SoakSeries.Allowance("MiB", 1, 24 * slack));
            series.allow(who + "descriptors", new SoakSeries.Allowance("open", 1, 6 * slack));
            // a device that a resync or a trouble needs brings a pool of 8, which goes when it has been idle
            series.allow(who + "threads", new SoakSeries.Allowance("running", 1, 12 * slack));
        }
        series.allow("journal", new SoakSeries.Allowance("MiB", 1, 64));
    }

    /** @return what was wrong; empty if all is well */
    List<String> run() throws IOException, InterruptedException {
        try (MirrorSoakCluster cluster = new MirrorSoakCluster(settings.folder(), settings.sizeBytes());
                LatencyReference reference = new LatencyReference(settings.folder());
                SoakClients clients = new SoakClients(cluster.exportUri(), new SoakSettings(Long.MAX_VALUE, CONNECTIONS, DEPTH,
                        settings.sizeBytes(), settings.folder(), false, CUT_EVERY, 0, settings.requestsPerSecond(), 1, settings.seed()))) {
            MirrorSoakTroubles troubles = new MirrorSoakTroubles(cluster, settings.seed());
            clients.start();
            startNs = System.nanoTime();
            head();
            ScheduledExecutorService sampler = Executors.newSingleThreadScheduledExecutor();
            sampler.scheduleAtFixedRate(() -> sample(cluster, clients, reference, troubles), settings.sampleMs(), settings.sampleMs(),
                    TimeUnit.MILLISECONDS);
            trouble(troubles, clients);
            sampler.shutdown();
            sampler.awaitTermination(120, TimeUnit.SECONDS);
            clients.finish();
            must(clients.awaitIdle(120_000), "the application's requests have not ended after two minutes");
            wrong.addAll(clients.wrong());
            say("%,d requests, %,d connections cut; %s", clients.done(), clients.kills(), troubles);
            heal(cluster, troubles);
            endAndCompare(cluster, clients.model());
        }
        judge();
        return wrong;
    }

    private boolean timeLeft() {
        return System.nanoTime() - startNs < TimeUnit.MILLISECONDS.toNanos(settings.durationMs()) && wrong.isEmpty();
    }

    private void trouble(MirrorSoakTroubles troubles, SoakClients clients) throws IOException {
        while (timeLeft() && clients.wrong().isEmpty()) {
            MirrorSoakTroubles.rest(settings.pauseMs(), this::timeLeft);
            troubles.next(this::timeLeft);
            must(troubles.recovered(this::timeLeft), "the mirror was not in sync five minutes after a trouble: " + troubles);
        }
    }

    private void heal(MirrorSoakCluster cluster, MirrorSoakTroubles troubles) {
        boolean healed = troubles.recovered(() -> true);
        must(healed, "the mirror does not heal: " + cluster.rig.status(MirrorSoakCluster.SOURCE));
    }

    private void endAndCompare(MirrorSoakCluster cluster, SoakModel model) throws IOException {
        cluster.rig.mustAct(MirrorSoakCluster.SOURCE, "stop");
        for (String node : List.of(MirrorSoakCluster.SOURCE, MirrorSoakCluster.STEADY, MirrorSoakCluster.KILLED)) {
            must(cluster.rig.stop(node) == 0, "the daemon of " + node + " did not end in order: " + cluster.rig.logs());
        }
        wrong.addAll(cluster.differing());
        ByteBuffer block = ByteBuffer.allocate(SoakModel.BLOCK_BYTES);
        try (FileChannel disk = FileChannel.open(cluster.rig.disk(MirrorSoakCluster.SOURCE))) {
            for (int i = 0; i < model.blocks() && wrong.isEmpty(); i++) {
                disk.read(block.clear(), (long) i * SoakModel.BLOCK_BYTES);
                String problem = model.check(block, 0, i, System.nanoTime());
                must(problem == null, "on the source's disk: " + problem);
            }
        }
        say("copies compared: %s", wrong.isEmpty() ? "all four are equal, and are what the application has written" : wrong);
    }

    // ---- the table

    private void head() {
        say("%6s %10s %15s %15s | %-37s | %-37s | %7s %8s", "time", "requests", "p50/p99 ms", "reference",
                "source: heap direct res. MiB fd thr", "target: heap direct res. MiB fd thr", "journal", "troubles");
    }

    private void sample(MirrorSoakCluster cluster, SoakClients clients, LatencyReference reference, MirrorSoakTroubles troubles) {
        try {
            LatencyHistogram writes = clients.takeWriteLatencies();
            LatencyHistogram quiet = reference.take();
            add(SOURCE, DaemonGauge.read(cluster.rig.daemon(MirrorSoakCluster.SOURCE).pid()));
            add(TARGET, DaemonGauge.read(cluster.rig.daemon(MirrorSoakCluster.STEADY).pid()));
            series.add("journal", cluster.rig.status(MirrorSoakCluster.SOURCE).journal().diskBytes() / MIB);
            latency("write ", writes);
            latency("reference ", quiet);
            say("%5.0fs %,10d %7.2f %7.2f %7.2f %7.2f | %s | %s | %7.1f %8d", (System.nanoTime() - startNs) / 1e9, clients.done(),
                    writes.perMilleNs(500) / 1e6, writes.perMilleNs(990) / 1e6, quiet.perMilleNs(500) / 1e6, quiet.perMilleNs(990) / 1e6,
                    gauges(SOURCE), gauges(TARGET), series.last("journal"), troubles.total());
        } catch (IOException | InterruptedException | RuntimeException | AssertionError e) {
            wrong.add("no sample: " + e);
        }
    }

    private void latency(String prefix, LatencyHistogram histogram) {
        series.add(prefix + "p50", histogram.perMilleNs(500) / 1e6);
        series.add(prefix + "p99", histogram.perMilleNs(990) / 1e6);
    }

    private void add(String who, DaemonGauge gauge) {
        series.add(who + "heap", gauge.heapBytes() / MIB);
        series.add(who + "direct memory", gauge.directBytes() / MIB);
        series.add(who + "resident", gauge.anonymousBytes() / MIB);
        series.add(who + "descriptors", gauge.descriptors());
        series.add(who + "threads", gauge.threads());
    }

    private String gauges(String who) {
        return String.format(Locale.ROOT, "%13.1f %6.1f %9.0f %3.0f %3.0f", series.last(who + "heap"), series.last(who + "direct memory"),
                series.last(who + "resident"), series.last(who + "descriptors"), series.last(who + "threads"));
    }

    /** Latency may grow as that of the reference has, which is the machine's doing. */
    private void judge() {
        if (!settings.isShort()) {
            series.allow("write p50", new SoakSeries.Allowance("ms", 2 * series.growth("reference p50"), 2));
            series.allow("write p99", new SoakSeries.Allowance("ms", 2 * series.growth("reference p99"), 50));
        }
        List<String> report = new ArrayList<>();
        List<String> grown = series.judge(report);
        report.forEach(line -> say("%s", line));
        wrong.addAll(grown);
    }

    private void must(boolean good, String otherwise) {
        if (!good) {
            wrong.add(otherwise);
        }
    }

    private void say(String format, Object... values) {
        out.println(String.format(Locale.ROOT, format, values));
        out.flush();
    }
}
