/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.intentlog;

import java.util.Arrays;
import org.netraid.intentlog.format.ActivityBlockCodec;

/**
 * The hot extents: a fixed table of slots in least-recently-used order, and for each what has been written and not yet flushed.
 *
 * <p>Written chunks are kept as one 64-bit mask per extent and epoch bucket (a bit is a 64th of the extent), shared by all targets. There
 * are four buckets; when none is free the open epoch joins the newest, which then counts as not flushed until the joined epoch is. So a
 * write costs no memory of its own, and a lost target still makes dirty exactly what it may have lost.
 *
 * <p>A slot's extent may be replaced only if it is durable in the log, idle, and flushed by all. Single-threaded; nothing allocates
 * after construction.
 */
final class ExtentTable {

    static final int BUCKETS = 4;
    private static final int NONE = -1;

    /** Extent of each slot, {@link ActivityBlockCodec#FREE} if none; written to the log as it is. */
    final int[] extentAt;
    private final int[] active;
    private final long[] lastEpoch;
    private final boolean[] durable;
    private final int[] newer;
    private final int[] older;
    private int newest;
    private int oldest;

    private final int[] hashSlot;
    private final int hashMask;

    private final long[][] written;
    private final long[] bucketEpoch = new long[BUCKETS];
    private int openBucket;

    private final int[] victims;
    private final boolean releaseActive;
    private long activeWrites;

    ExtentTable(int slots, boolean releaseActive) {
        this.releaseActive = releaseActive;
        extentAt = new int[slots];
        Arrays.fill(extentAt, ActivityBlockCodec.FREE);
        active = new int[slots];
        lastEpoch = new long[slots];
        durable = new boolean[slots];
        newer = new int[slots];
        older = new int[slots];
        for (int s = 0; s < slots; s++) {
            newer[s] = s - 1;
            older[s] = s + 1 < slots ? s + 1 : NONE;
        }
        oldest = slots - 1;
        hashMask = Integer.highestOneBit(slots) * 4 - 1;
        hashSlot = new int[hashMask + 1];
        Arrays.fill(hashSlot, NONE);
        written = new long[BUCKETS][slots];
        victims = new int[slots];
    }

    // ---- lookup

    /** Slot of the extent, or -1. */
    int find(int extent) {
        int at = home(extent);
        int slot = hashSlot[at];
        while (slot != NONE && extentAt[slot] != extent) {
            at = (at + 1) & hashMask;
            slot = hashSlot[at];
        }
        return slot;
    }

    private int home(int extent) {
        int mixed = extent * 0x9e3779b9;
        return (mixed ^ mixed >>> 15) & hashMask;
    }

    private void hashPut(int extent, int slot) {
        int at = home(extent);
        while (hashSlot[at] != NONE) {
            at = (at + 1) & hashMask;
        }
        hashSlot[at] = slot;
    }

    /** Takes the extent out and moves later entries of the run back, so that no probe stops early. */
    private void hashRemove(int extent) {
        int hole = home(extent);
        while (extentAt[hashSlot[hole]] != extent) {
            hole = (hole + 1) & hashMask;
        }
        int at = hole;
        while (true) {
            at = (at + 1) & hashMask;
            if (hashSlot[at] == NONE) {
                break;
            }
            int home = home(extentAt[hashSlot[at]]);
            if (((at - home) & hashMask) >= ((at - hole) & hashMask)) {
                hashSlot[hole] = hashSlot[at];
                hole = at;
            }
        }
        hashSlot[hole] = NONE;
    }

    // ---- the hot path

    /** True if every extent of the range is durably hot; then they are held for one write. */
    boolean holdIfHot(int first, int last) {
        int slot = find(first);
        if (slot == NONE || !durable[slot]) {
            return false;
        }
        if (first == last) {
            hold(slot);
            return true;
        }
        for (int e = first + 1; e <= last; e++) {
            slot = find(e);
            if (slot == NONE || !durable[slot]) {
                return false;
            }
        }
        for (int e = first; e <= last; e++) {
            hold(find(e));
        }
        return true;
    }

