/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.resync;

/**
 * One resync at one moment.
 *
 * @param slot the target
 * @param phase what it is doing
 * @param chunksTotal dirty chunks at its start and those dirtied since
 * @param chunksRemaining chunks still to be sent
 * @param bytesSent payload sent
 * @param bytesAsZeros bytes sent as WRITE_ZEROES, without payload
 * @param elapsedNs since its start
 * @param bytesPerSecond rate since its start, zeros included
 * @param etaNs expected time until the end; -1 while unknown
 * @param waitsFor why it does not move, for people; "" while it does
 */
public record ResyncProgress(int slot, ResyncPhase phase, long chunksTotal, long chunksRemaining, long bytesSent, long bytesAsZeros,
        long elapsedNs, long bytesPerSecond, long etaNs, String waitsFor) {

    /** Chunks sent so far. */
    public long chunksDone() {
        return chunksTotal - chunksRemaining;
    }
}
