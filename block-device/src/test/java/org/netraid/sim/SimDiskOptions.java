/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.sim;

import java.util.EnumSet;
import java.util.Set;

import org.netraid.block.BlockCapability;
import org.netraid.block.BlockGeometry;

/**
 * Shape and pace of a {@link SimDisk}.
 *
 * @param minDelayNs shortest time from submit to completion
 * @param maxDelayNs longest time from submit to completion; requests overtake each other within it
 */
public record SimDiskOptions(BlockGeometry geometry, Set<BlockCapability> capabilities, long minDelayNs, long maxDelayNs) {

    public SimDiskOptions {
        if (minDelayNs < 0 || maxDelayNs < minDelayNs) {
            throw new IllegalArgumentException("delay from " + minDelayNs + " to " + maxDelayNs + " ns");
        }
        capabilities = Set.copyOf(capabilities);
    }

    /** Byte-granular disk with every capability and 20 to 500 µs per request. */
    public static SimDiskOptions ofSize(long sizeBytes) {
        return new SimDiskOptions(BlockGeometry.ofSize(sizeBytes), EnumSet.of(BlockCapability.FLUSH, BlockCapability.FUA,
                BlockCapability.TRIM, BlockCapability.WRITE_ZEROES, BlockCapability.MULTI_CONN, BlockCapability.EXTENTS,
                BlockCapability.CHECKSUM), 20_000, 500_000);
    }

    public SimDiskOptions withGeometry(BlockGeometry newGeometry) {
        return new SimDiskOptions(newGeometry, capabilities, minDelayNs, maxDelayNs);
    }

    public SimDiskOptions withCapabilities(Set<BlockCapability> newCapabilities) {
        return new SimDiskOptions(geometry, newCapabilities, minDelayNs, maxDelayNs);
    }

    public SimDiskOptions withDelay(long newMinNs, long newMaxNs) {
        return new SimDiskOptions(geometry, capabilities, newMinNs, newMaxNs);
    }
}
