/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.nbd.wire;

import org.netraid.block.ChunkHash;

/**
 * The length of a chunk in the flags of {@link NbdCommand#CHECKSUM}: bits 8 to 11 hold its binary logarithm less 12, 0 for 4 KiB to 8 for
 * 1 MiB. Specified in {@code docs/wire-extensions.md}.
 */
public final class ChecksumFlags {

    /** The bits that hold the length. */
    public static final int MASK = 0xf00;

    private static final int SHIFT = 8;
    private static final int SMALLEST_LOG2 = 12;

    private ChecksumFlags() {
    }

    /** @param chunkBytes as {@link ChunkHash#isChunk} */
    public static int of(int chunkBytes) {
        return Integer.numberOfTrailingZeros(chunkBytes) - SMALLEST_LOG2 << SHIFT;
    }

    /** The length of a chunk; 0 if the bits hold none. */
    public static int chunkBytes(int flags) {
        int bytes = 1 << ((flags & MASK) >> SHIFT) + SMALLEST_LOG2;
        return bytes <= ChunkHash.MAX_CHUNK_BYTES ? bytes : 0;
    }
}
