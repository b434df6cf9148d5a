/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.integration.nbd;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.netraid.nbd.server.cli.NbdServerMain;

/** A real {@code nbd-server} process, started from the classes under test. */
final class ServerUnderTest implements AutoCloseable {

    private final Process process;
    private final Path errors;
    final String uri;

    /** Starts the server and waits for its URI. */
    ServerUnderTest(Path folder, String... arguments) throws IOException {
        errors = Files.createTempFile(folder, "nbd-server", ".err");
        process = builder(arguments).redirectError(errors.toFile()).start();
        BufferedReader out = new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
        uri = out.readLine();
        assertThat(uri).as("first line of standard output; standard error: " + Files.readString(errors)).startsWith("nbd");
    }

    /** Starts a server by a command line of the test's own, such as one with {@link #command} behind another program. */
    ServerUnderTest(Path folder, ProcessBuilder ready) throws IOException {
        errors = Files.createTempFile(folder, "nbd-server", ".err");
        process = ready.redirectError(errors.toFile()).start();
        uri = "";
    }

    /** Command line of the server. */
    static List<String> command(String... arguments) {
        return builder(arguments).command();
    }

    private static ProcessBuilder builder(String... arguments) {
        List<String> command = new ArrayList<>(List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED", "-XX:TieredStopAtLevel=1", "-cp",
                System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
                NbdServerMain.class.getName()));
        command.addAll(List.of(arguments));
        return new ProcessBuilder(command);
    }

    /** What a run that ends by itself has left. */
    record Result(int status, String out, String err) {
    }

    static Result runToEnd(String... arguments) throws IOException, InterruptedException {
        return runToEnd(builder(arguments));
    }

    static Result runToEnd(ProcessBuilder builder) throws IOException, InterruptedException {
        Path out = Files.createTempFile("netraid", ".out");
        Path err = Files.createTempFile("netraid", ".err");
        try {
            Process run = builder.redirectOutput(out.toFile()).redirectError(err.toFile()).start();
            boolean ended = run.waitFor(90, TimeUnit.SECONDS);
            if (!ended) {
                run.destroyForcibly();
            }
            assertThat(ended).as("ended within 60 s: " + builder.command()).isTrue();
            return new Result(run.exitValue(), Files.readString(out), Files.readString(err));
        } finally {
            Files.delete(out);
            Files.delete(err);
        }
    }

    /** SIGTERM. @return the exit status */
    int terminate() throws InterruptedException {
        process.destroy();
        assertThat(process.waitFor(90, TimeUnit.SECONDS)).as("ended after SIGTERM").isTrue();
        return process.exitValue();
    }

    String errors() throws IOException {
        return Files.readString(errors);
    }

    ProcessGauge gauge() {
        return new ProcessGauge(process.pid());
    }

    boolean isAlive() {
        return process.isAlive();
    }

    @Override
    public void close() {
        process.destroyForcibly();
    }
}
