/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.integration.sim;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

import org.netraid.sim.SimDisk;

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

    private static final VarHandle WORDS = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.nativeOrder());

    private Stamp() {
    }

    static void fill(byte[] into, long offsetBytes, long stamp) {
        for (int start = 0; start < into.length; start += SECTOR) {
            long first = word(stamp, (offsetBytes + start) / SECTOR, 0);
            for (int at = 0; at < SECTOR; at += Long.BYTES) {
                putLong(into, start + at, first ^ inSector(at));
            }
        }
    }

    /** The write that the sector at this index of the array is from; {@link #GARBAGE} if it is torn, misplaced or foreign. */
    static long read(byte[] from, int index, long offsetBytes) {
        long first = getLong(from, index);
        long stamp = first == 0 ? 0 : first ^ mask(offsetBytes / SECTOR);
        for (int at = 0; at < SECTOR; at += Long.BYTES) {
            if (getLong(from, index + at) != (stamp == 0 ? 0 : first ^ inSector(at))) {
                return GARBAGE;
            }
        }
        return stamp;
    }

    /** The write that a sector of the disk shows. @param scratch at least a sector */
    static long shown(SimDisk disk, long sector, byte[] scratch) {
        disk.readContent(sector * SECTOR, scratch, SECTOR);
        return read(scratch, 0, sector * SECTOR);
    }

    /** The write that a sector of the disk's stable storage holds. @param scratch at least a sector */
    static long durable(SimDisk disk, long sector, byte[] scratch) {
        disk.readDurable(sector * SECTOR, scratch, SECTOR);
        return read(scratch, 0, sector * SECTOR);
    }

    private static long word(long stamp, long sector, int at) {
        return stamp ^ mask(sector) ^ inSector(at);
    }

    private static long inSector(int at) {
        return (long) at << 54;
    }

    private static long mask(long sector) {
        return (sector + 1) << 30 | 1L << 63;
    }

    private static void putLong(byte[] bytes, int at, long value) {
        WORDS.set(bytes, at, value);
    }

    private static long getLong(byte[] bytes, int at) {
        return (long) WORDS.get(bytes, at);
    }
}
