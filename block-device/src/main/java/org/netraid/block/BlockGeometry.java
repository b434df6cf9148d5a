/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.block;

/**
 * Size and granularity of a device. Fixed for the life of a {@link BlockDevice}.
 *
 * @param sizeBytes size of the device; need not be a multiple of anything when {@code minBlockBytes} is 1
 * @param minBlockBytes smallest unit of offset and length; a power of two from 1 to 65536
 * @param preferredBlockBytes unit that costs no read-modify-write; a power of two, at least 512
 *     and at least {@code minBlockBytes}
 * @param maxTransferBytes longest READ or WRITE; commands without data may be longer
 */
public record BlockGeometry(long sizeBytes, int minBlockBytes, int preferredBlockBytes, int maxTransferBytes) {

    /** Longest READ or WRITE every NetRAID device takes; NBD's default. */
    public static final int DEFAULT_MAX_TRANSFER_BYTES = 32 << 20;

    public BlockGeometry {
        if (sizeBytes < 0) {
            throw new IllegalArgumentException("device size " + sizeBytes + " is negative");
        }
        if (Integer.bitCount(minBlockBytes) != 1 || minBlockBytes < 1 || minBlockBytes > 65536) {
            throw new IllegalArgumentException("minimum block " + minBlockBytes + " is not a power of two from 1 to 65536");
        }
        if (Integer.bitCount(preferredBlockBytes) != 1 || preferredBlockBytes < Math.max(512, minBlockBytes)) {
            throw new IllegalArgumentException("preferred block " + preferredBlockBytes
                    + " is not a power of two of at least 512 and the minimum block " + minBlockBytes);
        }
        if (maxTransferBytes < preferredBlockBytes) {
            throw new IllegalArgumentException("maximum transfer " + maxTransferBytes
                    + " is below the preferred block " + preferredBlockBytes);
        }
    }

    /** Byte-granular device with NBD's default sizes. */
    public static BlockGeometry ofSize(long sizeBytes) {
        return new BlockGeometry(sizeBytes, 1, 4096, DEFAULT_MAX_TRANSFER_BYTES);
    }

    /** True if the range lies inside the device, computed without overflow. */
    public boolean contains(long offsetBytes, long lengthBytes) {
        return offsetBytes >= 0 && lengthBytes >= 0
                && offsetBytes <= sizeBytes && lengthBytes <= sizeBytes - offsetBytes;
    }

    /**
     * Checks alignment, bounds and length of a request that is not a FLUSH.
     *
     * @return NONE, or the error NBD asks for: EINVAL for unaligned, oversized and for reads and trims
     *     beyond the end, ENOSPC for writes and zeroes beyond the end
     */
    public BlockError check(BlockCommand command, long offsetBytes, long lengthBytes) {
        if (command == BlockCommand.BARRIER) {
            // has no range: a device that honours it does not ask, and the others must not take it for nothing
            return BlockError.EINVAL;
        }
        if (!contains(offsetBytes, lengthBytes)) {
            return command == BlockCommand.WRITE || command == BlockCommand.WRITE_ZEROES
                    ? BlockError.ENOSPC : BlockError.EINVAL;
        }
        if (((offsetBytes | lengthBytes) & (minBlockBytes - 1)) != 0) {
            return BlockError.EINVAL;
        }
        if ((command.hasData() || command == BlockCommand.CHECKSUM) && lengthBytes > maxTransferBytes) {
            return BlockError.EINVAL;
        }
        return BlockError.NONE;
    }
}
