/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.config;

/** DataKeeper's rules for mirror tags, kept narrow enough that a tag is a file name and an NBD export name. */
public final class Tags {

    /** Longest tag in characters. */
    public static final int MAX_LENGTH = 128;

    private Tags() {
    }

    /**
     * @return what is wrong with the tag and what is allowed, or null if nothing is. A slash, which DataKeeper allows, is refused: the tag
     *     names files.
     */
    public static String fault(String tag) {
        if (tag == null || tag.isEmpty()) {
            return "the mirror tag is empty";
        }
        if (tag.length() > MAX_LENGTH) {
            return "the mirror tag has " + tag.length() + " characters; at most " + MAX_LENGTH + " are allowed";
        }
        char first = tag.charAt(0);
        if (first == '.' || first == '-') {
            return "mirror tag \"" + tag + "\" must not begin with '" + first + "'";
        }
        for (int i = 0; i < tag.length(); i++) {
            if (!Checks.isNameCharacter(tag.charAt(i))) {
                return "mirror tag \"" + printable(tag) + "\" has a character that is not allowed at position " + (i + 1)
                        + "; letters, digits, '-', '_' and '.' are allowed";
            }
        }
        return null;
    }

    private static String printable(String text) {
        return text.replaceAll("[^ -~]", "?");
    }
}
