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
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.netraid.integration.nbd.ProcessGauge;

/**
 * What a daemon holds at one moment.
 *
 * @param heapBytes of the heap in use after a full collection
 * @param directBytes memory beside heap, classes, code and stacks, as the JVM's own tracking counts it: direct buffers
 * @param anonymousBytes resident, without files and mapped journals
 */
record DaemonGauge(long heapBytes, long directBytes, long anonymousBytes, int descriptors, int threads) {

    /** The daemon's JVM needs this for {@link #directBytes}. */
    static final String JVM_OPTION = "-XX:NativeMemoryTracking=summary";

    private static final Pattern HEAP = Pattern.compile("(?:generation|garbage-first heap) +total \\d+K, used (\\d+)K");
    private static final Pattern OTHER = Pattern.compile("Other \\(reserved=\\d+KB, committed=(\\d+)KB");

    static DaemonGauge read(long pid) throws IOException, InterruptedException {
        jcmd(pid, "GC.run");
        long heap = kibibytes(HEAP, jcmd(pid, "GC.heap_info"));
        long direct = kibibytes(OTHER, jcmd(pid, "VM.native_memory", "summary"));
        ProcessGauge gauge = new ProcessGauge(pid);
        return new DaemonGauge(heap, direct, gauge.anonymousBytes(), gauge.descriptors(), gauge.threads());
    }

    private static long kibibytes(Pattern pattern, String text) {
        long sum = 0;
        for (Matcher found = pattern.matcher(text); found.find();) {
            sum += Long.parseLong(found.group(1));
        }
        return sum << 10;
    }

    private static String jcmd(long pid, String... words) throws IOException, InterruptedException {
        Path tool = Path.of(System.getProperty("java.home"), "bin", "jcmd");
        if (!Files.isExecutable(tool)) {
            throw new IOException("memory of a JVM is read with jcmd, and " + tool + " is missing: use a JDK");
        }
        List<String> command = new ArrayList<>(List.of(tool.toString(), "-J-XX:TieredStopAtLevel=1", "" + pid));
        command.addAll(List.of(words));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        process.waitFor(90, TimeUnit.SECONDS);
        return out;
    }
}
