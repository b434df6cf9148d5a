/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.intentlog;

import org.netraid.block.BlockError;
import org.roaringbitmap.RoaringBitmap;

/**
 * Carries what one log knows over into a new one for another device size or chunk size, then closes the new one. Bits round outward;
 * what a larger device has more is dirty for every target, for nobody knows what the targets hold there; what a smaller one has no
 * longer is forgotten. The log it comes from is not changed. See "Another size" in docs/on-disk-format.md.
 */
public final class LogReshape {

    private LogReshape() {
    }

    /**
     * Fills and closes {@code to}, a log just made, on its loop.
     *
     * @param from as recovery has left it: what was hot is dirty
     * @param closed told when the new log is durable and closed in order
     */
    public static void carryOver(DiskIntentLog from, DiskIntentLog to, IntentWaiter closed) {
        BlockError[] first = {BlockError.NONE};
        for (int k = 0; k < IntentLog.MAX_SLOTS; k++) {
            if (from.slotState(k) != SlotState.UNUSED) {
                to.adoptSlot(k, from.slotName(k), from.slotState(k), map(from.dirty(k), from.layout(), to.layout()),
                        error -> first[0] = first[0].isError() ? first[0] : error);
            }
        }
        to.close(error -> closed.onIntent(first[0].isError() ? first[0] : error));
    }

    /** The chunks of {@code to} that may differ if those of {@code from} may. */
    static RoaringBitmap map(RoaringBitmap dirty, IntentLogLayout from, IntentLogLayout to) {
        RoaringBitmap mapped = new RoaringBitmap();
        long chunk = dirty.isEmpty() ? -1 : Integer.toUnsignedLong(dirty.first());
        while (chunk >= 0) {
            long end = Math.min(dirty.nextAbsentValue((int) chunk), from.chunkCount());
            end = end < 0 ? from.chunkCount() : end; // no chunk after the last number is absent
            mark(mapped, to, chunk * from.chunkBytes(), end * from.chunkBytes());
            chunk = end >= from.chunkCount() ? -1 : dirty.nextValue((int) end);
        }
        mark(mapped, to, from.deviceSizeBytes(), to.deviceSizeBytes());
        return mapped;
    }

    private static void mark(RoaringBitmap mapped, IntentLogLayout to, long startBytes, long endBytes) {
        long end = Math.min(endBytes, to.deviceSizeBytes());
        if (startBytes < end) {
            mapped.add(startBytes / to.chunkBytes(), (end - 1) / to.chunkBytes() + 1);
        }
    }
}
