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
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Reads every Java source of every module and prints each place that breaks a rule. */
class PureShellRuleTest {

    private static final Path ROOT = Path.of(System.getProperty("netraid.root", ".."));

    @Test
    void shouldKeepTheRulesInEverySource() throws IOException {
        List<String> violations = new ArrayList<>();
        List<Path> sources = sources();
        for (Path source : sources) {
            violations.addAll(SourceRules.check(relative(source), Files.readAllLines(source)));
        }
        assertThat(sources).as("sources below " + ROOT.toAbsolutePath()).hasSizeGreaterThan(50);
        assertThat(String.join("\n", violations)).as("violations").isEmpty();
    }

    @Test
    void shouldKeepLinesShort() throws IOException {
        List<String> violations = new ArrayList<>();
        for (Path source : sources()) {
            violations.addAll(SourceRules.checkLength(relative(source), Files.readAllLines(source)));
        }
        assertThat(String.join("\n", violations)).as("violations").isEmpty();
    }

    @Test
    void shouldDescribeEveryPackage() throws IOException {
        TreeSet<String> missing = new TreeSet<>();
        for (Path source : sources()) {
            Path packageInfo = source.resolveSibling("package-info.java");
            if (relative(source).contains("/src/main/java/") && !Files.exists(packageInfo)) {
                missing.add(relative(packageInfo) + " is missing");
            }
        }
        assertThat(missing).isEmpty();
    }

    // The rules themselves

    @Test
    void shouldNoticeEachKindOfImpurity() {
        for (String code : List.of("import java.io.IOException;", "import java.nio.file.Path;", "import io.netty.buffer.ByteBuf;",
                "import java.util.concurrent.TimeUnit;", "long t = System.nanoTime();", "clock = System::nanoTime;",
                "synchronized (this) {", "double r = Math.random();", "Random r = new Random(5);", "UUID.randomUUID();",
                "Map<String, String> m = new HashMap<>();", "private static int counter;", "static List<String> all = List.of();",
                "new Thread(task).start();", "System.out.println();", "int a; /* x */ Thread t;")) {
            assertThat(check("netraid/src/main/java/org/netraid/mirror/X.java", code)).as(code).hasSize(1);
            assertThat(check("netraid/src/main/java/org/netraid/mirror/io/X.java", code)).as(code).isEmpty();
        }
    }

    @Test
    void shouldNotMistakeCommentsAndLiteralsForCode() {
        for (String code : List.of("// a Thread", "/* synchronized", "String s = \"new Random(\";", "char c = '\"'; // Thread",
                "private static final int MAX = 3;", "static int twice(int x) {", "String s = \"\\\"\"; // java.io.File",
                "int threads; MyThreads t;", "import java.nio.ByteBuffer;", "static Foo of(int x) { return y == 3; }",
                "Map<String, String> m = new LinkedHashMap<>();")) {
            assertThat(check("netraid/src/main/java/org/netraid/mirror/X.java", code)).as(code).isEmpty();
        }
    }

    @Test
    void shouldNoticeStyle() {
        assertThat(check("a/src/test/java/X.java", "Thread.sleep(5);")).hasSize(1);
        assertThat(check("a/src/test/java/X.java", "\tint x;")).hasSize(1);
        assertThat(SourceRules.checkLength("a/src/test/java/X.java", List.of("x".repeat(140)))).isEmpty();
        assertThat(SourceRules.checkLength("a/src/test/java/X.java", List.of("x".repeat(141)))).hasSize(1);
        assertThat(check("a/src/test/java/X.java", "x ")).hasSize(1);
        assertThat(SourceRules.check("a/src/test/java/X.java", List.of("package x;"))).hasSize(1);
    }

    private static List<String> check(String path, String line) {
        return SourceRules.check(path, List.of("/*", " * Copyright the NetRAID authors.",
                " * SPDX-License-Identifier: Apache-2.0", " */", line));
    }

    private static List<Path> sources() throws IOException {
        List<Path> found = new ArrayList<>();
        try (Stream<Path> modules = Files.list(ROOT)) {
            for (Path module : modules.sorted().toList()) {
                if (Files.exists(module.resolve("pom.xml")) && Files.isDirectory(module.resolve("src"))) {
                    try (Stream<Path> files = Files.walk(module.resolve("src"))) {
                        found.addAll(files.filter(file -> file.toString().endsWith(".java")).sorted().toList());
                    }
                }
            }
        }
        return found;
    }

    private static String relative(Path source) {
        return ROOT.relativize(source).toString();
    }
}
