/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.benchmarks.cli;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.netraid.link.LinkAddress;
import org.netraid.nbd.client.NbdTarget;
import org.netraid.nbd.server.cli.NbdServerMain;

/** An {@code nbd-server} process with one file, to be filled. */
final class BenchTarget implements AutoCloseable {

    private static final String EXPORT = "t";

    final Path file;
    private final Path socket;
    private final long sizeBytes;
    private final Process process;

    BenchTarget(Path folder, String name, long sizeBytes) throws IOException {
        this.sizeBytes = sizeBytes;
        file = folder.resolve(name + ".data");
        socket = folder.resolve(name + ".sock");
        Files.deleteIfExists(socket);
        blank();
        process = new ProcessBuilder(List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED", "-Xmx512m", "-cp", System.getProperty("java.class.path"),
                NbdServerMain.class.getName(), EXPORT + "=" + file, "--unix", socket.toString()))
                .redirectError(ProcessBuilder.Redirect.INHERIT).start();
        String line = new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8)).readLine();
        if (line == null || !line.startsWith("nbd")) {
            throw new IOException("the server did not start: " + line);
        }
    }

    /** Nothing but a hole again. */
    void blank() throws IOException {
        try (RandomAccessFile access = new RandomAccessFile(file.toFile(), "rw")) {
            access.setLength(0);
            access.setLength(sizeBytes);
        }
    }

    NbdTarget address() {
        return new NbdTarget(LinkAddress.unix(socket.toString()), EXPORT);
    }

    long pid() {
        return process.pid();
    }

    String uri() {
        return "nbd+unix:///" + EXPORT + "?socket=" + socket;
    }

    @Override
    public void close() throws IOException {
        process.destroy();
        try {
            if (!process.waitFor(20, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        Files.deleteIfExists(file);
        Files.deleteIfExists(socket);
    }
}
