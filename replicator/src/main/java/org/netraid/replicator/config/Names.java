/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.config;

/** The rule for names of clusters and nodes. */
public final class Names {

    private Names() {
    }

    /** @return what is wrong with the name and what is allowed, or null if nothing is */
    public static String fault(String name) {
        if (name == null || name.isEmpty()) {
            return "the name is empty";
        }
        if (name.length() > Checks.maxNameLength()) {
            return "the name has " + name.length() + " characters; at most " + Checks.maxNameLength() + " are allowed";
        }
        for (int i = 0; i < name.length(); i++) {
            if (!Checks.isNameCharacter(name.charAt(i)) || i == 0 && (name.charAt(0) == '.' || name.charAt(0) == '-')) {
                return "\"" + name.replaceAll("[^ -~]", "?") + "\" is not a name; letters, digits, '-', '_' and '.' are allowed, "
                        + "the first not '.' or '-'";
            }
        }
        return null;
    }
}
