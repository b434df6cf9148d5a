/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.intentlog;

import org.netraid.block.BlockError;
import org.netraid.intentlog.format.DirtyMapCodec;
import org.netraid.intentlog.format.DirtyUnion;
import org.roaringbitmap.RoaringBitmap;

/**
 * The slots of a log in memory: states, bits, who is connected, and how far each has flushed. What {@link DiskIntentLog} and
 * {@link NoIntentLog} have in common. Single-threaded.
 */
final class TargetSlots {

    private static final int ALL = (1 << IntentLog.MAX_SLOTS) - 1;

    final TargetSlot[] all = new TargetSlot[IntentLog.MAX_SLOTS];
    final long chunkCount;
    final int chunkBytes;
    private final long deviceSizeBytes;
    private final int chunkShift;
    private int usedMask;
    private int connectedMask;
    private long localEpoch;
    private long openEpoch = 1;
    private long lastWriteEpoch;
    private long flushedByAll;

    TargetSlots(long deviceSizeBytes, int chunkBytes) {
        this.deviceSizeBytes = deviceSizeBytes;
        this.chunkBytes = chunkBytes;
        chunkShift = Integer.numberOfTrailingZeros(chunkBytes);
        chunkCount = IntentLogLayout.divideUp(deviceSizeBytes, chunkBytes);
        for (int k = 0; k < all.length; k++) {
            all[k] = new TargetSlot(k);
        }
    }

    // ---- checks

    TargetSlot at(int slot) {
        if (slot < 0 || slot >= all.length) {
            throw new IllegalArgumentException("slot " + slot + " is not within 0 and " + (all.length - 1));
        }
        return all[slot];
    }

    void checkRange(long offsetBytes, long lengthBytes) {
        if (offsetBytes < 0 || lengthBytes < 0 || offsetBytes > deviceSizeBytes || lengthBytes > deviceSizeBytes - offsetBytes) {
            throw new IllegalArgumentException("range " + offsetBytes + "+" + lengthBytes + " is outside the device of "
                    + deviceSizeBytes + " bytes");
        }
    }

    void checkChunks(long first, long count) {
        if (first < 0 || count < 0 || first > chunkCount || count > chunkCount - first) {
            throw new IllegalArgumentException("chunks " + first + "+" + count + " are outside the device of " + chunkCount + " chunks");
        }
    }

    // ---- states

    /** @return true if the states on disk must be rewritten */
    boolean setState(int slot, String name, SlotState state) {
        TargetSlot target = at(slot);
        boolean wasUsed = target.isUsed();
        boolean ones = state == SlotState.FULL_RESYNC;
        if (ones || state == SlotState.UNUSED || !wasUsed || state == SlotState.TRACKING && target.bitmap.dirty.isEmpty()) {
            target.startLife(ones, chunkCount);
        }
        target.state = state;
        target.name = state == SlotState.UNUSED ? "" : name;
        if (state == SlotState.UNUSED) {
            target.connected = false;
        }
        recompute();
        return true;
    }

    void connect(int slot) {
        TargetSlot target = at(slot);
        if (!target.isUsed()) {
            throw new IllegalStateException("slot " + slot + " is connected but belongs to no target");
        }
        target.connected = true;
        target.flushedEpoch = openEpoch - 1;
        target.bitmap.dropPending();
        recompute();
    }

    void disconnect(TargetSlot target) {
        target.connected = false;
        target.bitmap.dropPending();
        recompute();
    }

    int usedMask() {
        return usedMask;
    }

    void recompute() {
        usedMask = 0;
        connectedMask = 0;
        flushedByAll = localEpoch;
        for (TargetSlot target : all) {
            usedMask |= target.isUsed() ? 1 << target.index : 0;
            if (target.connected) {
                connectedMask |= 1 << target.index;
                flushedByAll = Math.min(flushedByAll, target.flushedEpoch);
            }
        }
    }

    // ---- writes

    /** Slots in use that do not have a write: those the mirror names and those not connected. */
    int missed(int missedMask) {
        return (missedMask | ~connectedMask) & usedMask;
    }

