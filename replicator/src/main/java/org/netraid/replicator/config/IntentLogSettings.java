/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.config;

/**
 * The intent log of a mirror.
 *
 * @param chunkBytes bytes per bit; a power of two from 4 KiB to 1 MiB (LKDR_CHUNK_SIZE)
 * @param hotExtents extents of 4 MiB that may be written without touching the log; {@link #AUTO} for as many as the load has use for
 * @param coolAfterNs an extent that nobody has written for so long costs nothing after a crash any more; 0 for never
 * @param onFailure what to do when it cannot be written
 */
public record IntentLogSettings(int chunkBytes, int hotExtents, long coolAfterNs, LogFailureAction onFailure) {

    /** {@link #hotExtents} follow the load. */
    public static final int AUTO = 0;
    public static final long MIN_COOL_AFTER_NS = 1_000_000_000L;
    public static final long MAX_COOL_AFTER_NS = 7 * 86_400 * 1_000_000_000L;
    public static final IntentLogSettings DEFAULT = new IntentLogSettings(64 << 10, AUTO, 300 * 1_000_000_000L, LogFailureAction.STOP);

    public IntentLogSettings {
        Checks.powerOfTwo("chunkBytes", chunkBytes, 4 << 10, 1 << 20);
        if (hotExtents != AUTO) {
            Checks.range("hotExtents", hotExtents, 2, 65534);
        }
        if (coolAfterNs != 0) {
            Checks.range("coolAfterNs", coolAfterNs, MIN_COOL_AFTER_NS, MAX_COOL_AFTER_NS);
        }
    }

    /** With the default time to cool. */
    public IntentLogSettings(int chunkBytes, int hotExtents, LogFailureAction onFailure) {
        this(chunkBytes, hotExtents, 300 * 1_000_000_000L, onFailure);
    }
}
