/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.intentlog;

import java.util.Arrays;

/** Changes of the slot table that wait for, or are in, one commit. Grows to the largest commit and is used again. */
final class SlotChanges {

    private int[] slots = new int[64];
    private int[] evicted = new int[64];
    private int[] extents = new int[64];
    private int count;

    /** @param evictedExtent what the slot held before, FREE if nothing */
    void add(int slot, int evictedExtent, int extent) {
        if (count == slots.length) {
            slots = Arrays.copyOf(slots, count * 2);
            evicted = Arrays.copyOf(evicted, count * 2);
            extents = Arrays.copyOf(extents, count * 2);
        }
        slots[count] = slot;
        evicted[count] = evictedExtent;
        extents[count++] = extent;
    }

    int count() {
        return count;
    }

    int slot(int i) {
        return slots[i];
    }

    int evicted(int i) {
        return evicted[i];
    }

    int extent(int i) {
        return extents[i];
    }

    void clear() {
        count = 0;
    }
}
