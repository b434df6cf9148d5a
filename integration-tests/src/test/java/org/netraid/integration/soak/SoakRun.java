/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.integration.soak;

import java.io.IOException;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionTimeoutException;
import org.netraid.integration.nbd.ProcessGauge;

/** One run: starts the server, lets the clients loose, samples the server, and judges it at the end. */
final class SoakRun {

    private static final int MIB = 1 << 20;
    /** Short runs are over before the JVM has compiled what it runs; its memory still grows then. */
    private static final long SHORT_RUN = 2_000_000;
    private static final long MAX_GROWTH_BYTES = 32 * MIB;
    private static final long MAX_GROWTH_SHORT_BYTES = 192 * MIB;
    private static final long MAX_HEAP_GROWTH_BYTES = 4 * MIB;
    private static final long STALL_NS = TimeUnit.SECONDS.toNanos(90);

    private final SoakSettings settings;
    private final PrintStream out;
    private final List<String> wrong = new ArrayList<>();
    private final List<Long> residentBytes = new ArrayList<>();
    private final SplittableRandom random;
    private int processKills;

    SoakRun(SoakSettings settings, PrintStream out) {
        this.settings = settings;
        this.out = out;
        this.random = new SplittableRandom(settings.seed());
    }

    /** @return what was wrong; empty if all is well */
    List<String> run() throws IOException, InterruptedException {
        try (SoakServer server = new SoakServer(settings)) {
            warmUp(server);
            int descriptorsBefore = server.gauge().descriptors();
            long startNs = System.nanoTime();
            long doneRequests;
            long kills;
            try (SoakClients clients = new SoakClients(server.uri, settings)) {
                clients.start();
                watch(server, clients, startNs);
                wrong.addAll(clients.wrong());
                doneRequests = clients.done();
                kills = clients.kills();
            }
            double seconds = (System.nanoTime() - startNs) / 1e9;
            say("%,d requests in %.0f s, %,.0f a second; %,d clients cut, %d client processes killed", doneRequests, seconds,
                    doneRequests / seconds, kills, processKills);
            judgeEnd(server, descriptorsBefore);
        }
        return wrong;
    }

    /** What the server opens once, it opens now. */
    private void warmUp(SoakServer server) throws IOException, InterruptedException {
        int idle = server.gauge().descriptors();
        try (SoakClients clients = new SoakClients(server.uri, new SoakSettings(500, 1, 8, settings.sizeBytes(), settings.folder(),
                settings.tcp(), 0, 0, 0, 1, settings.seed()))) {
            clients.start();
            clients.awaitIdle(60_000);
            wrong.addAll(clients.wrong());
        }
        // jcmd opens one that stays
        server.heapAfterCollection();
        say("descriptors of the server: %d at first, %d after the first client has left and jcmd has looked", idle,
                server.gauge().descriptors());
    }

    private void watch(SoakServer server, SoakClients clients, long startNs) throws IOException, InterruptedException {
        long step = Math.max(1, settings.requests() / settings.samples());
        long nextSample = step;
        long lastDone = 0;
        long lastProgressNs = startNs;
        Process worker = null;
        long workerEndNs = 0;
        long heapBefore = -1;
        while (!clients.awaitIdle(50)) {
            long nowNs = System.nanoTime();
            long done = clients.done();
            if (done != lastDone) {
                lastDone = done;
                lastProgressNs = nowNs;
            } else if (nowNs - lastProgressNs > STALL_NS) {
                wrong.add("no progress for " + TimeUnit.NANOSECONDS.toSeconds(STALL_NS) + " s");
                break;
            }
            if (!server.isAlive()) {
                wrong.add("the server died");
                break;
            }
            if (settings.killProcessSeconds() > 0 && nowNs >= workerEndNs) {
                endWorker(worker);
                worker = startWorker(server);
                workerEndNs = nowNs + (1 + random.nextLong(2L * settings.killProcessSeconds())) * 1_000_000_000L;
            }
            if (done >= nextSample) {
                if (heapBefore < 0) {
                    heapBefore = server.heapAfterCollection();
                }
                sample(server.gauge(), done, clients.kills(), (nowNs - startNs) / 1e9);
                nextSample = (done / step + 1) * step;
            }
        }
        endWorker(worker);
        long heapAfter = server.isAlive() ? server.heapAfterCollection() : -1;
        if (heapBefore >= 0 && heapAfter >= 0) {
            say("heap after a full collection: %.1f MiB early, %.1f MiB now", heapBefore / (double) MIB, heapAfter / (double) MIB);
            must(heapAfter - heapBefore <= MAX_HEAP_GROWTH_BYTES, "the heap has grown by " + (heapAfter - heapBefore) / MIB + " MiB");
        }
    }

