/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.nbd.wire;

/** How hard a client tries to make the payload of its writes smaller; the server inflates all the same. */
public enum Compression {
    OFF,
    /** LZ4: hundreds of MB/s. */
    FAST,
    /** LZ4 HC: tens of MB/s, some 10 % smaller; for slow lines. */
    HIGH;

    /** @return the value of a configuration or command line, or null if it is none */
    public static Compression parse(String text) {
        return switch (text) {
            case "off" -> OFF;
            case "fast" -> FAST;
            case "high" -> HIGH;
            default -> null;
        };
    }

    @Override
    public String toString() {
        return switch (this) {
            case OFF -> "off";
            case FAST -> "fast";
            case HIGH -> "high";
        };
    }
}
