/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.store.io;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;

/** A small file system that fills up; needs root. Without it the test that asks for one is skipped, and says so. */
public final class Tmpfs implements AutoCloseable {

    private final Path path;

    private Tmpfs(Path path) {
        this.path = path;
    }

    public static Tmpfs mount(Path folder, int sizeKib) throws IOException, InterruptedException {
        Files.createDirectory(folder);
        String error = run("mount", "-t", "tmpfs", "-o", "size=" + sizeKib + "k,mode=0700", "netraid-test", folder.toString());
        if (!error.isEmpty()) {
            System.err.println("SKIPPED (disk full): needs root to mount a small tmpfs: " + error);
        }
        Assumptions.assumeTrue(error.isEmpty(), () -> "cannot mount a tmpfs: " + error);
        return new Tmpfs(folder);
    }

    public Path path() {
        return path;
    }

    @Override
    public void close() throws IOException {
        try {
            String error = run("umount", path.toString());
            if (!error.isEmpty()) {
                throw new IOException(error);
            }
        } catch (InterruptedException e) {
            throw new IOException(e);
        }
    }

    /** Empty when it went well. */
    private static String run(String... command) throws IOException, InterruptedException {
        Process process;
        try {
            process = new ProcessBuilder(command).redirectErrorStream(true).start();
        } catch (IOException missing) {
            return missing.getMessage();
        }
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).trim();
        if (!process.waitFor(90, TimeUnit.SECONDS)) {
            process.destroyForcibly();
            return command[0] + " hangs";
        }
        return process.exitValue() == 0 ? "" : command[0] + " failed: " + output;
    }
}
