/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.integration.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;
import org.netraid.replicator.scenario.Scenario;
import org.netraid.replicator.scenario.Scenarios;

/**
 * The failover scenarios of module replicator, on real daemons in network namespaces: the same files, the same output. Some only:
 * {@code -Dnetraid.scenario=d01,s1}. Most of their time is waiting for nodes to be missed, so that a few run side by side; how many:
 * {@code -Dnetraid.scenario.jobs=1}.
 */
@Tag("slow")
class ScenarioTest {

    private static final ExecutorService JOBS = Executors.newFixedThreadPool(Integer.getInteger("netraid.scenario.jobs", 3));

    @TempDir
    private static Path folder;

    @TestFactory
    Stream<DynamicTest> shouldGiveTheOutputOfTheFile() {
        String[] only = System.getProperty("netraid.scenario", "").split(",");
        List<String> names = Scenarios.names().stream().filter(name -> Stream.of(only).anyMatch(name::startsWith)).toList();
        List<CompletableFuture<String>> outputs = names.stream()
                .map(name -> CompletableFuture.supplyAsync(() -> run(name), JOBS)).toList();
        return names.stream().map(name -> DynamicTest.dynamicTest(name, () -> {
            assertThat(end(outputs.get(names.indexOf(name)))).isEqualTo(Scenarios.load(name).text());
        }));
    }

    private static String run(String name) {
        Scenario scenario = Scenarios.load(name);
        try {
            // a short name: the control socket's path may have 75 bytes
            Path place = Files.createTempDirectory(folder, name.substring(0, 3));
            try (RealScenarioCluster cluster = new RealScenarioCluster(place, scenario)) {
                return scenario.run(cluster);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** What went wrong, or why it could not be run, is the dynamic test's own. */
    private static String end(CompletableFuture<String> output) throws Throwable {
        try {
            return output.join();
        } catch (CompletionException e) {
            throw e.getCause();
        }
    }

    @AfterAll
    static void close() {
        JOBS.shutdownNow();
    }
}
