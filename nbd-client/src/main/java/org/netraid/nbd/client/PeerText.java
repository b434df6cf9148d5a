/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.nbd.client;

/** Text a peer has sent, made fit for a terminal and a log line. */
final class PeerText {

    private static final int MAX_CHARS = 500;

    private PeerText() {
    }

    /** Without control characters and not longer than a few lines. */
    static String clean(String text) {
        StringBuilder out = new StringBuilder();
        for (int i = 0; i < text.length() && out.length() < MAX_CHARS; i++) {
            char c = text.charAt(i);
            out.append(Character.isISOControl(c) ? ' ' : c);
        }
        return out.toString().strip();
    }

    /** {@code ": text"}, or nothing when there is no text. */
    static String suffix(String text) {
        String clean = clean(text);
        return clean.isEmpty() ? "" : ": " + clean;
    }
}
