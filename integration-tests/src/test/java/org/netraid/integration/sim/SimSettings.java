/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.integration.sim;

import java.util.EnumSet;
import java.util.List;

import org.netraid.block.BlockCapability;
import org.netraid.block.BlockGeometry;
import org.netraid.sim.SimDiskOptions;
import org.netraid.sim.SimLinkOptions;
import org.netraid.sim.SimRandom;

/**
 * The shape of one run, drawn from its seed. Everything is small so that rare paths are common.
 *
 * @param deviceBytes size of the mirrored device, a multiple of 512
 * @param chunkBytes bytes per dirty bit
 * @param alSlots extents of 4 MiB that can be hot at one time
 * @param steadyExtents of these, how many are hot without being written again
 * @param coolAfterNs age at which an extent cools; 0 for never
 * @param targets number of targets
 * @param nbdMask bit k: target k is reached through the NBD client and server instead of directly
 * @param clientDepth most operations the client has in flight
 * @param hotSpots windows of 32 KiB that the client prefers
 * @param maxOperationBytes longest read or write
 * @param flushBytes engine's flush threshold
 * @param flushIntervalNs engine's flush interval
 * @param payloadBytes memory for payload copies
 * @param resyncWindow chunk runs of a resync in flight
 * @param resyncRequestBytes longest chunk run
 * @param legTimeoutNs when a hung target is given up
 * @param faultEveryNs mean time between faults
 * @param targetBlockBytes smallest unit of the targets reached by NBD
 * @param maxDelayNs longest way of a message between source and target
 * @param equalAtStart the copies are declared equal at first, instead of a full resync
 */
record SimSettings(long deviceBytes, int chunkBytes, int alSlots, int steadyExtents, long coolAfterNs, int targets, int nbdMask,
        int clientDepth, int hotSpots, int maxOperationBytes, long flushBytes, long flushIntervalNs, int payloadBytes, int resyncWindow,
        int resyncRequestBytes, long legTimeoutNs, long faultEveryNs, int targetBlockBytes, long maxDelayNs,
        boolean equalAtStart) {

    static final int LOCAL_SLOT = -1;
    static final long MIN_DELAY_NS = 20_000;
    private static final long MAX_DELAY_NS = 300_000;
    private static final int MEGABYTE = 1 << 20;
    /** A third, two thirds, or nearly all of the room that an activity log can have. */
    private static final int LARGE_RING = 21_844;

    static SimSettings draw(SimRandom random) {
        int targets = (int) (random.chance(120) ? random.between(4, 7) : random.between(1, 3));
        long sectorsOff = random.nextBoolean() ? 0 : random.nextInt(40);
        int chunkBytes = random.chance(700) ? 4096 : 16384;
        SimRandom hot = random.fork("hot");
        SimRandom line = random.fork("line");
        return new SimSettings((random.chance(200) ? random.between(8, 16) : random.between(5, 8)) * MEGABYTE - sectorsOff * Stamp.SECTOR,
                chunkBytes,
                hot.chance(20) ? LARGE_RING * (int) random.between(1, 3) : (int) random.between(1, 3),
                (int) hot.between(1, 3),
                hot.nextBoolean() ? 0 : hot.between(5, 200) * 1_000_000L,
                targets,
                random.chance(500) ? 0 : random.nextInt(1 << targets),
                (int) random.between(1, 8),
                (int) random.between(2, 6),
                random.chance(200) ? 256 << 10 : 16 << 10,
                random.between(8, 256) << 10,
                random.between(2, 50) * 1_000_000L,
                (int) random.between(256, 2048) << 10,
                (int) random.between(1, 8),
                Math.max(chunkBytes, 16384 << random.nextInt(5)),
                random.between(100, 400) * 1_000_000L,
                (1L << random.nextInt(6)) * random.between(1_000_000, 2_000_000),
                sectorsOff == 0 && random.chance(300) ? 4096 : random.nextBoolean() ? 512 : 1,
                line.chance(150) ? line.between(1_000_000, 8_000_000) : MAX_DELAY_NS,
                random.chance(800));
    }

    /** A disk of the mirror's size, with the capabilities that a real one might have. */
    SimDiskOptions diskOptions(SimRandom random, int minBlockBytes) {
        EnumSet<BlockCapability> capabilities = EnumSet.of(BlockCapability.FLUSH);
        for (BlockCapability optional : List.of(BlockCapability.FUA, BlockCapability.TRIM, BlockCapability.WRITE_ZEROES,
                BlockCapability.EXTENTS, BlockCapability.CHECKSUM)) {
            if (random.chance(800)) {
                capabilities.add(optional);
            }
        }
        return SimDiskOptions.ofSize(deviceBytes).withCapabilities(capabilities)
                .withGeometry(new BlockGeometry(deviceBytes, minBlockBytes, 4096, 1 << 20));
    }

    SimLinkOptions links() {
        SimLinkOptions usual = SimLinkOptions.defaults();
        return new SimLinkOptions(MIN_DELAY_NS, maxDelayNs, usual.windowBytes(), usual.queueBytes(), usual.fragmentPermille());
    }

    boolean isNbd(int slot) {
        return (nbdMask >> slot & 1) != 0;
    }

    long chunkCount() {
        return (deviceBytes + chunkBytes - 1) / chunkBytes;
    }
}
