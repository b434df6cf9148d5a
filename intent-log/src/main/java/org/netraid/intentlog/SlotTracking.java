/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.intentlog;

import org.roaringbitmap.RoaringBitmap;

/** What every log tells of its slots from memory, the same for {@link DiskIntentLog} and {@link NoIntentLog}. Single-threaded. */
abstract class SlotTracking implements IntentLog {

    final TargetSlots slots;

    SlotTracking(TargetSlots slots) {
        this.slots = slots;
    }

    @Override
    public int chunkBytes() {
        return slots.chunkBytes;
    }

    @Override
    public long chunkCount() {
        return slots.chunkCount;
    }

    @Override
    public boolean wantsFlush() {
        return slots.wantsFlush();
    }

    @Override
    public SlotState slotState(int slot) {
        return slots.at(slot).state;
    }

    @Override
    public String slotName(int slot) {
        return slots.at(slot).name;
    }

    @Override
    public void targetConnected(int slot) {
        slots.connect(slot);
    }

    @Override
    public boolean isConnected(int slot) {
        return slots.at(slot).connected;
    }

    @Override
    public long dirtyChunks(int slot) {
        return slots.at(slot).bitmap.dirty.getLongCardinality();
    }

    @Override
    public long nextDirtyChunk(int slot, long fromChunk) {
        return slots.nextDirty(slot, fromChunk);
    }

    @Override
    public long nextCleanChunk(int slot, long fromChunk) {
        return slots.nextClean(slot, fromChunk);
    }

    @Override
    public boolean isDirty(int slot, long chunk) {
        return slots.isDirty(slot, chunk);
    }

    @Override
    public boolean keepDirty(int slot, long chunk) {
        return slots.keepDirty(slot, chunk);
    }

    @Override
    public byte[] exportDirty(int slotMask) {
        return slots.export(slotMask);
    }

    /** All dirty chunks of the slot; not to be changed. */
    RoaringBitmap dirty(int slot) {
        return slots.at(slot).bitmap.dirty;
    }

    /** Marks chunks for the slots of the mask that are in use, in memory. */
    final void markInMemory(int slotMask, long firstChunk, long count) {
        slots.checkChunks(firstChunk, count);
        if (count > 0) {
            slots.markChunks(slotMask & slots.usedMask(), firstChunk, firstChunk + count - 1);
        }
    }
}
