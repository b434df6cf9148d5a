/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.config;

import java.util.List;

/** What the records of this package check alike. */
final class Checks {

    private static final int MAX_NAME_LENGTH = 64;

    private Checks() {
    }

    static boolean isNameCharacter(char c) {
        return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-' || c == '_' || c == '.';
    }

    /** A name that can stand in file names, export names and host-like words. */
    static void name(String what, String name) {
        String fault = Names.fault(name);
        if (fault != null) {
            throw new IllegalArgumentException(what + ": " + fault);
        }
    }

    static int maxNameLength() {
        return MAX_NAME_LENGTH;
    }

    static void unique(String what, List<String> names) {
        for (int i = 0; i < names.size(); i++) {
            if (names.indexOf(names.get(i)) != i) {
                throw new IllegalArgumentException(what + " " + names.get(i) + " appears twice");
            }
        }
    }

    static void range(String what, long value, long min, long max) {
        if (value < min || value > max) {
            throw new IllegalArgumentException(what + " is " + value + ", not in " + min + " to " + max);
        }
    }

    static void powerOfTwo(String what, long value, long min, long max) {
        if (value < min || value > max || Long.bitCount(value) != 1) {
            throw new IllegalArgumentException(what + " is " + value + ", not a power of two from " + min + " to " + max);
        }
    }

    static void protocol(String what, String protocol) {
        if (!"A".equals(protocol) && !"B".equals(protocol) && !"C".equals(protocol)) {
            throw new IllegalArgumentException(what + ": protocol is \"" + protocol + "\"; \"A\", \"B\" and \"C\" are allowed");
        }
    }
}
