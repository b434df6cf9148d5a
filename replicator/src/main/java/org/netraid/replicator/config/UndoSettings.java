/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.config;

/**
 * Keeping what a resync overwrites.
 *
 * @param mode whether it is kept
 * @param maxBytes never more than this on one target
 */
public record UndoSettings(Mode mode, long maxBytes) {

    /** Whether a target keeps an undo journal during a resync. */
    public enum Mode {
        /** If it fits into a quarter of the free space. */
        AUTO,
        /** If there is any room. */
        ON,
        OFF
    }

    public static final UndoSettings DEFAULT = new UndoSettings(Mode.AUTO, 16L << 30);
    public static final long MIN_BYTES = 1 << 20;

    public UndoSettings {
        Checks.range("undo maxBytes", maxBytes, MIN_BYTES, 1L << 50);
    }
}
