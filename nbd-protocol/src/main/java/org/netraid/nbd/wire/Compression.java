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

    /**
     * @param text the word, or DataKeeper's level: 0 off, 1 to 6 fast, 7 to 9 high
     * @return the value of a configuration or command line, or null if it is none
     */
    public static Compression parse(String text) {
        return switch (text) {
            case "off", "0" -> OFF;
            case "fast", "1", "2", "3", "4", "5", "6" -> FAST;
            case "high", "7", "8", "9" -> HIGH;
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