    void noteWrite() {
        lastWriteEpoch = openEpoch;
    }

    void markRange(int mask, long offsetBytes, long lengthBytes) {
        markChunks(mask, offsetBytes >>> chunkShift, (offsetBytes + lengthBytes - 1) >>> chunkShift);
    }

    void markChunks(int mask, long first, long last) {
        for (TargetSlot target : all) {
            if ((mask & 1 << target.index) != 0) {
                target.bitmap.set(first, last);
            }
        }
    }

    long firstChunk(long offsetBytes) {
        return offsetBytes >>> chunkShift;
    }

    // ---- epochs

    long openEpoch() {
        return openEpoch;
    }

    long closeEpoch() {
        return openEpoch++;
    }

    long flushedByAll() {
        return flushedByAll;
    }

    void flushed(int slot, long epoch) {
        if (epoch >= openEpoch) {
            throw new IllegalArgumentException("epoch " + epoch + " is flushed before it is closed; open is " + openEpoch);
        }
        if (slot == IntentLog.LOCAL) {
            localEpoch = Math.max(localEpoch, epoch);
        } else if (at(slot).connected) {
            at(slot).flushedEpoch = Math.max(at(slot).flushedEpoch, epoch);
        }
        for (TargetSlot target : all) {
            if (target.connected) {
                target.bitmap.flushed(Math.min(target.flushedEpoch, localEpoch));
            }
        }
        recompute();
    }

    boolean hasUnflushedWrites() {
        return lastWriteEpoch > flushedByAll;
    }

    boolean wantsFlush() {
        boolean wants = hasUnflushedWrites();
        for (TargetSlot target : all) {
            wants |= target.bitmap.hasPending();
        }
        return wants;
    }

    // ---- resync

    long nextDirty(int slot, long fromChunk) {
        return fromChunk >= chunkCount ? -1 : at(slot).bitmap.dirty.nextValue((int) fromChunk);
    }

    long nextClean(int slot, long fromChunk) {
        return fromChunk >= chunkCount ? chunkCount : Math.min(chunkCount, at(slot).bitmap.dirty.nextAbsentValue((int) fromChunk));
    }

    boolean isDirty(int slot, long chunk) {
        return chunk >= 0 && chunk < chunkCount && at(slot).bitmap.dirty.contains((int) chunk);
    }

    boolean keepDirty(int slot, long chunk) {
        boolean dirty = isDirty(slot, chunk);
        if (dirty) {
            at(slot).bitmap.keep(chunk, chunk);
        }
        return dirty;
    }

    void chunksWritten(int slot, long first, long count, boolean clearNow) {
        checkChunks(first, count);
        TargetSlot target = at(slot);
        if (target.connected && count > 0) {
            target.bitmap.written(first, count, openEpoch);
            if (clearNow) {
                target.bitmap.flushed(Long.MAX_VALUE);
            }
        }
    }

    byte[] export(int mask) {
        RoaringBitmap union = new RoaringBitmap();
        for (TargetSlot target : all) {
            if ((mask & 1 << target.index) != 0) {
                union = DirtyUnion.of(union, target.bitmap.dirty);
            }
        }
        return DirtyMapCodec.encode(union, chunkBytes, deviceSizeBytes);
    }

    BlockError merge(int mask, byte[] exported) {
        RoaringBitmap chunks = DirtyMapCodec.decode(exported, chunkBytes, deviceSizeBytes);
        if (chunks == null) {
            return BlockError.EINVAL;
        }
        for (TargetSlot target : all) {
            if ((mask & ALL & usedMask & 1 << target.index) != 0) {
                target.bitmap.setAll(chunks);
            }
        }
        return BlockError.NONE;
    }

    boolean hasStalePages() {
        for (TargetSlot target : all) {
            if (!target.bitmap.setStale.isEmpty() || !target.bitmap.clearStale.isEmpty()) {
                return true;
            }
        }
        return false;
    }
}
