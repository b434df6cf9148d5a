/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.resync;

/**
 * One resync at one moment. Bytes and chunks are exact: each one counts once, when the target has answered that it has it.
 *
 * @param slot the target
 * @param phase what it is doing
 * @param chunksTotal dirty chunks at its start and those dirtied since
 * @param chunksRemaining chunks that the target still lacks
 * @param bytesTotal the same in bytes, the last chunk of the device perhaps shorter
 * @param bytesRemaining the same in bytes
 * @param bytesSent payload sent
 * @param bytesAsZeros bytes sent as WRITE_ZEROES, without payload
 * @param bytesEqual bytes not sent because the target's checksum showed that it has them
 * @param passes walks over the device so far; more than one if something was dirtied again
 * @param elapsedNs since its start
 * @param bytesPerSecond rate over the last seconds, zeros and equal bytes included; over all its time when it has ended
 * @param etaNs expected time until the end; -1 while unknown
 * @param windowBytes how much may be on its way to the target at this moment
 * @param waitsFor why it does not move, or not faster, for people; "" while nothing holds it
 */
public record ResyncProgress(int slot, ResyncPhase phase, long chunksTotal, long chunksRemaining, long bytesTotal, long bytesRemaining,
        long bytesSent, long bytesAsZeros, long bytesEqual, int passes, long elapsedNs, long bytesPerSecond, long etaNs, long windowBytes,
        String waitsFor) {

    /** Chunks that the target has got so far. */
    public long chunksDone() {
        return chunksTotal - chunksRemaining;
    }

    /** Bytes that the target has got so far, zeros and equal ones included. */
    public long bytesDone() {
        return bytesTotal - bytesRemaining;
    }

    /** 0 to 100; 100 only when nothing remains. */
    public double percent() {
        return bytesTotal == 0 ? 100 : 100.0 * bytesDone() / bytesTotal;
    }
}
