/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.tidy;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/**
 * docs/refusals.md must list every refusal of the sources with its text and a cure, and none that is not there. With
 * {@code -Dnetraid.refusals.write=FILE} the rows are written anew; cures that the sources do not have are kept from the page.
 */
class RefusalTableTest {

    private static final Path ROOT = Path.of(System.getProperty("netraid.root", ".."));
    private static final Pattern ROW = Pattern.compile("^\\| `(\\w+)` \\| (.+?) \\| (.*) \\|$");

    private static TreeMap<String, String> listed() throws IOException {
        TreeMap<String, String> rows = new TreeMap<>();
        Path page = ROOT.resolve("docs/refusals.md");
        for (String line : Files.exists(page) ? Files.readAllLines(page) : List.<String>of()) {
            Matcher row = ROW.matcher(line);
            if (row.matches()) {
                rows.put(row.group(1) + ": " + row.group(2), row.group(3));
            }
        }
        return rows;
    }

    @Test
    void shouldListEveryRefusalWithItsTextAndCure() throws IOException {
        List<Refusals.Refusal> found = Refusals.in(ROOT);
        TreeMap<String, String> listed = listed();
        List<String> rows = new ArrayList<>();
        TreeSet<String> expected = new TreeSet<>();
        for (Refusals.Refusal refusal : found) {
            String key = refusal.where() + ": " + refusal.text();
            expected.add(key);
            String cure = refusal.cure().isEmpty() ? listed.getOrDefault(key, "") : refusal.cure();
            rows.add("| `" + refusal.where() + "` | " + refusal.text() + " | " + cure + " |");
        }
        String file = System.getProperty("netraid.refusals.write", "");
        if (!file.isEmpty()) {
            Files.write(Path.of(file), rows);
            return;
        }
        assertThat(found).hasSizeGreaterThan(80);
        assertThat(listed.keySet()).as("rows of docs/refusals.md").containsExactlyElementsOf(expected);
        for (Refusals.Refusal refusal : found) {
            String cure = listed.get(refusal.where() + ": " + refusal.text());
            assertThat(cure).as("cure of \"%s\" (%s)", refusal.text(), refusal.where()).isNotBlank();
            if (!refusal.cure().isEmpty()) {
                assertThat(cure).as("cure of \"%s\"", refusal.text()).isEqualTo(refusal.cure());
            }
        }
    }
}
