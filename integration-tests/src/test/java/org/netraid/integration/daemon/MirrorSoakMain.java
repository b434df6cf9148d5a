/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.integration.daemon;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import org.netraid.integration.soak.SoakMain;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Entry of {@code bin/mirror-soak}. */
@Command(name = "mirror-soak", mixinStandardHelpOptions = true, description = {
    "A mirror of three daemons and an nbdkit under a load whose every byte is checked, while protocols are changed, targets paused,"
            + " stopped and killed, and lines cut.",
    "At the end all copies are equal. A line of the table for each minute: requests so far, latency of writes, and what the daemons of"
            + " the source and of a target hold; none of it may be higher in the last third than in the first (after a sixth of warm-up)."},
        footer = {"", "Exit status: 0 all is well; 1 something is wrong, it is printed; 2 wrong usage."})
final class MirrorSoakMain implements Callable<Integer> {

    @Option(names = "--minutes", defaultValue = "30", description = "How long (default ${DEFAULT-VALUE}; 0.2 to 10080). Under 10 minutes"
            + " the limits of growth are wide and latency is not judged: JVMs still compile.")
    private double minutes;
    @Option(names = "--rate", defaultValue = "800", description = "Requests of the application per second (default ${DEFAULT-VALUE}).")
    private int rate;
    @Option(names = "--size", defaultValue = "67108864", description = "Bytes of the mirror (default ${DEFAULT-VALUE}).")
    private long size;
    @Option(names = "--pause", paramLabel = "SECONDS", defaultValue = "3", description = "Between recovery and the next trouble (default"
            + " ${DEFAULT-VALUE}).")
    private double pauseSeconds;
    @Option(names = "--folder", description = "Where everything is made (default: a temporary one, in memory if possible).")
    private Path folder;
    @Option(names = "--seed", defaultValue = "1", description = "For everything random (default ${DEFAULT-VALUE}).")
    private long seed;

    private static final long MINUTE_MS = 60_000;
    private static final int MIN_SAMPLES = 9;

    public static void main(String[] args) {
        io.netty.util.internal.logging.InternalLoggerFactory.setDefaultFactory(
                io.netty.util.internal.logging.JdkLoggerFactory.INSTANCE);
        System.exit(new CommandLine(new MirrorSoakMain()).execute(args));
    }

    @Override
    public Integer call() throws IOException, InterruptedException {
        if (!(minutes >= 0.2 && minutes <= 10080) || rate < 1 || rate > 1_000_000 || size < 1 << 20 || size > 64L << 30 || size % 4096 != 0
                || !(pauseSeconds >= 0 && pauseSeconds <= 3600)) {
            throw new CommandLine.ParameterException(new CommandLine(this), "an option is out of range");
        }
        long durationMs = (long) (minutes * MINUTE_MS);
        Path own = SoakMain.temporaryFolder(folder);
        // so that the daemons go away when this run is ended
        Runtime.getRuntime().addShutdownHook(new Thread(() -> ProcessHandle.current().descendants().forEach(
                ProcessHandle::destroyForcibly)));
        try {
            List<String> wrong = new MirrorSoakRun(new MirrorSoakRun.Settings(own, durationMs, size, rate, (long) (pauseSeconds * 1000),
                    Math.min(MINUTE_MS, durationMs / MIN_SAMPLES), seed), System.out).run();
            wrong.forEach(what -> System.out.println("WRONG: " + what));
            System.out.println(wrong.isEmpty() ? "ok: nothing wrong, nothing has grown" : "FAILED");
            return wrong.isEmpty() ? 0 : 1;
        } catch (AssertionError | IOException e) {
            System.out.println("WRONG: " + e + "\nFAILED");
            return 1;
        } finally {
            ProcessHandle.current().descendants().forEach(ProcessHandle::destroyForcibly);
            SoakMain.delete(own);
        }
    }
}
