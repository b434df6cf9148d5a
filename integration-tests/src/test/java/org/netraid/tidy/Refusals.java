/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.tidy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Finds in the sources what an operator can be refused with: results of commands, rows of the tables that do not start, what nodes answer
 * each other. A text is what the source has between quotes, with "..." for what is only known when it is said.
 */
final class Refusals {

    /** One place in the sources. */
    record Refusal(String where, String text, String cure) {
    }

    private static final Path CODE = Path.of("replicator/src/main/java/org/netraid/replicator");
    private static final List<String> FOLDERS = List.of("decide", "node", "quorum", "peer", "state");
    /** A call that refuses, with the positions of its text and its cure; -1: it has none. */
    private record Call(Pattern pattern, int text, int cure) {
    }

    private static final List<Call> CALLS = List.of(
            new Call(Pattern.compile("CommandResult\\.refused\\("), 1, 2),
            new Call(Pattern.compile("CommandResult\\.failed\\("), 2, 3),
            new Call(Pattern.compile("new Decision\\((?=[^,]*(BLOCK|STAY|WAIT|KEEP, \"D19))"), 3, 4),
            new Call(Pattern.compile("new TargetPlan\\((?=[^,]*(REFUSE|SPLIT_BRAIN|WAIT|MERGE))"), 2, 3),
            new Call(Pattern.compile("answer\\.error\\("), 0, -1),
            new Call(Pattern.compile("Refusal\\.(claimed|noQuorum)\\("), 0, -1),
            new Call(Pattern.compile("new (ServiceClaims\\.)?Refusal\\("), 1, 2),
            new Call(Pattern.compile("(?<![.\\w])(refuse|fail|refused)\\((?=\")"), 0, -1),
            new Call(Pattern.compile("done\\.accept\\((?=\"fence)"), 0, -1));
    /** Of these every returned sentence is a refusal. */
    private static final List<String> RETURN_REFUSALS = List.of("ClaimRules", "TargetRecords", "Voter", "Quorum", "CorosyncStatus",
            "TargetRequests", "PeerSession");
    private static final Pattern RETURN = Pattern.compile("return (?=[^;]*\")");
    private static final Pattern SENTENCE = Pattern.compile("String sentence = (?=[^;]*\")");
    private static final Pattern BANG = Pattern.compile("\"!\" \\+ ");
    private static final String GAP = "...";

    private Refusals() {
    }

    static List<Refusal> in(Path root) throws IOException {
        List<Refusal> found = new ArrayList<>();
        for (String folder : FOLDERS) {
            try (Stream<Path> files = Files.list(root.resolve(CODE).resolve(folder))) {
                for (Path file : files.filter(each -> each.toString().endsWith(".java")).sorted().toList()) {
                    if (!file.endsWith("package-info.java")) {
                        found.addAll(inFile(file));
                    }
                }
            }
        }
        return found;
    }

    private static List<Refusal> inFile(Path file) throws IOException {
        String name = file.getFileName().toString().replace(".java", "");
        String code = withoutComments(Files.readString(file));
        TreeSet<String> seen = new TreeSet<>();
        List<Refusal> found = new ArrayList<>();
        for (Call call : CALLS) {
            Matcher matcher = call.pattern().matcher(code);
            while (matcher.find()) {
                List<String> arguments = arguments(code, matcher.end());
                if (arguments.size() > call.text()) {
                    String cure = call.cure() >= 0 && arguments.size() > call.cure() ? template(arguments.get(call.cure())) : "";
                    add(found, seen, name, template(arguments.get(call.text())), cure);
                }
            }
        }
        if (RETURN_REFUSALS.contains(name)) {
            Matcher matcher = RETURN.matcher(code);
            while (matcher.find()) {
                add(found, seen, name, template(code.substring(matcher.end(), code.indexOf(';', matcher.end()))), "");
            }
        }
        for (Pattern pattern : List.of(BANG, SENTENCE)) {
            Matcher matcher = pattern.matcher(code);
            while (matcher.find()) {
                add(found, seen, name, template(code.substring(matcher.end(), code.indexOf(';', matcher.end()))), "");
            }
        }
        return found;
    }

    private static void add(List<Refusal> found, TreeSet<String> seen, String where, String text, String cure) {
        boolean sentence = text.replace(GAP, " ").strip().split("\\s+").length >= 3;
        if (sentence && seen.add(text)) {
            found.add(new Refusal(where, text, cure.equals(GAP) ? "" : cure));
        }
    }

    private static String withoutComments(String source) {
        return source.replaceAll("(?s)/\\*.*?\\*/", "").replaceAll("(?m)^\\s*//.*$", "");
    }

    /** The arguments of a call whose parenthesis opens before the position. */
    private static List<String> arguments(String code, int from) {
        List<String> arguments = new ArrayList<>();
        int depth = 0;
        int start = from;
        boolean text = false;
        for (int i = from; i < code.length(); i++) {
            char c = code.charAt(i);
            if (c == '"' && code.charAt(i - 1) != '\\') {
                text = !text;
            } else if (!text && (c == '(' || c == '[' || c == '{')) {
                depth++;
            } else if (!text && depth == 0 && (c == ')' || c == ',')) {
                arguments.add(code.substring(start, i));
                start = i + 1;
                if (c == ')') {
                    return arguments;
                }
            } else if (!text && (c == ')' || c == ']' || c == '}')) {
                depth--;
            }
        }
        return arguments;
    }

    /** What is between quotes outside of parentheses, with a gap for everything else. */
    private static String template(String expression) {
        StringBuilder text = new StringBuilder();
        int depth = 0;
        boolean quoted = false;
        boolean gap = false;
        for (int i = 0; i < expression.length(); i++) {
            char c = expression.charAt(i);
            if (c == '"' && (i == 0 || expression.charAt(i - 1) != '\\')) {
                if (!quoted && gap && depth == 0) {
                    text.append(GAP);
                }
                gap = gap && depth > 0;
                quoted = !quoted;
            } else if (quoted && depth == 0) {
                text.append(c == '\\' ? "" : c);
            } else if (!quoted && c == '(') {
                depth++;
                gap = true;
            } else if (!quoted && c == ')') {
                depth--;
            } else if (!quoted && !Character.isWhitespace(c) && c != '+') {
                gap = true;
            }
        }
        return text.append(gap ? GAP : "").toString().replaceAll("(\\.\\.\\.)+", GAP).replace('|', '/').strip();
    }
}
