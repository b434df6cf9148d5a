/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.intentlog;

/** What the log knows of one target, durably. */
public enum SlotState {
    /** No target has this slot. */
    UNUSED,
    /** The target has everything but the chunks whose bits are set and the writes still below flushed. */
    TRACKING,
    /** As TRACKING, and the target is known to have missed acknowledged writes: it may not be promoted. */
    STALE,
    /** Nothing is known of the target's content: only a full resync helps. */
    FULL_RESYNC
}
