/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.tidy;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;

/**
 * The rules. A file is given by its path inside the repository and its lines; the answer is one line of text per violation:
 * {@code path:line: rule}.
 */
final class SourceRules {

    private static final int MAX_COLUMNS = 140;
    private static final List<String> HEADER = List.of("/*", " * Copyright the NetRAID authors.",
            " * SPDX-License-Identifier: Apache-2.0", " */");

    /** What pure code must not contain, and what to do instead. */
    private static final Map<String, Pattern> IMPURE = impure();

    private static final Pattern SLEEP = Pattern.compile("\\bThread\\s*\\.\\s*sleep\\b|\\bTimeUnit\\.\\w+\\.sleep\\b");

    private SourceRules() {
    }

    private static Map<String, Pattern> impure() {
        Map<String, Pattern> rules = new TreeMap<>();
        rules.put("pure package reaches for sockets or files; go through the SPI",
                Pattern.compile("\\bjava\\.(io|net|nio\\.file|nio\\.channels)\\."));
        rules.put("pure package reaches for threads; everything runs on one EventLoop",
                Pattern.compile("\\bjava\\.util\\.concurrent\\b|\\bThread\\b|\\bThreadLocal\\b|\\bsynchronized\\b|\\bvolatile\\b"
                        + "|\\.parallelStream\\(|\\.parallel\\(\\)"));
        rules.put("pure package uses Netty or JNR; go through the SPI", Pattern.compile("\\bio\\.netty\\.|\\bjnr\\."));
        rules.put("pure package reads a clock; take NanoClock or nowNs",
                Pattern.compile("\\bSystem\\s*\\.\\s*(nanoTime|currentTimeMillis)\\b|\\b(Instant|LocalDateTime|ZonedDateTime)\\.now\\("
                        + "|\\bSystem::(nanoTime|currentTimeMillis)"));
        rules.put("pure package draws its own random numbers; inject a seeded source",
                Pattern.compile("\\bMath\\.random\\b|\\bnew\\s+Random\\s*\\(|\\brandomUUID\\b|\\bSecureRandom\\b|\\bSplittableRandom\\b"));
        rules.put("pure package talks to the process; let the shell do it",
                Pattern.compile("\\bSystem\\.(out|err|in|exit|getenv|getProperty)\\b"));
        rules.put("hash order is not the same in every run; use TreeMap, LinkedHashMap, arrays or lists",
                Pattern.compile("\\bidentityHashCode\\b|\\bIdentityHashMap\\b|\\bnew\\s+Hash(Map|Set)\\b"));
        rules.put("static mutable state: eight nodes share one JVM in the simulator",
                Pattern.compile("^\\s*(?:(?:private|public|protected)\\s+)?static\\s+(?!final\\b|class\\b|interface\\b|enum\\b|record\\b"
                        + "|abstract\\b|sealed\\b|\\{|<)[\\w.<>,\\[\\]? ]+\\s\\w+\\s*(=[^=]|;)"));
        return rules;
    }

    static List<String> check(String path, List<String> lines) {
        List<String> found = new ArrayList<>();
        checkHeader(path, lines, found);
        boolean pure = isPure(path);
        boolean test = path.contains("/src/test/");
        CodeOnly codeOnly = new CodeOnly();
        for (int i = 0; i < lines.size(); i++) {
            String line = lines.get(i);
            String where = path + ":" + (i + 1) + ": ";
            checkShape(where, line, found);
            String code = codeOnly.of(line);
            if (pure) {
                IMPURE.forEach((rule, pattern) -> {
                    if (pattern.matcher(code).find()) {
                        found.add(where + rule);
                    }
                });
            }
            if (test && SLEEP.matcher(code).find()) {
                found.add(where + "a test sleeps; step the clock or await a condition with a deadline");
            }
        }
        return found;
    }

    static List<String> checkLength(String path, List<String> lines) {
        List<String> found = new ArrayList<>();
        for (int i = 0; i < lines.size(); i++) {
            int length = lines.get(i).length();
            if (length > MAX_COLUMNS) {
                found.add(path + ":" + (i + 1) + ": line of " + length + " characters; at most " + MAX_COLUMNS);
            }
        }
        return found;
    }

    private static void checkHeader(String path, List<String> lines, List<String> found) {
        if (lines.size() < HEADER.size() || !lines.subList(0, HEADER.size()).equals(HEADER)) {
            found.add(path + ":1: licence header missing or different");
        }
    }

    private static void checkShape(String where, String line, List<String> found) {
        if (line.indexOf('\t') >= 0) {
            found.add(where + "tab; indent with spaces");
        }
        if (!line.isEmpty() && Character.isWhitespace(line.charAt(line.length() - 1))) {
            found.add(where + "white space at the end of the line");
        }
    }

    /** Main code whose package does not end in io, daemon or cli; benchmarks and integration tests have no pure part. */
    static boolean isPure(String path) {
        int start = path.indexOf("/src/main/java/");
        if (start < 0 || path.startsWith("benchmarks/") || path.startsWith("integration-tests/")) {
            return false;
        }
        String folder = path.substring(0, path.lastIndexOf('/'));
        String last = folder.substring(folder.lastIndexOf('/') + 1);
        return !last.equals("io") && !last.equals("daemon") && !last.equals("cli");
    }
}
