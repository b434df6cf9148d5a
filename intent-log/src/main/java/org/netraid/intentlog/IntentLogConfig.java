/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.intentlog;

import java.util.UUID;

/**
 * What a log is opened or created with.
 *
 * @param mirrorId the mirror the log belongs to; a log of another mirror is foreign
 * @param nodeName the node's name, at most 64 bytes of UTF-8
 * @param deviceSizeBytes size of the mirrored device
 * @param chunkBytes bytes per bit, for a new log; an existing one keeps its own
 * @param alSlots room for hot extents, for a new log; an existing one keeps its own
 * @param steadyExtents of these, how many may be hot for no other reason than that they were written; there are more only while writes
 *     come back to extents that were replaced ({@link HotSetSize})
 * @param coolAfterNs an extent that nobody has written for so long cools, nanoseconds; 0 for never
 * @param lazyWriteNs how long bits whose extents are hot, and cleared bits, may wait before they are written, nanoseconds
 */
public record IntentLogConfig(UUID mirrorId, String nodeName, long deviceSizeBytes, int chunkBytes, int alSlots, int steadyExtents,
        long coolAfterNs, long lazyWriteNs) {

    public static final long DEFAULT_LAZY_WRITE_NS = 2_000_000_000L;

    public IntentLogConfig {
        String problem = IntentLogLayout.problem(deviceSizeBytes, chunkBytes, alSlots);
        if (problem != null) {
            throw new IllegalArgumentException("intent log: " + problem);
        }
        if (steadyExtents < 1 || coolAfterNs < 0) {
            throw new IllegalArgumentException("intent log: " + steadyExtents + " steady extents that cool after " + coolAfterNs + " ns");
        }
    }

    /** 64 KiB chunks, 6433 extents that stay hot until they are replaced. */
    public static IntentLogConfig of(UUID mirrorId, String nodeName, long deviceSizeBytes) {
        return new IntentLogConfig(mirrorId, nodeName, deviceSizeBytes, IntentLogLayout.DEFAULT_CHUNK_BYTES,
                IntentLogLayout.DEFAULT_AL_SLOTS, IntentLogLayout.DEFAULT_AL_SLOTS, 0, DEFAULT_LAZY_WRITE_NS);
    }

    public IntentLogConfig withChunkBytes(int bytes) {
        return new IntentLogConfig(mirrorId, nodeName, deviceSizeBytes, bytes, alSlots, steadyExtents, coolAfterNs, lazyWriteNs);
    }

    /** Room for so many, all steady. */
    public IntentLogConfig withAlSlots(int slots) {
        return withAlSlots(slots, slots);
    }

    /** Room for {@code slots}, of which {@code steady} need no reason. */
    public IntentLogConfig withAlSlots(int slots, int steady) {
        return new IntentLogConfig(mirrorId, nodeName, deviceSizeBytes, chunkBytes, slots, steady, coolAfterNs, lazyWriteNs);
    }

    public IntentLogConfig withCoolAfterNs(long afterNs) {
        return new IntentLogConfig(mirrorId, nodeName, deviceSizeBytes, chunkBytes, alSlots, steadyExtents, afterNs, lazyWriteNs);
    }

    public IntentLogConfig withLazyWriteNs(long afterNs) {
        return new IntentLogConfig(mirrorId, nodeName, deviceSizeBytes, chunkBytes, alSlots, steadyExtents, coolAfterNs, afterNs);
    }

    /** Layout of a log created with this. */
    public IntentLogLayout layout() {
        return new IntentLogLayout(deviceSizeBytes, chunkBytes, alSlots);
    }
}
