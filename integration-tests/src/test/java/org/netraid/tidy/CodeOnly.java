/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.tidy;

/** Takes comments and literals out of Java source, line by line, so that rules look at code only. */
final class CodeOnly {

    private boolean inComment;
    private boolean inTextBlock;

    /** The line with comments dropped and the content of literals emptied. To be called for each line in order. */
    String of(String line) {
        StringBuilder code = new StringBuilder(line.length());
        int at = 0;
        while (at < line.length()) {
            if (inComment) {
                at = skipTo(line, at, "*/");
                inComment = at < 0;
            } else if (inTextBlock) {
                at = skipTo(line, at, "\"\"\"");
                inTextBlock = at < 0;
            } else if (line.startsWith("//", at)) {
                break;
            } else if (line.startsWith("/*", at)) {
                inComment = true;
                at += 2;
            } else if (line.startsWith("\"\"\"", at)) {
                inTextBlock = true;
                at += 3;
            } else if (line.charAt(at) == '"' || line.charAt(at) == '\'') {
                code.append(line.charAt(at)).append(line.charAt(at));
                at = endOfLiteral(line, at);
            } else {
                code.append(line.charAt(at++));
            }
            if (at < 0) {
                break;
            }
        }
        return code.toString();
    }

    /** Place after the mark, or -1. */
    private static int skipTo(String line, int from, String mark) {
        int found = line.indexOf(mark, from);
        return found < 0 ? -1 : found + mark.length();
    }

    private static int endOfLiteral(String line, int start) {
        char quote = line.charAt(start);
        int at = start + 1;
        while (at < line.length() && line.charAt(at) != quote) {
            at += line.charAt(at) == '\\' ? 2 : 1;
        }
        return at + 1;
    }
}
