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
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** docs/nbd-conformance.md must stay true: every item is there, has a proof or a refusal, and every test it names exists. */
class ConformanceTableTest {

    private static final int ITEMS = 106;
    private static final Path ROOT = Path.of(System.getProperty("netraid.root", ".."));
    private static final Pattern ITEM = Pattern.compile("^\\| (\\d+) \\| ([MS]) \\| ([^|]+) \\| ([^|]*) \\|$");
    private static final Pattern PROOF = Pattern.compile("`(\\w+)\\.((?:p\\d+Should|should)\\w+)`");
    private static List<String> lines;
    private static final Map<String, String> SOURCES = new TreeMap<>();

    @BeforeAll
    static void read() throws IOException {
        lines = Files.readAllLines(ROOT.resolve("docs/nbd-conformance.md"));
        try (Stream<Path> modules = Files.list(ROOT)) {
            for (Path tests : modules.map(module -> module.resolve("src/test/java")).filter(Files::isDirectory).toList()) {
                try (Stream<Path> files = Files.walk(tests)) {
                    for (Path file : files.filter(each -> each.toString().endsWith("Test.java")).toList()) {
                        SOURCES.put(file.getFileName().toString().replace(".java", ""), Files.readString(file));
                    }
                }
            }
        }
    }

    @Test
    void shouldHaveEveryItemOnceWithAProofOrARefusal() {
        List<Integer> numbers = new ArrayList<>();
        for (String line : lines) {
            Matcher item = ITEM.matcher(line);
            if (item.matches()) {
                numbers.add(Integer.parseInt(item.group(1)));
                boolean refused = item.group(4).contains("**refused**: ");
                assertThat(refused || PROOF.matcher(item.group(4)).find()).as("proof or refusal of " + line).isTrue();
            }
        }
        List<Integer> expected = new ArrayList<>();
        for (int i = 1; i <= ITEMS; i++) {
            expected.add(i);
        }
        assertThat(numbers).containsExactlyElementsOf(expected);
    }

    @Test
    void shouldNameOnlyTestsThatExist() {
        List<String> missing = new ArrayList<>();
        int found = 0;
        for (String line : lines) {
            Matcher proof = PROOF.matcher(line);
            while (proof.find()) {
                found++;
                String source = SOURCES.get(proof.group(1));
                if (source == null || !Pattern.compile("void " + proof.group(2) + "\\(").matcher(source).find()) {
                    missing.add(proof.group() + " in " + line);
                }
            }
        }
        assertThat(missing).isEmpty();
        assertThat(found).isGreaterThan(150);
    }
}