    private void hold(int slot) {
        active[slot]++;
        activeWrites++;
        touch(slot);
    }

    private void touch(int slot) {
        int above = newer[slot];
        if (above == NONE) {
            return;
        }
        int below = older[slot];
        older[above] = below;
        if (below == NONE) {
            oldest = above;
        } else {
            newer[below] = above;
        }
        newer[slot] = NONE;
        older[slot] = newest;
        newer[newest] = slot;
        newest = slot;
    }

    /** Ends one write in the extent; {@code mask} says which 64ths it may have changed. */
    void release(int extent, long mask, long epoch) {
        int slot = find(extent);
        if (slot == NONE || active[slot] == 0) {
            if (releaseActive) {
                return;
            }
            throw new IllegalStateException("end of a write in extent " + extent + " that has none active");
        }
        active[slot]--;
        activeWrites--;
        lastEpoch[slot] = epoch;
        written[openBucket][slot] |= mask;
    }

    // ---- epochs

    /** Opens {@code epoch}; {@code flushedByAll} is the newest epoch all targets have flushed. */
    void openEpoch(long epoch, long flushedByAll) {
        for (int b = 0; b < BUCKETS; b++) {
            if (b != openBucket && bucketEpoch[b] <= flushedByAll) {
                Arrays.fill(written[b], 0);
                openBucket = b;
                break;
            }
        }
        bucketEpoch[openBucket] = epoch;
    }

    /** The 64ths of the slot's extent written after {@code epoch}. */
    long writtenAfter(int slot, long epoch) {
        long mask = 0;
        for (int b = 0; b < BUCKETS; b++) {
            if (bucketEpoch[b] > epoch) {
                mask |= written[b][slot];
            }
        }
        return mask;
    }

    // ---- making extents hot

    /**
     * Holds every extent of the range for one write, giving slots to those that have none; all or nothing.
     *
     * @return false if too few slots can be had: some write must end or some flush succeed first
     */
    boolean acquire(int first, int last, long flushedByAll, SlotChanges changes) {
        int missing = 0;
        for (int e = first; e <= last; e++) {
            if (find(e) == NONE) {
                missing++;
            }
        }
        if (findVictims(missing, first, last, flushedByAll) < missing) {
            return false;
        }
        int used = 0;
        for (int e = first; e <= last; e++) {
            int slot = find(e);
            if (slot == NONE) {
                slot = victims[used++];
                changes.add(slot, extentAt[slot], e);
                assign(slot, e, false);
            }
            hold(slot);
        }
        return true;
    }

    private int findVictims(int wanted, int first, int last, long flushedByAll) {
        int found = 0;
        for (int s = oldest; s != NONE && found < wanted; s = newer[s]) {
            boolean ofThisWrite = extentAt[s] != ActivityBlockCodec.FREE && extentAt[s] >= first && extentAt[s] <= last;
            if (!ofThisWrite && isReplaceable(s, flushedByAll)) {
                victims[found++] = s;
            }
        }
        return found;
    }

    private boolean isReplaceable(int slot, long flushedByAll) {
        if (extentAt[slot] == ActivityBlockCodec.FREE) {
            return true;
        }
        return durable[slot] && (releaseActive || active[slot] == 0 && lastEpoch[slot] <= flushedByAll);
    }

    private void assign(int slot, int extent, boolean isDurable) {
        if (extentAt[slot] != ActivityBlockCodec.FREE) {
            hashRemove(extentAt[slot]);
        }
        activeWrites -= active[slot];
        active[slot] = 0;
        lastEpoch[slot] = 0;
        durable[slot] = isDurable;
        for (long[] bucket : written) {
            bucket[slot] = 0;
        }
        extentAt[slot] = extent;
        hashPut(extent, slot);
    }

    /** Puts in what recovery found in the log. */
    void restore(int slot, int extent) {
        if (find(extent) != NONE) {
            return;
        }
        assign(slot, extent, true);
    }

    void markDurable(int slot) {
        durable[slot] = true;
    }

    int slots() {
        return extentAt.length;
    }

    long activeWrites() {
        return activeWrites;
    }
}
