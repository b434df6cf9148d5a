/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.resync;

import org.netraid.intentlog.IntentLog;
import org.roaringbitmap.RoaringBitmap;

/**
 * What one target still needs in this pass: the chunks that are dirty in the intent log and not yet on their way. A chunk that is
 * dirtied again after it was sent is found by the next pass; one that was sent and not yet flushed is still dirty in the log.
 */
final class Todo {

    private final IntentLog log;
    private final int slot;
    private final RoaringBitmap sent = new RoaringBitmap();

    Todo(IntentLog log, int slot) {
        this.log = log;
        this.slot = slot;
    }

    void startPass() {
        sent.clear();
    }

    /** First chunk needed at or after that one; -1 if none. */
    long first(long fromChunk) {
        long chunk = log.nextDirtyChunk(slot, fromChunk);
        while (chunk >= 0 && sent.contains((int) chunk)) {
            long next = sent.nextAbsentValue((int) chunk);
            chunk = next < 0 ? -1 : log.nextDirtyChunk(slot, next);
        }
        return chunk;
    }

    /** End of the run of needed chunks that begins with this needed one, at most {@code limit}. */
    long end(long chunk, long limit) {
        long end = Math.min(limit, log.nextCleanChunk(slot, chunk));
        long nextSent = sent.nextValue((int) chunk);
        return nextSent < 0 ? end : Math.min(end, nextSent);
    }

    void take(long first, long end) {
        sent.add(first, end);
    }

    /** These were not sent after all. */
    void putBack(long first, long end) {
        sent.remove(first, end);
    }
}
