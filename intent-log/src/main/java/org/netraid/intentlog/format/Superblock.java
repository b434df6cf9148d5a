/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.intentlog.format;

import java.util.List;
import java.util.UUID;
import org.netraid.intentlog.SlotState;

/**
 * Content of the superblock: whose log this is, its dimensions, and what is durably known of each slot.
 *
 * @param sequence grows by one with each update; the valid copy with the higher one wins
 * @param incarnation told apart from every earlier log on the same medium
 * @param mirrorId which mirror
 * @param nodeName which node
 * @param deviceSizeBytes of the mirrored device
 * @param chunkBytes bytes per bit
 * @param extentBytes bytes per extent
 * @param alSlots extents in the activity log
 * @param ringPlaces places in its ring
 * @param ringLife ring blocks of another life count as unwritten
 * @param clean closed in order: the ring says nothing
 * @param slots {@link org.netraid.intentlog.IntentLog#MAX_SLOTS} of them
 */
public record Superblock(long sequence, long incarnation, UUID mirrorId, String nodeName, long deviceSizeBytes, int chunkBytes,
        int extentBytes, int alSlots, int ringPlaces, int ringLife, boolean clean, List<Slot> slots) {

    public Superblock {
        slots = List.copyOf(slots);
    }

    /**
     * One target.
     *
     * @param state what is known of it
     * @param fillOnes what a page never written in this life means: all dirty (true) or all clean
     * @param life bitmap pages of another life count as never written
     * @param name node name, at most 64 bytes of UTF-8
     */
    public record Slot(SlotState state, boolean fillOnes, int life, String name) {
        public static final Slot UNUSED = new Slot(SlotState.UNUSED, false, 0, "");
    }
}
