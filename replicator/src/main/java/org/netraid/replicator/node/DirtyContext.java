/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.node;

import org.netraid.block.BlockError;
import org.netraid.block.ExtentList;
import org.netraid.block.StatusContext;
import org.netraid.intentlog.IntentLog;
import org.netraid.intentlog.SlotState;

/**
 * What one target of a mirror lacks, as a map for clients of the mirror's export; see {@code docs/wire-extensions.md}. The target is looked
 * up by its name each time: its slot may be given to another while a client still asks.
 */
final class DirtyContext implements StatusContext {

    static final String PREFIX = "x-netraid:dirty:";
    /** The target lacks the part, or may lack it. */
    static final int DIRTY = 1;

    /** Chunks looked at in one call: it must not stall the loop. */
    private static final long MAX_CHUNKS = 1 << 16;

    private final IntentLog log;
    private final String target;

    DirtyContext(IntentLog log, String target) {
        this.log = log;
        this.target = target;
    }

    @Override
    public String name() {
        return PREFIX + target;
    }

    @Override
    public String description() {
        return "bit 0: target " + target + " lacks this part";
    }

    @Override
    public BlockError extents(long offsetBytes, long lengthBytes, ExtentList into) {
        int slot = slotOfTarget();
        if (slot < 0) {
            return BlockError.EINVAL;
        }
        long chunkBytes = log.chunkBytes();
        long endBytes = offsetBytes + lengthBytes;
        long firstChunk = offsetBytes / chunkBytes;
        long lastChunk = Math.min((endBytes - 1) / chunkBytes, firstChunk + MAX_CHUNKS - 1);
        long at = offsetBytes;
        for (long chunk = firstChunk; chunk <= lastChunk; ) {
            long dirty = log.nextDirtyChunk(slot, chunk);
            long clean = dirty < 0 || dirty > lastChunk ? lastChunk + 1 : dirty;
            long next = clean > chunk ? clean : chunk + 1;
            long to = Math.min(endBytes, next * chunkBytes);
            if (!into.add(to - at, clean > chunk ? 0 : DIRTY)) {
                break;
            }
            at = to;
            chunk = next;
        }
        return BlockError.NONE;
    }

    private int slotOfTarget() {
        for (int slot = 0; slot < IntentLog.MAX_SLOTS; slot++) {
            if (log.slotState(slot) != SlotState.UNUSED && log.slotName(slot).equals(target)) {
                return slot;
            }
        }
        return -1;
    }
}
