/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.config;

/**
 * The intent log of a mirror.
 *
 * @param chunkBytes bytes per bit; a power of two from 4 KiB to 1 MiB (LKDR_CHUNK_SIZE)
 * @param hotExtents extents of 4 MiB that may be written without touching the log
 * @param onFailure what to do when it cannot be written
 */
public record IntentLogSettings(int chunkBytes, int hotExtents, LogFailureAction onFailure) {

    public static final IntentLogSettings DEFAULT = new IntentLogSettings(64 << 10, 6433, LogFailureAction.STOP);

    public IntentLogSettings {
        Checks.powerOfTwo("chunkBytes", chunkBytes, 4 << 10, 1 << 20);
        Checks.range("hotExtents", hotExtents, 2, 65534);
    }
}
