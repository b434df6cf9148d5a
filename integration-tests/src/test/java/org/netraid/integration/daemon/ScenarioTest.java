/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.integration.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;
import org.netraid.replicator.scenario.Scenario;
import org.netraid.replicator.scenario.Scenarios;

/**
 * The failover scenarios of module replicator, on real daemons in network namespaces: the same files, the same output. Some only:
 * {@code -Dnetraid.scenario=d01,s1}.
 */
@Tag("slow")
class ScenarioTest {

    @TempDir
    private static Path folder;

    @TestFactory
    Stream<DynamicTest> shouldGiveTheOutputOfTheFile() {
        String[] only = System.getProperty("netraid.scenario", "").split(",");
        return Scenarios.names().stream().filter(name -> Stream.of(only).anyMatch(name::startsWith))
                .map(name -> DynamicTest.dynamicTest(name, () -> run(name)));
    }

    private static void run(String name) throws IOException {
        Scenario scenario = Scenarios.load(name);
        // a short name: the control socket's path may have 75 bytes
        Path place = Files.createTempDirectory(folder, name.substring(0, 3));
        try (RealScenarioCluster cluster = new RealScenarioCluster(place, scenario)) {
            assertThat(scenario.run(cluster)).isEqualTo(scenario.text());
        }
    }
}
