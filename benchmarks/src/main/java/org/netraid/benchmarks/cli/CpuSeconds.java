/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.benchmarks.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Processor time from {@code /proc/PID/stat}: what a copy really costs, also on a machine with other load, where the clock on the wall
 * says little.
 */
final class CpuSeconds {

    /** Linux has counted in hundredths on every architecture for user space. */
    private static final double TICKS_PER_SECOND = 100;
    /** Words after the command's name: utime, stime, cutime, cstime. */
    private static final int UTIME = 11;
    private static final int CUTIME = 13;

    private CpuSeconds() {
    }

    /** Of a process, so far. */
    static double of(long pid) throws IOException {
        return sum(pid, UTIME);
    }

    /** Of this process' children that have ended. */
    static double ofEndedChildren() throws IOException {
        return sum(ProcessHandle.current().pid(), CUTIME);
    }

    private static double sum(long pid, int first) throws IOException {
        String stat = Files.readString(Path.of("/proc", Long.toString(pid), "stat"));
        String[] words = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
        return (Long.parseLong(words[first]) + Long.parseLong(words[first + 1])) / TICKS_PER_SECOND;
    }
}
