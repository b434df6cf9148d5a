/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.node;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.netraid.replicator.scenario.Scenario;
import org.netraid.replicator.scenario.Scenarios;

/**
 * Each scenario on simulated nodes gives exactly the output that its file says. With {@code -Dnetraid.scenarios.write=FOLDER} the files as
 * they should be are written there instead of compared: for new scenarios, to be read before they are believed.
 */
class ScenarioTest {

    @TestFactory
    Stream<DynamicTest> shouldGiveTheOutputOfTheFile() throws IOException {
        String folder = System.getProperty("netraid.scenarios.write", "");
        List<String> names = Scenarios.names();
        assertThat(names).isNotEmpty();
        return names.stream().map(name -> DynamicTest.dynamicTest(name, () -> {
            Scenario scenario = Scenarios.load(name);
            try (SimScenarioCluster cluster = new SimScenarioCluster(scenario)) {
                String transcript = scenario.run(cluster);
                if (folder.isEmpty()) {
                    assertThat(transcript).isEqualTo(scenario.text());
                } else {
                    Files.writeString(Path.of(folder, name), transcript);
                }
            }
        }));
    }
}
