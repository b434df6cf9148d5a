/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.journal.io;

/**
 * How a journal uses its file system.
 *
 * @param segmentBytes a file of this size is followed by the next one; whole files are deleted when nobody needs them
 * @param blockBytes in such pieces files are mapped and grow (sparse); a power of two, at least
 *     {@link #MIN_BLOCK_BYTES}
 * @param reserveBytes appends are refused when less than this is free: mapped memory without a block behind it would be an error of the
 *     virtual machine
 */
public record JournalOptions(long segmentBytes, int blockBytes, long reserveBytes) {

    /** A record must fit into a quarter: that much a mapping goes beyond its block. */
    public static final int MIN_BLOCK_BYTES = 8 << 20;
    public static final JournalOptions DEFAULT = new JournalOptions(32L << 20, 8 << 20, 64L << 20);

    public JournalOptions {
        if (segmentBytes < 64 << 10 || blockBytes < MIN_BLOCK_BYTES || Integer.bitCount(blockBytes) != 1 || reserveBytes < 0) {
            throw new IllegalArgumentException("journal with segments of " + segmentBytes + ", blocks of " + blockBytes
                    + " and a reserve of " + reserveBytes + " bytes");
        }
    }
}
