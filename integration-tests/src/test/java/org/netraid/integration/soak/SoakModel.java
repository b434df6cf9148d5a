/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.integration.soak;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * What each block of the device may hold. A block has a version; 0 is zeros, any other is a pattern made of block and version. While a
 * request touches a block nobody else does. A modification whose connection died leaves the block in doubt: old or new, and for some
 * time the server may still carry it out. Not thread-safe.
 */
public final class SoakModel {

    public static final int BLOCK_BYTES = 4096;
    /** After so long nothing of a dead connection can still be under way in the server. */
    private static final long SETTLE_NS = 10_000_000_000L;
    private static final int NO_DOUBT = -1;

    private final int[] version;
    /** The version that a modification with unknown outcome would have left, or {@link #NO_DOUBT}. */
    private final int[] doubt;
    private final long[] doubtSinceNs;
    private final boolean[] busy;
    private int lastVersion;

    SoakModel(int blocks) {
        version = new int[blocks];
        doubt = new int[blocks];
        java.util.Arrays.fill(doubt, NO_DOUBT);
        doubtSinceNs = new long[blocks];
        busy = new boolean[blocks];
    }

    public int blocks() {
        return version.length;
    }

    /** Takes blocks for one request; false if somebody has one of them, or if they are in doubt and it wants to modify them. */
    boolean take(int first, int count, boolean modify) {
        for (int i = first; i < first + count; i++) {
            if (busy[i] || modify && doubt[i] != NO_DOUBT) {
                return false;
            }
        }
        java.util.Arrays.fill(busy, first, first + count, true);
        return true;
    }

    int newVersion() {
        lastVersion = lastVersion == Integer.MAX_VALUE ? 1 : lastVersion + 1;
        return lastVersion;
    }

    void release(int first, int count) {
        java.util.Arrays.fill(busy, first, first + count, false);
    }

    void modified(int first, int count, int newVersion) {
        java.util.Arrays.fill(version, first, first + count, newVersion);
        release(first, count);
    }

    /** The connection died before the answer. */
    void inDoubt(int first, int count, int newVersion, long nowNs) {
        for (int i = first; i < first + count; i++) {
            doubt[i] = newVersion;
            doubtSinceNs[i] = nowNs;
        }
        release(first, count);
    }

    /** Known not to be zeros, as a whole. */
    boolean isData(int block) {
        return doubt[block] == NO_DOUBT && version[block] != 0;
    }

    static void fill(ByteBuffer into, int at, int block, int version) {
        long word = seed(block, version);
        for (int i = 0; i < BLOCK_BYTES; i += Long.BYTES) {
            into.putLong(at + i, word);
            word += 0x9E3779B97F4A7C15L;
        }
    }

    /** @return the reason why the content cannot be right, or null */
    public String check(ByteBuffer bytes, int at, int block, long nowNs) {
        bytes.order(ByteOrder.BIG_ENDIAN);
        if (holds(bytes, at, block, version[block])) {
            settle(block, version[block], nowNs);
            return null;
        }
        if (doubt[block] != NO_DOUBT && holds(bytes, at, block, doubt[block])) {
            settle(block, doubt[block], nowNs);
            return null;
        }
        return "block " + block + " begins with " + Long.toHexString(bytes.getLong(at)) + "; expected version " + version[block]
                + (doubt[block] == NO_DOUBT ? "" : " or " + doubt[block]) + ", that is "
                + Long.toHexString(version[block] == 0 ? 0 : seed(block, version[block]));
    }

    private void settle(int block, int seen, long nowNs) {
        if (doubt[block] != NO_DOUBT && nowNs - doubtSinceNs[block] >= SETTLE_NS) {
            version[block] = seen;
            doubt[block] = NO_DOUBT;
        }
    }

    private static boolean holds(ByteBuffer bytes, int at, int block, int version) {
        long word = version == 0 ? 0 : seed(block, version);
        long step = version == 0 ? 0 : 0x9E3779B97F4A7C15L;
        for (int i = 0; i < BLOCK_BYTES; i += Long.BYTES) {
            if (bytes.getLong(at + i) != word) {
                return false;
            }
            word += step;
        }
        return true;
    }

    /** Never 0, so that a pattern is never zeros. */
    private static long seed(int block, int version) {
        return (long) block << 32 | version;
    }
}
