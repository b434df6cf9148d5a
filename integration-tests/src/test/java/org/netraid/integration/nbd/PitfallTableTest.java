/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.integration.nbd;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** docs/pitfalls.md must stay true: every pitfall is there, has a test named after it, and every test it names exists. */
class PitfallTableTest {

    private static final List<String> PITFALLS = List.of("P1", "P2", "P3", "P4", "P5", "P6", "P7", "P8", "P9", "P10", "P15", "P16", "P21",
            "P27", "P28", "P29", "P32", "P38");
    private static final Path ROOT = Path.of(System.getProperty("netraid.root", ".."));
    private static final Pattern ROW = Pattern.compile("^\\| (P\\d+) \\| .* \\|$");
    private static final Pattern PROOF = Pattern.compile("`(\\w+)\\.(\\w+)`");

    @Test
    void shouldHaveAProofThatExistsForEveryPitfall() throws IOException {
        Map<String, String> sources = sources();
        List<String> found = new ArrayList<>();
        for (String line : Files.readAllLines(ROOT.resolve("docs/pitfalls.md"))) {
            Matcher row = ROW.matcher(line);
            if (!row.matches()) {
                continue;
            }
            found.add(row.group(1));
            Matcher proof = PROOF.matcher(line);
            int proofs = 0;
            while (proof.find()) {
                proofs++;
                String source = sources.getOrDefault(proof.group(1), "");
                assertThat(Pattern.compile("void " + proof.group(2) + "\\(").matcher(source).find()).as("%s of %s", proof.group(),
                        row.group(1)).isTrue();
            }
            assertThat(proofs).as("proofs of %s", row.group(1)).isPositive();
            assertThat(line).as("a test named after %s", row.group(1))
                    .contains(String.format(".p%02dShould", Integer.parseInt(row.group(1).substring(1))));
        }
        assertThat(found).containsExactlyElementsOf(PITFALLS);
    }

    private static Map<String, String> sources() throws IOException {
        Map<String, String> sources = new TreeMap<>();
        try (Stream<Path> modules = Files.list(ROOT)) {
            for (Path tests : modules.map(module -> module.resolve("src/test/java")).filter(Files::isDirectory).toList()) {
                try (Stream<Path> files = Files.walk(tests)) {
                    for (Path file : files.filter(each -> each.toString().endsWith("Test.java")).toList()) {
                        sources.put(file.getFileName().toString().replace(".java", ""), Files.readString(file));
                    }
                }
            }
        }
        return sources;
    }
}
