/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.integration.daemon;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A file system (tmpfs) too small for the sparse file in it, until it is made larger. Needs root. */
final class SmallFileSystem implements AutoCloseable {

    private final Path mount;

    SmallFileSystem(Path mount, long sizeBytes) throws IOException, InterruptedException {
        this.mount = Files.createDirectories(mount);
        boolean able = succeeds("mount", "-t", "tmpfs", "-o", "size=" + sizeBytes, "netraid-small", mount.toString());
        if (!able) {
            System.err.println("SKIPPED: a file system that is full needs root, mount and tmpfs");
        }
        assumeTrue(able, "a tmpfs can be mounted");
    }

    Path resolve(String name) {
        return mount.resolve(name);
    }

    void grow(long sizeBytes) throws IOException, InterruptedException {
        assertThat(succeeds("mount", "-o", "remount,size=" + sizeBytes, mount.toString())).as("there is more room").isTrue();
    }

    @Override
    public void close() throws IOException {
        start("umount", "-l", mount.toString()).onExit().join();
    }

    private static boolean succeeds(String... command) throws IOException, InterruptedException {
        Process process = start(command);
        return process.waitFor(90, TimeUnit.SECONDS) && process.exitValue() == 0;
    }

    private static Process start(String... command) throws IOException {
        ProcessBuilder builder = new ProcessBuilder(List.of(command)).redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .redirectError(ProcessBuilder.Redirect.DISCARD);
        builder.environment().merge("PATH", ":/usr/sbin:/sbin", String::concat);
        return builder.start();
    }
}
