/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.node;

import org.netraid.block.BlockError;
import org.netraid.intentlog.DiskIntentLog;
import org.netraid.intentlog.IntentLog;
import org.netraid.intentlog.IntentWaiter;

/**
 * What a target remembers: the chunks that it was told to write since the source last said that every copy has flushed them. Kept as an
 * intent log with one slot that misses every write, so that a hot extent costs no I/O, a cold one one group-committed block, and a torn
 * page or a crash only makes the memory larger than needed.
 *
 * <p>Ageing: {@link #mark} when the source begins to ask everybody, {@link #forget} when everybody has flushed what came before the mark.
 * What is written again in between stays.
 */
final class RegionLog {

    private static final int SLOT = 0;
    private static final int MASK = 1;

    private final DiskIntentLog log;
    private final long sizeBytes;
    private long markEpoch = -1;

    /** @param log open, with slot 0 in use */
    RegionLog(DiskIntentLog log) {
        this.log = log;
        this.sizeBytes = log.layout().deviceSizeBytes();
    }

    /** Bytes of the mirror that it can remember. */
    long sizeBytes() {
        return sizeBytes;
    }

    /**
     * Remembers a modification that is about to be made.
     *
     * @return true if it is durable already; false if the waiter will be told, after which {@link #remembered} must be called
     */
    boolean remember(long offsetBytes, long lengthBytes, IntentWaiter waiter) {
        if (log.beginWrite(offsetBytes, lengthBytes, waiter)) {
            log.endWrite(offsetBytes, lengthBytes, MASK);
            return true;
        }
        return false;
    }

    /** The waiter was told of success. */
    void remembered(long offsetBytes, long lengthBytes) {
        log.endWrite(offsetBytes, lengthBytes, MASK);
        if (markEpoch < 0 || log.flushUrgent()) {
            letCool();
        }
    }

    /** Extents may cool at any time, for the bits are written before: it needs no flush of any disk. */
    private void letCool() {
        if (markEpoch >= 0) {
            markEpoch = -1;
            log.targetConnected(SLOT); // drops what waits to be forgotten
        }
        long epoch = log.closeEpoch();
        log.epochFlushed(SLOT, epoch);
        log.epochFlushed(IntentLog.LOCAL, epoch);
    }

    /** Everything remembered so far is forgotten at the next {@link #forget}, but for what is written again. */
    void mark() {
        log.targetConnected(SLOT);
        log.chunksWritten(SLOT, 0, log.chunkCount());
        markEpoch = log.closeEpoch();
    }

    /** Every copy has flushed what was remembered before the mark. Does nothing if the mark had to be given up. */
    void forget() {
        if (markEpoch >= 0) {
            log.epochFlushed(SLOT, markEpoch);
            log.epochFlushed(IntentLog.LOCAL, markEpoch);
            markEpoch = -1;
        }
    }

    /** Adds what the source knows others to lack. @return NONE, and the waiter will be told; or EINVAL if the map does not fit */
    BlockError add(byte[] map, IntentWaiter durable) {
        return log.mergeDirty(MASK, map, durable);
    }

    /** All that is remembered, in the form of dirty maps. */
    byte[] map() {
        return log.exportDirty(MASK);
    }

    long chunks() {
        return log.dirtyChunks(SLOT);
    }

    int chunkBytes() {
        return log.chunkBytes();
    }

    /** Why nothing can be remembered any more; "" while it works. */
    String failure() {
        return log.failure();
    }

    void close(Runnable closed) {
        letCool();
        log.close(error -> closed.run());
    }
}