    private void sample(ProcessGauge gauge, long done, long kills, double seconds) throws IOException {
        residentBytes.add(gauge.residentBytes());
        say("%6.0f s %,12d requests %,8d cuts   server: %4d MiB resident, %3d descriptors, %2d threads", seconds, done, kills,
                gauge.residentBytes() / MIB, gauge.descriptors(), gauge.threads());
    }

    private Process startWorker(SoakServer server) throws IOException {
        return new ProcessBuilder(SoakServer.java("-Xmx64m", "-XX:TieredStopAtLevel=1", SoakMain.class.getName(), "--worker",
                server.workerUri, "--size", "" + settings.sizeBytes(), "--seed", "" + random.nextInt(1 << 30)))
                .redirectErrorStream(true).redirectOutput(settings.folder().resolve("worker.log").toFile()).start();
    }

    /** SIGKILL; a worker that has ended before has found something wrong. */
    private void endWorker(Process worker) throws IOException, InterruptedException {
        if (worker == null) {
            return;
        }
        if (!worker.isAlive()) {
            wrong.add("the client process ended by itself: "
                    + java.nio.file.Files.readString(settings.folder().resolve("worker.log")).strip());
        }
        worker.destroyForcibly().waitFor();
        processKills++;
    }

    private void judgeEnd(SoakServer server, int descriptorsBefore) throws IOException, InterruptedException {
        if (!server.isAlive()) {
            wrong.add("the server is dead: " + server.log());
            return;
        }
        int descriptors = descriptorsAtRest(server, descriptorsBefore);
        say("descriptors: %d before, %d after all clients are gone", descriptorsBefore, descriptors);
        must(descriptors <= descriptorsBefore, "descriptors are left: " + descriptors + ", before " + descriptorsBefore);
        judgeMemory();
        int status = server.terminate();
        say("the server ended with status %d (0: every payload buffer is back, all data flushed)", status);
        must(status == 0, "the server ended with status " + status);
        String log = server.log();
        must(!log.contains("LEAK") && !log.contains("internal error"), "the server's log: " + log);
    }

    /** Gives the server some time to see that its clients are gone. */
    private static int descriptorsAtRest(SoakServer server, int expected) throws IOException {
        try {
            Awaitility.await().atMost(90, TimeUnit.SECONDS).until(() -> server.gauge().descriptors() <= expected);
        } catch (ConditionTimeoutException tooMany) {
            return server.gauge().descriptors();
        }
        return server.gauge().descriptors();
    }

    /** The highest value of the last quarter against that of the second. */
    private void judgeMemory() {
        int quarter = residentBytes.size() / 4;
        if (quarter == 0) {
            return;
        }
        long early = highest(quarter, 2 * quarter);
        long late = highest(residentBytes.size() - quarter, residentBytes.size());
        long allowed = settings.requests() < SHORT_RUN ? MAX_GROWTH_SHORT_BYTES : MAX_GROWTH_BYTES;
        say("resident memory: at most %d MiB in the second quarter, %d MiB in the last; %d MiB of growth are allowed", early / MIB,
                late / MIB, allowed / MIB);
        must(late - early <= allowed, "resident memory has grown by " + (late - early) / MIB + " MiB");
    }

    private long highest(int from, int to) {
        return residentBytes.subList(from, to).stream().mapToLong(Long::longValue).max().orElseThrow();
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
