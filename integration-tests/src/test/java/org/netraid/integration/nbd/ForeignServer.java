/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.integration.nbd;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** A server process of someone else, on a free TCP port or on a unix socket in a folder of the test's. */
public final class ForeignServer implements AutoCloseable {

    /** A server that makes itself a daemon leaves its process id here. */
    private static final String DAEMON_PID = "daemon.pid";

    private final Process process;
    private final Path pidFile;
    private final boolean daemon;
    private final String uri;
    private final Path log;

    private ForeignServer(List<String> command, String uri, Path folder) throws IOException {
        this.uri = uri;
        this.pidFile = folder.resolve(DAEMON_PID);
        this.log = folder.resolve("server.log");
        daemon = command.contains("-p") && command.contains(pidFile.toString());
        process = new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile()).start();
    }

    /** @param arguments plugin, filters and their settings */
    public static ForeignServer nbdkit(Path folder, boolean unix, String... arguments) throws IOException {
        Path socket = folder.resolve("nbdkit.sock");
        int port = unix ? 0 : FreePorts.next();
        List<String> command = new ArrayList<>(List.of(installed("nbdkit"), "-f", "--exit-with-parent"));
        command.addAll(unix ? List.of("-U", socket.toString()) : List.of("-i", "127.0.0.1", "-p", "" + port));
        command.addAll(List.of(arguments));
        return new ForeignServer(command, uri(unix, socket, port, ""), folder);
    }

    public static ForeignServer qemuNbd(Path folder, boolean unix, Path file, String... more) throws IOException {
        Path socket = folder.resolve("qemu.sock");
        int port = unix ? 0 : FreePorts.next();
        List<String> command = new ArrayList<>(List.of(installed("qemu-nbd"), "-t", "-f", "raw", "-x", "disk", "-e", "4",
                "--discard=unmap", "-D", "from a test"));
        command.addAll(unix ? List.of("-k", socket.toString()) : List.of("-b", "127.0.0.1", "-p", "" + port));
        command.addAll(List.of(more));
        command.add(file.toString());
        return new ForeignServer(command, uri(unix, socket, port, "disk"), folder);
    }

    public static ForeignServer nbdServer(Path folder, boolean unix, Path file) throws IOException {
        Path socket = folder.resolve("nbd-server.sock");
        int port = FreePorts.next();
        Path config = folder.resolve("nbd-server.conf");
        Files.writeString(config, "[generic]\nlistenaddr = 127.0.0.1\nport = " + port + "\nallowlist = true\n"
                + (unix ? "unixsock = " + socket + "\n" : "")
                + "[disk]\nexportname = " + file + "\nflush = true\nfua = true\ntrim = true\n");
        return new ForeignServer(List.of(installed("nbd-server"), "-C", config.toString(), "-p",
                folder.resolve(DAEMON_PID).toString()), uri(unix, socket, port, "disk"), folder);
    }

    private static String uri(boolean unix, Path socket, int port, String export) {
        return unix ? "nbd+unix:///" + export + "?socket=" + socket : "nbd://127.0.0.1:" + port + "/" + export;
    }

    /** Path of the program; skips the test, loudly, if it is missing. */
    public static String installed(String program) {
        for (String folder : (System.getenv("PATH") + ":/usr/sbin:/sbin").split(":")) {
            if (Files.isExecutable(Path.of(folder, program))) {
                return Path.of(folder, program).toString();
            }
        }
        System.err.println("SKIPPED: " + program + " is not installed");
        assumeTrue(false, program + " is not installed");
        return program;
    }

    public String uri() {
        return uri;
    }

    public boolean isAlive() {
        return server().isAlive() || daemon && !Files.exists(pidFile);
    }

    private ProcessHandle server() {
        try {
            String pid = Files.exists(pidFile) ? Files.readString(pidFile).strip() : "";
            return pid.isEmpty() ? process.toHandle() : ProcessHandle.of(Long.parseLong(pid)).orElse(process.toHandle());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** What it has printed. */
    public String log() throws IOException {
        return Files.readString(log);
    }

    /** As kill -9. */
    public void kill() {
        ProcessHandle server = server();
        server.destroyForcibly();
        await(server, 10);
    }

    @Override
    public void close() {
        ProcessHandle server = server();
        server.destroy();
        if (!await(server, 5)) {
            kill();
        }
    }

    private static boolean await(ProcessHandle server, long seconds) {
        try {
            server.onExit().get(seconds, TimeUnit.SECONDS);
            return true;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        } catch (ExecutionException | TimeoutException e) {
            return false;
        }
    }
}
