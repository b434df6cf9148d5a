/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.intentlog;

import java.util.Arrays;

/** Finds the slot of an extent: a hash table with linear probing over the slots' extents. Single-threaded; allocates nothing. */
final class ExtentIndex {

    private static final int NONE = -1;

    private final int[] extentAt;
    private final int[] slotAt;
    private final int mask;

    /** @param extentAt extent of each slot, kept by the caller */
    ExtentIndex(int[] extentAt) {
        this.extentAt = extentAt;
        mask = Integer.highestOneBit(extentAt.length) * 4 - 1;
        slotAt = new int[mask + 1];
        Arrays.fill(slotAt, NONE);
    }

    /** Slot of the extent, or -1. */
    int find(int extent) {
        int at = home(extent);
        int slot = slotAt[at];
        while (slot != NONE && extentAt[slot] != extent) {
            at = (at + 1) & mask;
            slot = slotAt[at];
        }
        return slot;
    }

    private int home(int extent) {
        int mixed = extent * 0x9e3779b9;
        return (mixed ^ mixed >>> 15) & mask;
    }

    void put(int extent, int slot) {
        int at = home(extent);
        while (slotAt[at] != NONE) {
            at = (at + 1) & mask;
        }
        slotAt[at] = slot;
    }

    /** Takes the extent out and moves later entries of the run back, so that no probe stops early. */
    void remove(int extent) {
        int hole = home(extent);
        while (extentAt[slotAt[hole]] != extent) {
            hole = (hole + 1) & mask;
        }
        int at = hole;
        while (true) {
            at = (at + 1) & mask;
            if (slotAt[at] == NONE) {
                break;
            }
            int home = home(extentAt[slotAt[at]]);
            if (((at - home) & mask) >= ((at - hole) & mask)) {
                slotAt[hole] = slotAt[at];
                hole = at;
            }
        }
        slotAt[hole] = NONE;
    }
}
