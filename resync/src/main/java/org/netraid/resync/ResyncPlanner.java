/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.resync;

import org.netraid.intentlog.IntentLog;

/**
 * Walks the dirty chunks of one target in passes over the device and merges neighbours into runs. What is dirtied behind the cursor
 * is found by the next pass; chunks sent but not yet flushed are still dirty in the log, therefore a pass never looks back.
 */
final class ResyncPlanner {

    private final IntentLog log;
    private final int slot;
    private final int maxRunChunks;
    private long cursor;
    private long runFirst;
    private long runCount;

    ResyncPlanner(IntentLog log, int slot, int maxRequestBytes) {
        this.log = log;
        this.slot = slot;
        this.maxRunChunks = Math.max(1, maxRequestBytes / log.chunkBytes());
    }

    /** Begins a pass at the start of the device. @return chunks that are dirty now */
    long startPass() {
        cursor = 0;
        return log.dirtyChunks(slot);
    }

    /** Moves to the next run of dirty chunks. @return false at the end of the pass */
    boolean next() {
        runFirst = log.nextDirtyChunk(slot, cursor);
        if (runFirst < 0) {
            cursor = log.chunkCount();
            return false;
        }
        runCount = 1;
        while (runCount < maxRunChunks && runFirst + runCount < log.chunkCount() && log.isDirty(slot, runFirst + runCount)) {
            runCount++;
        }
        cursor = runFirst + runCount;
        return true;
    }

    /** First chunk of the current run. */
    long runFirst() {
        return runFirst;
    }

    long runCount() {
        return runCount;
    }
}
