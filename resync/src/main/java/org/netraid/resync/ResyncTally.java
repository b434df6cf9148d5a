/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.resync;

import org.netraid.intentlog.IntentLog;

/** Counts what one resync has done and what is left; exact, to the byte. Time is passed in. */
final class ResyncTally {

    private final IntentLog log;
    private final int slot;
    private final long tailBytes;
    private final long startNs;
    private final RateMeter meter;
    private long endNs = -1;
    private int passes;
    private long chunksLeft;
    private long chunksDone;
    private long bytesSent;
    private long bytesAsZeros;
    private long bytesEqual;
    /** What the last chunk of the device lacks to a whole one, while it is among those left. */
    private long missingTailBytes;

    ResyncTally(IntentLog log, int slot, long sizeBytes, long startNs) {
        this.log = log;
        this.slot = slot;
        this.startNs = startNs;
        this.tailBytes = log.chunkCount() * log.chunkBytes() - sizeBytes;
        this.meter = new RateMeter(startNs);
        count();
    }

    void startPass() {
        passes++;
        count();
    }

    private void count() {
        chunksLeft = log.dirtyChunks(slot);
        missingTailBytes = log.isDirty(slot, log.chunkCount() - 1) ? tailBytes : 0;
    }

    void done(long chunks, long dataBytes, long zeroBytes, long equalBytes, long nowNs) {
        long bytes = dataBytes + zeroBytes + equalBytes;
        chunksDone += chunks;
        chunksLeft = Math.max(0, chunksLeft - chunks);
        bytesSent += dataBytes;
        bytesAsZeros += zeroBytes;
        bytesEqual += equalBytes;
        missingTailBytes -= Math.min(missingTailBytes, chunks * log.chunkBytes() - bytes);
        meter.add(bytes, nowNs);
    }

    void end(long nowNs) {
        endNs = nowNs;
    }

    /** Over the last seconds. */
    long chunksPerSecond(long nowNs) {
        return meter.bytesPerSecond(nowNs) / log.chunkBytes();
    }

    long chunksDone() {
        return chunksDone;
    }

    long chunksLeft() {
        return chunksLeft;
    }

    long bytesSent() {
        return bytesSent;
    }

    long bytesAsZeros() {
        return bytesAsZeros;
    }

    long bytesEqual() {
        return bytesEqual;
    }

    ResyncProgress progress(int of, ResyncPhase phase, long nowNs, long windowBytes, String waitsFor) {
        long left = phase == ResyncPhase.DONE ? 0 : chunksLeft;
        long bytesLeft = Math.max(0, left * log.chunkBytes() - missingTailBytes);
        long bytesDone = bytesSent + bytesAsZeros + bytesEqual;
        boolean over = endNs >= 0;
        long elapsedNs = (over ? endNs : nowNs) - startNs;
        long bytesPerSecond = !over ? meter.bytesPerSecond(nowNs) : elapsedNs <= 0 ? 0 : (long) (bytesDone * 1e9 / elapsedNs);
        long etaNs = bytesLeft == 0 ? 0 : bytesPerSecond == 0 ? -1 : (long) ((double) bytesLeft / bytesPerSecond * 1e9);
        return new ResyncProgress(of, phase, chunksDone + left, left, bytesDone + bytesLeft, bytesLeft, bytesSent, bytesAsZeros,
                bytesEqual, passes, elapsedNs, bytesPerSecond, etaNs, windowBytes, waitsFor);
    }
}
