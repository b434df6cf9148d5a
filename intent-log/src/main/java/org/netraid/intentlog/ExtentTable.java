/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.intentlog;

import java.util.Arrays;
import java.util.function.IntPredicate;
import org.netraid.intentlog.format.ActivityBlockCodec;

/**
 * The hot extents: a fixed table of slots in least-recently-used order, and for each what has been written and not yet flushed.
 *
 * <p>Written chunks are kept as one 64-bit mask per extent and epoch bucket (a bit is a 64th of the extent), shared by all targets. There
 * are four buckets; when none is free the open epoch joins the newest, which then counts as not flushed until the joined epoch is. So a
 * write costs no memory of its own, and a lost target still makes dirty exactly what it may have lost.
 *
 * <p>A slot's extent may be replaced, or cool, only if it is durable in the log, idle, and flushed by all. Single-threaded; nothing
 * allocates after construction.
 */
final class ExtentTable {

    static final int BUCKETS = 4;
    private static final int NONE = SlotOrder.NONE;
    /** Where there are free slots, the search for one to replace is no longer than this. */
    private static final int SHORT_SEARCH = 256;

    /** Extent of each slot, {@link ActivityBlockCodec#FREE} if none; written to the log as it is. */
    final int[] extentAt;
    private final ExtentIndex index;
    private final SlotOrder order;
    private final HotSetSize size;
    private final int coolTicks;
    private final int[] active;
    private final long[] lastEpoch;
    private final boolean[] durable;
    /** One more than the highest slot that was ever used. */
    private int slotsEverUsed;

    private final long[][] written;
    private final long[] bucketEpoch = new long[BUCKETS];
    private int openBucket;

    private final int[] victims;
    private final boolean releaseActive;
    private long activeWrites;

    /**
     * @param slots extents that can be hot
     * @param steady extents that may be hot though none of them is written again
     * @param coolTicks ticks without a write after which an extent is old enough to cool
     */
    ExtentTable(int slots, int steady, int coolTicks, boolean releaseActive) {
        this.coolTicks = coolTicks;
        this.releaseActive = releaseActive;
        extentAt = new int[slots];
        Arrays.fill(extentAt, ActivityBlockCodec.FREE);
        index = new ExtentIndex(extentAt);
        order = new SlotOrder(slots);
        size = new HotSetSize(Math.min(steady, slots), slots);
        active = new int[slots];
        lastEpoch = new long[slots];
        durable = new boolean[slots];
        written = new long[BUCKETS][slots];
        victims = new int[slots];
    }

    /** Slot of the extent, or -1. */
    int find(int extent) {
        return index.find(extent);
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
        order.touch(slot);
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
                Arrays.fill(written[b], 0, slotsEverUsed, 0);
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
                size.missed(e, order.now(), coolTicks);
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
                assign(slot, e);
            }
            hold(slot);
        }
        return true;
    }

    /** Free slots while there may be more hot extents; else those used least recently; else free ones rather than none. */
    private int findVictims(int wanted, int first, int last, long flushedByAll) {
        int room = Math.min(order.freeCount(), Math.max(0, size.limit() - order.usedCount()));
        int free = Math.min(wanted, room);
        int found = 0;
        while (found < free) {
            victims[found] = order.nextFree(found);
            found++;
        }
        int steps = order.freeCount() > free ? SHORT_SEARCH : Integer.MAX_VALUE;
        for (int s = order.oldest(); s != NONE && found < wanted && steps > 0; s = order.newerThan(s), steps--) {
            boolean ofThisWrite = extentAt[s] >= first && extentAt[s] <= last;
            if (!ofThisWrite && isReplaceable(s, flushedByAll)) {
                victims[found++] = s;
            }
        }
        while (found < wanted && free < order.freeCount()) {
            victims[found++] = order.nextFree(free++);
        }
        return found;
    }

    private boolean isReplaceable(int slot, long flushedByAll) {
        return durable[slot] && (releaseActive || active[slot] == 0 && lastEpoch[slot] <= flushedByAll);
    }

    private void assign(int slot, int extent) {
        if (extentAt[slot] == ActivityBlockCodec.FREE) {
            order.useNextFree();
        } else {
            size.replaced(extentAt[slot], order.now());
            clear(slot);
        }
        slotsEverUsed = Math.max(slotsEverUsed, slot + 1);
        durable[slot] = false;
        extentAt[slot] = extent;
        index.put(extent, slot);
    }

    private void clear(int slot) {
        index.remove(extentAt[slot]);
        activeWrites -= active[slot];
        active[slot] = 0;
        lastEpoch[slot] = 0;
        durable[slot] = false;
        for (long[] bucket : written) {
            bucket[slot] = 0;
        }
        extentAt[slot] = ActivityBlockCodec.FREE;
    }

    // ---- cooling for age

    /** A step of age for all that nobody touches. */
    void tick() {
        order.tick();
    }

    /**
     * Takes out extents that nobody has written for long, the oldest first.
     *
     * @param most how many at most
     * @param isRecorded whether the bits of an extent are on disk; others stay until they are
     * @return how many
     */
    int cool(int most, long flushedByAll, IntPredicate isRecorded, SlotChanges changes) {
        int cooled = 0;
        int steps = SHORT_SEARCH;
        int slot = order.oldest();
        while (slot != NONE && cooled < most && steps-- > 0 && order.isIdle(slot, coolTicks)) {
            int next = order.newerThan(slot);
            if (isReplaceable(slot, flushedByAll) && isRecorded.test(extentAt[slot])) {
                changes.add(slot, extentAt[slot], ActivityBlockCodec.FREE);
                clear(slot);
                order.release(slot);
                cooled++;
            }
            slot = next;
        }
        if (cooled > 0) {
            size.shrink(order.usedCount());
        }
        return cooled;
    }

    // ---- recovery and commits

    /** Puts in what recovery found in the log. @return how many extents are hot */
    int restore(int[] found) {
        boolean[] used = new boolean[found.length];
        int hot = 0;
        for (int slot = 0; slot < found.length; slot++) {
            if (found[slot] != ActivityBlockCodec.FREE && find(found[slot]) == NONE) {
                extentAt[slot] = found[slot];
                index.put(found[slot], slot);
                durable[slot] = true;
                used[slot] = true;
                slotsEverUsed = slot + 1;
                hot++;
            }
        }
        order.restore(used);
        size.restored(hot);
        return hot;
    }

    /** The log says durably that the slot holds the extent; told late of a slot that holds another one by now, it does nothing. */
    void markDurable(int slot, int extent) {
        durable[slot] |= extent != ActivityBlockCodec.FREE && extentAt[slot] == extent;
    }

    int hotExtents() {
        return order.usedCount();
    }

    int slots() {
        return extentAt.length;
    }

    long activeWrites() {
        return activeWrites;
    }
}
