/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.integration.soak;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.netraid.integration.nbd.ProcessGauge;
import org.netraid.nbd.server.cli.NbdServerMain;

/** The server process of a soak run, in a heap small enough that a leak would not be overlooked, with Netty looking for lost buffers. */
final class SoakServer implements AutoCloseable {

    private static final Pattern USED = Pattern.compile("used (\\d+)K");

    private final Process process;
    private final Path log;
    /** Of the clients in this process, and of the client process. */
    final String uri;
    final String workerUri;

    SoakServer(SoakSettings settings) throws IOException {
        Path disk = image(settings, "disk.img");
        Path other = image(settings, "worker.img");
        log = settings.folder().resolve("server.log");
        List<String> command = new ArrayList<>(java("-Xmx256m", "-Dio.netty.leakDetection.level=advanced", NbdServerMain.class.getName(),
                "disk=" + disk, "worker=" + other));
        command.addAll(settings.tcp() ? List.of("--listen", "127.0.0.1:0")
                : List.of("--unix", settings.folder().resolve("sock").toString()));
        process = new ProcessBuilder(command).redirectError(log.toFile()).start();
        BufferedReader out = new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
        uri = out.readLine();
        workerUri = out.readLine();
        if (workerUri == null) {
            throw new IOException("the server did not start: " + Files.readString(log));
        }
    }

    private static Path image(SoakSettings settings, String name) throws IOException {
        Path path = settings.folder().resolve(name);
        try (RandomAccessFile file = new RandomAccessFile(path.toFile(), "rw")) {
            file.setLength(settings.sizeBytes());
        }
        return path;
    }

    /** The command line of a JVM with this one's class path. */
    static List<String> java(String... arguments) {
        List<String> command = new ArrayList<>(List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED", "-XX:-UsePerfData", "-cp",
                System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"))));
        command.addAll(List.of(arguments));
        return command;
    }

    ProcessGauge gauge() {
        return new ProcessGauge(process.pid());
    }

    boolean isAlive() {
        return process.isAlive();
    }

    /** Bytes of the heap in use after a full collection; -1 if this JDK has no jcmd. */
    long heapAfterCollection() throws IOException, InterruptedException {
        Path jcmd = Path.of(System.getProperty("java.home"), "bin", "jcmd");
        if (!Files.isExecutable(jcmd)) {
            return -1;
        }
        run(jcmd, "GC.run");
        Matcher used = USED.matcher(run(jcmd, "GC.heap_info"));
        return used.find() ? Long.parseLong(used.group(1)) << 10 : -1;
    }

    private String run(Path jcmd, String what) throws IOException, InterruptedException {
        Process run = new ProcessBuilder(jcmd.toString(), "" + process.pid(), what).redirectErrorStream(true).start();
        String out = new String(run.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        run.waitFor(90, TimeUnit.SECONDS);
        return out;
    }

    /** SIGTERM. @return the exit status, or -1 if it does not end */
    int terminate() throws InterruptedException {
        process.destroy();
        return process.waitFor(90, TimeUnit.SECONDS) ? process.exitValue() : -1;
    }

    String log() throws IOException {
        return Files.readString(log);
    }

    @Override
    public void close() {
        process.destroyForcibly();
    }
}
