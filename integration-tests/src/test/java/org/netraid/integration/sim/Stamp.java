/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.integration.sim;

/**
 * What the client writes: every 512-byte sector carries the number of its write and its own place, in every word, so that a
 * checker sees which write a sector is from, and whether it is whole and where it belongs. All zeros is stamp 0.
 */
final class Stamp {

    /** Stamps are below this. */
    static final long LIMIT = 1L << 30;
    static final int SECTOR = 512;
    /** Not a sector that any client wrote there. */
    static final long GARBAGE = -1;

    private Stamp() {
    }

    static void fill(byte[] into, long offsetBytes, long stamp) {
        for (int at = 0; at < into.length; at += Long.BYTES) {
            putLong(into, at, word(stamp, (offsetBytes + at) / SECTOR, at % SECTOR));
        }
    }

    /** The write that the sector at this index of the array is from; {@link #GARBAGE} if it is torn, misplaced or foreign. */
    static long read(byte[] from, int index, long offsetBytes) {
        long first = getLong(from, index);
        long stamp = first == 0 ? 0 : first ^ mask(offsetBytes / SECTOR);
        for (int at = 0; at < SECTOR; at += Long.BYTES) {
            long expected = stamp == 0 ? 0 : word(stamp, offsetBytes / SECTOR, at);
            if (getLong(from, index + at) != expected) {
                return GARBAGE;
            }
        }
        return stamp;
    }

    private static long word(long stamp, long sector, int at) {
        return stamp ^ mask(sector) ^ (long) at << 54;
    }

    private static long mask(long sector) {
        return (sector + 1) << 30 | 1L << 63;
    }

    private static void putLong(byte[] bytes, int at, long value) {
        for (int i = 0; i < Long.BYTES; i++) {
            bytes[at + i] = (byte) (value >>> (56 - 8 * i));
        }
    }

    private static long getLong(byte[] bytes, int at) {
        long value = 0;
        for (int i = 0; i < Long.BYTES; i++) {
            value = value << 8 | bytes[at + i] & 0xff;
        }
        return value;
    }
}
