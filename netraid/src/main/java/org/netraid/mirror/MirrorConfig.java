/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.mirror;

import org.netraid.block.BlockGeometry;

/**
 * Everything about a mirror that can be tuned. All limits are per mirror.
 *
 * @param tag the mirror's name
 * @param localSystemId identity of this machine; a target on it is refused
 * @param sizeBytes size of the mirrored device; 0 for the size of the local disk
 * @param minBlockBytes smallest unit the mirror serves, power of two; at least that of every copy. 512 lets every usual
 *     disk and NBD server be a target
 * @param maxRequests requests in work at one time; more wait in the queue
 * @param maxQueuedRequests requests that may wait for their turn; more end with ENOMEM
 * @param payloadBytes memory for copies of write payloads; a write that finds none free waits
 * @param segmentBytes longest piece in which TRIM and WRITE_ZEROES are carried out, so that one of them cannot need
 *     more hot extents than the intent log has
 * @param flushBytes the engine flushes all copies after this many bytes, so that extents can cool
 * @param flushIntervalNs the engine flushes no later than this after a write
 */
public record MirrorConfig(String tag, String localSystemId, long sizeBytes, int minBlockBytes, int maxRequests,
        int maxQueuedRequests, long payloadBytes, int segmentBytes, long flushBytes, long flushIntervalNs) {

    public MirrorConfig {
        if (tag.isEmpty()) {
            throw new IllegalArgumentException("mirror without a tag");
        }
        if (sizeBytes < 0) {
            throw new IllegalArgumentException("mirror " + tag + ": size " + sizeBytes + " is negative");
        }
        if (Integer.bitCount(minBlockBytes) != 1 || minBlockBytes < 1 || minBlockBytes > 65536) {
            throw new IllegalArgumentException("mirror " + tag + ": minimum block " + minBlockBytes
                    + " is not a power of two from 1 to 65536");
        }
        if (maxRequests < 1 || maxQueuedRequests < 0) {
            throw new IllegalArgumentException("mirror " + tag + ": " + maxRequests + " requests and a queue of " + maxQueuedRequests);
        }
        if (payloadBytes < 4096 || segmentBytes < 65536 || flushBytes < 1 || flushIntervalNs < 1) {
            throw new IllegalArgumentException("mirror " + tag + ": payload memory " + payloadBytes + ", segment " + segmentBytes
                    + ", flush after " + flushBytes + " bytes or " + flushIntervalNs + " ns: at least 4096, 65536, 1 and 1");
        }
    }

    /** The defaults. */
    public static MirrorConfig of(String tag, String localSystemId) {
        return new MirrorConfig(tag, localSystemId, 0, 512, 256, 4096, 64L << 20, 16 << 20, 8L << 20, 200_000_000L);
    }

    /** Size of a mirror over this disk: whole blocks, not beyond the configured size. The intent log is made for this size. */
    public long mirrorSizeBytes(BlockGeometry disk) {
        long size = sizeBytes == 0 ? disk.sizeBytes() : sizeBytes;
        return size - size % Math.max(minBlockBytes, disk.minBlockBytes());
    }

    public MirrorConfig withSizeBytes(long value) {
        return new MirrorConfig(tag, localSystemId, value, minBlockBytes, maxRequests, maxQueuedRequests, payloadBytes,
                segmentBytes, flushBytes, flushIntervalNs);
    }

    public MirrorConfig withMinBlockBytes(int value) {
        return new MirrorConfig(tag, localSystemId, sizeBytes, value, maxRequests, maxQueuedRequests, payloadBytes,
                segmentBytes, flushBytes, flushIntervalNs);
    }

    public MirrorConfig withRequests(int inWork, int queued) {
        return new MirrorConfig(tag, localSystemId, sizeBytes, minBlockBytes, inWork, queued, payloadBytes,
                segmentBytes, flushBytes, flushIntervalNs);
    }

    public MirrorConfig withMemory(long payload, int segment) {
        return new MirrorConfig(tag, localSystemId, sizeBytes, minBlockBytes, maxRequests, maxQueuedRequests, payload,
                segment, flushBytes, flushIntervalNs);
    }

    public MirrorConfig withFlush(long bytes, long intervalNs) {
        return new MirrorConfig(tag, localSystemId, sizeBytes, minBlockBytes, maxRequests, maxQueuedRequests, payloadBytes,
                segmentBytes, bytes, intervalNs);
    }
}
