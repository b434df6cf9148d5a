/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.integration.daemon;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** A JVM of its own with this test's class path; what it prints goes to files. */
final class JavaProcess implements AutoCloseable {

    private final Process process;
    private final Path out;
    private final Path err;

    private JavaProcess(Process process, Path out, Path err) {
        this.process = process;
        this.out = out;
        this.err = err;
    }

    /**
     * @param name of the output files in {@code folder}: NAME.out is replaced, NAME.log grows
     */
    static JavaProcess start(Path folder, String name, List<String> jvmOptions, Class<?> main, String... arguments) throws IOException {
        return start(List.of(), folder, name, jvmOptions, main, arguments);
    }

    /** @param prefix a command that becomes the one that follows, such as {@code ip netns exec NAME} */
    static JavaProcess start(List<String> prefix, Path folder, String name, List<String> jvmOptions, Class<?> main, String... arguments)
            throws IOException {
        List<String> options = new ArrayList<>(jvmOptions);
        options.addAll(ClassArchive.classPath(main));
        return launch(prefix, folder, name, options, main, arguments);
    }

    /** @param jvmOptions with the class path */
    static JavaProcess startWith(List<String> jvmOptions, Path folder, String name, Class<?> main, String... arguments) throws IOException {
        return launch(List.of(), folder, name, jvmOptions, main, arguments);
    }

    private static JavaProcess launch(List<String> prefix, Path folder, String name, List<String> jvmOptions, Class<?> main,
            String... arguments) throws IOException {
        List<String> command = new ArrayList<>(prefix);
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "--enable-native-access=ALL-UNNAMED",
                "--add-opens", "java.base/java.lang.reflect=ALL-UNNAMED", "--add-opens", "java.base/sun.nio.ch=ALL-UNNAMED"));
        if (Runtime.version().feature() >= 24) {
            command.add("--sun-misc-unsafe-memory-access=allow");
        }
        command.addAll(jvmOptions);
        command.add(main.getName());
        command.addAll(List.of(arguments));
        Path out = folder.resolve(name + ".out");
        Path err = folder.resolve(name + ".log");
        ProcessBuilder builder = new ProcessBuilder(command).redirectOutput(out.toFile())
                .redirectError(ProcessBuilder.Redirect.appendTo(err.toFile()));
        Map<String, String> environment = builder.environment();
        environment.keySet().removeIf(key -> key.startsWith("NETRAID_") || key.equals("JAVA_TOOL_OPTIONS"));
        return new JavaProcess(builder.start(), out, err);
    }

    boolean isAlive() {
        return process.isAlive();
    }

    long pid() {
        return process.pid();
    }

    /** {@code kill -9}. */
    void kill() {
        process.destroyForcibly();
        awaitEnd();
    }

    /** {@code kill -TERM}. */
    void terminate() {
        process.destroy();
    }

    /** Exit status. */
    int awaitEnd() {
        try {
            if (!process.waitFor(90, TimeUnit.SECONDS)) {
                process.destroyForcibly();
                throw new AssertionError("process does not end; its output:\n" + out() + err());
            }
            return process.exitValue();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        }
    }

    String out() {
        return read(out);
    }

    String err() {
        return read(err);
    }

    private static String read(Path file) {
        try {
            return Files.readString(file, StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    @Override
    public void close() {
        process.destroyForcibly();
    }
}
