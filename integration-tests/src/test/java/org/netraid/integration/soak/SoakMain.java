/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.integration.soak;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Entry of {@code bin/soak}. */
@Command(name = "soak", mixinStandardHelpOptions = true, description = {
    "Mixed requests against an nbd-server process while its clients are cut and killed at random; every byte read is checked.",
    "At the end nothing may be left in the server: heap, resident memory, descriptors, payload buffers."},
        footer = {"", "Exit status: 0 all is well; 1 something is wrong, it is printed; 2 wrong usage."})
public final class SoakMain implements Callable<Integer> {

    @Option(names = "--requests", defaultValue = "200000", description = "How many (default ${DEFAULT-VALUE}).")
    private long requests;
    @Option(names = "--connections", defaultValue = "8", description = "Clients in this process (default ${DEFAULT-VALUE}).")
    private int connections;
    @Option(names = "--depth", defaultValue = "32", description = "Requests each keeps in flight (default ${DEFAULT-VALUE}).")
    private int depth;
    @Option(names = "--size", defaultValue = "268435456", description = "Bytes of the export (default ${DEFAULT-VALUE}).")
    private long size;
    @Option(names = "--folder", description = "Where the file is made (default: a temporary one, in memory if possible).")
    private Path folder;
    @Option(names = "--tcp", description = "TCP on the loopback instead of a unix socket.")
    private boolean tcp;
    @Option(names = "--kill-every", defaultValue = "5000",
            description = "Requests of a client between two cuts, on average; 0 for none (default ${DEFAULT-VALUE}).")
    private int killEvery;
    @Option(names = "--kill-process", paramLabel = "SECONDS", defaultValue = "15",
            description = "A client process is killed (SIGKILL) after so long, on average; 0 for none (default ${DEFAULT-VALUE}).")
    private int killProcessSeconds;
    @Option(names = "--samples", defaultValue = "24", description = "Lines of the series (default ${DEFAULT-VALUE}).")
    private int samples;
    @Option(names = "--seed", defaultValue = "1", description = "For everything random (default ${DEFAULT-VALUE}).")
    private long seed;
    @Option(names = "--worker", paramLabel = "URI", hidden = true)
    private String worker;

    public static void main(String[] args) {
        io.netty.util.internal.logging.InternalLoggerFactory.setDefaultFactory(
                io.netty.util.internal.logging.JdkLoggerFactory.INSTANCE);
        System.exit(new CommandLine(new SoakMain()).execute(args));
    }

    @Override
    public Integer call() throws IOException, InterruptedException {
        if (requests < 1 || connections < 1 || connections > 1000 || depth < 1 || depth > 128 || size < 1 << 20 || size > 64L << 30
                || samples < 1 || killEvery < 0 || killProcessSeconds < 0) {
            throw new CommandLine.ParameterException(new CommandLine(this), "an option is out of range");
        }
        return worker != null ? work() : soak();
    }

    private int work() throws InterruptedException {
        SoakSettings settings = new SoakSettings(Long.MAX_VALUE, 2, 8, size, null, false, 0, 0, 0, 1, seed);
        try (SoakClients clients = new SoakClients(worker, settings)) {
            clients.start();
            while (!clients.awaitIdle(1000)) {
                continue;
            }
            clients.wrong().forEach(System.out::println);
            return 1;
        }
    }

    private int soak() throws IOException, InterruptedException {
        Path own = temporaryFolder(folder);
        try {
            List<String> wrong = new SoakRun(new SoakSettings(requests, connections, depth, size, own, tcp, killEvery, killProcessSeconds,
                    0, samples, seed), System.out).run();
            wrong.forEach(what -> System.out.println("WRONG: " + what));
            System.out.println(wrong.isEmpty() ? "ok: nothing wrong, nothing left" : "FAILED");
            return wrong.isEmpty() ? 0 : 1;
        } finally {
            delete(own);
        }
    }

    /** In the folder named, else in memory where there is room, else where temporary files go. */
    public static Path temporaryFolder(Path named) throws IOException {
        Path memory = Path.of("/dev/shm");
        boolean roomy = Files.isWritable(memory) && memory.toFile().getUsableSpace() > 1L << 30;
        Path base = named != null ? named : roomy ? memory : Path.of(System.getProperty("java.io.tmpdir"));
        return Files.createTempDirectory(base, "netraid-soak");
    }

    public static void delete(Path folder) throws IOException {
        try (Stream<Path> all = Files.walk(folder)) {
            all.sorted(Comparator.reverseOrder()).forEach(path -> {
                try {
                    Files.delete(path);
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            });
        }
    }
}
