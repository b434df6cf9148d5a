/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.intentlog;

import org.roaringbitmap.RoaringBitmap;

/**
 * Writes over more than an eighth of the activity log (huge trims). They would push every other extent out, so their bits are set
 * instead, durably, one such write at a time, and fall when the write has been flushed everywhere. Single-threaded.
 */
final class HugeWrites {

    private final TargetSlots slots;
    private ColdWrites.Write active;
    /** Chunks of huge writes the local disk may still lose, and the epoch to flush: dirty also for a target that gets a slot now. */
    private final RoaringBitmap unflushed = new RoaringBitmap();
    private long epoch;

    HugeWrites(TargetSlots slots) {
        this.slots = slots;
    }

    boolean isActive() {
        return active != null;
    }

    /** The whole range becomes dirty for every target; the write may start when the bits are on disk. */
    void begin(ColdWrites.Write write) {
        active = write;
        for (TargetSlot target : slots.all) {
            if (target.isUsed()) {
                target.bitmap.lend(firstChunk(), lastChunk());
            }
        }
    }

    private long firstChunk() {
        return slots.firstChunk(active.offsetBytes());
    }

    private long lastChunk() {
        return slots.firstChunk(active.offsetBytes() + active.lengthBytes() - 1);
    }

    /** @param missed slots that do not have the write */
    void end(long offsetBytes, long lengthBytes, int missed) {
        if (active == null || active.offsetBytes() != offsetBytes || active.lengthBytes() != lengthBytes) {
            throw new IllegalStateException("end of a write at " + offsetBytes + "+" + lengthBytes + " that has not begun");
        }
        unflushed.add(firstChunk(), lastChunk() + 1);
        active = null;
        epoch = slots.openEpoch();
        for (TargetSlot target : slots.all) {
            if ((missed & 1 << target.index) != 0) {
                target.bitmap.keepLoan();
                slots.markRange(1 << target.index, offsetBytes, lengthBytes);
            } else {
                target.bitmap.giveBack(slots.openEpoch());
            }
        }
    }

    void localFlushed(long flushedEpoch) {
        if (flushedEpoch >= epoch && !unflushed.isEmpty()) {
            unflushed.clear();
        }
    }

    /** No hot extent covers them, so a target that is equal now needs their bits in case that a write or its flush never ends. */
    void markFor(int slot) {
        slots.at(slot).bitmap.setAll(unflushed);
        if (active != null) {
            slots.markRange(1 << slot, active.offsetBytes(), active.lengthBytes());
        }
    }

    /** True if the bits of these chunks are all that covers a huge write under way. */
    boolean covers(long firstChunk, long count) {
        return active != null && firstChunk + count > firstChunk() && firstChunk <= lastChunk();
    }
}
