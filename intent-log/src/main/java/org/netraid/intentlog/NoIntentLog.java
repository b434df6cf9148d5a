/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.intentlog;

import org.netraid.block.BlockError;
import org.netraid.time.EventLoop;

/**
 * A mirror without a log, as DataKeeper without a bitmap file: writes wait for nothing, and every interruption of a target or of the
 * source costs a full resync. Dirty chunks are kept in memory only, to drive that resync.
 */
public final class NoIntentLog extends SlotTracking {

    private static final Recovery RECOVERY = new Recovery(Recovery.Kind.NONE, 0,
            "the mirror has no intent log: every interruption costs a full resync");

    private final EventLoop loop;

    public NoIntentLog(long deviceSizeBytes, int chunkBytes, EventLoop loop) {
        super(new TargetSlots(deviceSizeBytes, chunkBytes));
        this.loop = loop;
    }

    private void later(IntentWaiter waiter) {
        loop.execute(() -> waiter.onIntent(BlockError.NONE));
    }

    @Override
    public boolean beginWrite(long offsetBytes, long lengthBytes, IntentWaiter waiter) {
        slots.checkRange(offsetBytes, lengthBytes);
        return true;
    }

    @Override
    public void endWrite(long offsetBytes, long lengthBytes, int missedMask) {
        slots.checkRange(offsetBytes, lengthBytes);
        int missed = slots.missed(missedMask);
        if (lengthBytes > 0 && missed != 0) {
            slots.markRange(missed, offsetBytes, lengthBytes);
        }
        slots.noteWrite();
    }

    @Override
    public long closeEpoch() {
        return slots.closeEpoch();
    }

    @Override
    public void epochFlushed(int slot, long epoch) {
        slots.flushed(slot, epoch);
    }

    @Override
    public boolean flushUrgent() {
        return false;
    }

    @Override
    public void setSlot(int slot, String name, SlotState state, IntentWaiter durable) {
        slots.setState(slot, name, state);
        later(durable);
    }

    @Override
    public void targetLost(int slot, IntentWaiter durable) {
        TargetSlot target = slots.at(slot);
        slots.disconnect(target);
        if (target.isUsed()) {
            slots.setState(slot, target.name, SlotState.FULL_RESYNC);
        }
        later(durable);
    }

    @Override
    public boolean isHot(long offsetBytes) {
        return true; // after an interruption everything is sent
    }

    @Override
    public void chunksWritten(int slot, long firstChunk, long count) {
        slots.chunksWritten(slot, firstChunk, count, false);
    }

    @Override
    public void markDirty(int slotMask, long firstChunk, long count, IntentWaiter durable) {
        markInMemory(slotMask, firstChunk, count);
        later(durable);
    }

    @Override
    public BlockError mergeDirty(int slotMask, byte[] exported, IntentWaiter durable) {
        BlockError error = slots.merge(slotMask, exported);
        if (!error.isError()) {
            later(durable);
        }
        return error;
    }

    @Override
    public Recovery recovery() {
        return RECOVERY;
    }

    @Override
    public void close(IntentWaiter closed) {
        later(closed);
    }
}
