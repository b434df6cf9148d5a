/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.integration.daemon;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionTimeoutException;
import org.netraid.integration.nbd.FreePorts;
import org.netraid.replicator.cli.TypedCommand;
import org.netraid.replicator.daemon.ReplicatorMain;
import org.netraid.replicator.io.ControlClient;
import org.netraid.replicator.io.ControlException;

/**
 * The daemons' classes in the form in which a JVM maps them at its start, made once for each JVM of tests: a daemon is ready after 0.7 s
 * of CPU time instead of 1.8 s, and tests start hundreds. Only where the modules are jars, as in {@code mvn verify}; else nothing changes.
 */
final class ClassArchive {

    /** Only what was in the archive's class path when it was made can be used with it. */
    private static final String JARS = Stream.of(System.getProperty("java.class.path").split(File.pathSeparator))
            .filter(entry -> entry.endsWith(".jar")).reduce((one, other) -> one + File.pathSeparator + other).orElse("");
    private static Path archive;

    private ClassArchive() {
    }

    /** Options of a JVM that runs the class. */
    static List<String> classPath(Class<?> main) throws IOException {
        if (!comesFromJar(main)) {
            return List.of("-cp", System.getProperty("java.class.path"));
        }
        return List.of("-XX:SharedArchiveFile=" + archive(), "-Xshare:auto", "-Xlog:disable", "-Xlog:all=error:stderr", "-cp", JARS);
    }

    private static boolean comesFromJar(Class<?> main) {
        return main.getProtectionDomain().getCodeSource().getLocation().getPath().endsWith(".jar");
    }

    private static synchronized Path archive() throws IOException {
        if (archive == null) {
            Path folder = Files.createTempDirectory("netraid-classes");
            Runtime.getRuntime().addShutdownHook(new Thread(() -> delete(folder)));
            archive = folder.resolve("classes.jsa");
            train(folder);
        }
        return archive;
    }

    /** Runs a daemon with one mirror of one node, for its classes. If that fails there is no archive, and JVMs start as ever. */
    private static void train(Path folder) throws IOException {
        Path secret = Files.writeString(folder.resolve("secret"), "0123456789abcdef0123456789abcdef\n");
        Files.setPosixFilePermissions(secret, PosixFilePermissions.fromString("rw-------"));
        ClusterRig.makeDisk(folder.resolve("a.img"), 1 << 20);
        Path config = Files.writeString(folder.resolve("netraid.toml"), "[cluster]\nname = \"t\"\nsecret_file = \"secret\"\n[nodes.a]\n"
                + "address = \"127.0.0.1:" + FreePorts.next() + "\"\nnbd = \"127.0.0.1:" + FreePorts.next() + "\"\nstate = \"a\"\n"
                + "[[mirrors.data.members]]\nnode = \"a\"\ndisk = \"" + folder.resolve("a.img") + "\"\n");
        try (JavaProcess daemon = JavaProcess.startWith(List.of("-XX:ArchiveClassesAtExit=" + archive, "-Xlog:disable", "-cp", JARS),
                folder,
                "training", ReplicatorMain.class, "--config", config.toString(), "--node", "a")) {
            Awaitility.await("a daemon to learn from").atMost(Duration.ofSeconds(120))
                    .until(() -> !daemon.isAlive() || daemon.out().startsWith("ready "));
            new ControlClient(folder.resolve("a/control.sock"), 60_000_000_000L).execute(TypedCommand.parse("data", "create"));
            daemon.terminate();
            daemon.awaitEnd();
        } catch (ControlException | ConditionTimeoutException e) {
            System.err.println("no archive of classes, daemons start slowly: " + e.getMessage());
        }
    }

    private static void delete(Path folder) {
        try (Stream<Path> files = Files.walk(folder)) {
            files.sorted(Comparator.reverseOrder()).forEach(file -> file.toFile().delete());
        } catch (IOException | UncheckedIOException e) {
            System.err.println(folder + " stays: " + e);
        }
    }
}
