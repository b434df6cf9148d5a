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
 * @param alSlots hot extents, for a new log; an existing one keeps its own
 * @param lazyWriteNs how long bits whose extents are hot, and cleared bits, may wait before they are written, nanoseconds
 */
public record IntentLogConfig(UUID mirrorId, String nodeName, long deviceSizeBytes, int chunkBytes, int alSlots, long lazyWriteNs) {

    public static final long DEFAULT_LAZY_WRITE_NS = 2_000_000_000L;

    public IntentLogConfig {
        String problem = IntentLogLayout.problem(deviceSizeBytes, chunkBytes, alSlots);
        if (problem != null) {
            throw new IllegalArgumentException("intent log: " + problem);
        }
    }

    /** 64 KiB chunks, 6433 extents. */
    public static IntentLogConfig of(UUID mirrorId, String nodeName, long deviceSizeBytes) {
        return new IntentLogConfig(mirrorId, nodeName, deviceSizeBytes, IntentLogLayout.DEFAULT_CHUNK_BYTES,
                IntentLogLayout.DEFAULT_AL_SLOTS, DEFAULT_LAZY_WRITE_NS);
    }

    public IntentLogConfig withChunkBytes(int chunkBytes) {
        return new IntentLogConfig(mirrorId, nodeName, deviceSizeBytes, chunkBytes, alSlots, lazyWriteNs);
    }

    public IntentLogConfig withAlSlots(int alSlots) {
        return new IntentLogConfig(mirrorId, nodeName, deviceSizeBytes, chunkBytes, alSlots, lazyWriteNs);
    }

    /** Layout of a log created with this. */
    public IntentLogLayout layout() {
        return new IntentLogLayout(deviceSizeBytes, chunkBytes, alSlots);
    }
}
