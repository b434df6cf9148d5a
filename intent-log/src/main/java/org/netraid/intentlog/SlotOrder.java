/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.intentlog;

/**
 * Which slots of the activity log are free, and the order in which the others were used last. Age is counted in ticks of the owner's, so
 * that the hot path needs no clock. Single-threaded; allocates nothing after construction.
 */
final class SlotOrder {

    static final int NONE = -1;

    private final int[] newer;
    private final int[] older;
    private final int[] usedAtTick;
    private int newest = NONE;
    private int oldest = NONE;
    /** Free slots; the next one to use is the last. */
    private final int[] free;
    private int freeCount;
    private int tick;

    SlotOrder(int slots) {
        newer = new int[slots];
        older = new int[slots];
        usedAtTick = new int[slots];
        free = new int[slots];
        for (int s = slots - 1; s >= 0; s--) {
            free[freeCount++] = s;
        }
    }

    int freeCount() {
        return freeCount;
    }

    int usedCount() {
        return free.length - freeCount;
    }

    /** The free slot that will be used after {@code ahead} others. */
    int nextFree(int ahead) {
        return free[freeCount - 1 - ahead];
    }

    /** Takes the next free slot, which is the newest now. */
    void useNextFree() {
        link(free[--freeCount]);
    }

    /** Takes the slots away that are used already, as a log just opened finds them. */
    void restore(boolean[] used) {
        freeCount = 0;
        for (int s = used.length - 1; s >= 0; s--) {
            if (used[s]) {
                link(s);
            } else {
                free[freeCount++] = s;
            }
        }
    }

    void release(int slot) {
        unlink(slot);
        free[freeCount++] = slot;
    }

    void touch(int slot) {
        if (slot != newest) {
            unlink(slot);
            link(slot);
        } else {
            usedAtTick[slot] = tick;
        }
    }

    private void link(int slot) {
        usedAtTick[slot] = tick;
        newer[slot] = NONE;
        older[slot] = newest;
        if (newest == NONE) {
            oldest = slot;
        } else {
            newer[newest] = slot;
        }
        newest = slot;
    }

    private void unlink(int slot) {
        int above = newer[slot];
        int below = older[slot];
        if (above == NONE) {
            newest = below;
        } else {
            older[above] = below;
        }
        if (below == NONE) {
            oldest = above;
        } else {
            newer[below] = above;
        }
    }

    int oldest() {
        return oldest;
    }

    int newerThan(int slot) {
        return newer[slot];
    }

    void tick() {
        tick++;
    }

    int now() {
        return tick;
    }

    /** True if the slot was not used in the last {@code ticks} ticks. */
    boolean isIdle(int slot, int ticks) {
        return tick - usedAtTick[slot] > ticks;
    }
}
