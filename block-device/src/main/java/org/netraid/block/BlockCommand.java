/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.block;

/**
 * What a {@link BlockRequest} asks of a {@link BlockDevice}. The set is NBD's, without DISC and CACHE; EXTENTS is its BLOCK_STATUS,
 * CHECKSUM and BARRIER are our own.
 */
public enum BlockCommand {
    /** Fill the request's buffer from the device. */
    READ(false),
    /** Store the request's buffer on the device. */
    WRITE(true),
    /** Put every write completed before this request was submitted on stable storage. */
    FLUSH(false),
    /** Tell the device that the range is no longer needed; its content is undefined afterwards. */
    TRIM(true),
    /** Make the range read as zeros. */
    WRITE_ZEROES(true),
    /** Tell which parts of the range are holes or read as zeros; see {@link BlockRequest#extents}. */
    EXTENTS(false),
    /** Hash the range, chunk by chunk, where its data is; see {@link BlockRequest#checksum}. */
    CHECKSUM(false),
    /** Keep what was submitted before from what is submitted later; see {@link BlockRequest#barrier}. */
    BARRIER(false);

    private final boolean modifies;

    BlockCommand(boolean modifies) {
        this.modifies = modifies;
    }

    /** True for the commands that change content: they need range locks, intent and every leg. */
    public boolean modifies() {
        return modifies;
    }

    /** True for the commands that carry a buffer of exactly {@code lengthBytes}. */
    public boolean hasData() {
        return this == READ || this == WRITE;
    }
}
