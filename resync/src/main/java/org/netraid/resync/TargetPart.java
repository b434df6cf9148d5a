/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.resync;

import java.nio.ByteBuffer;
import java.util.BitSet;
import org.netraid.block.ChunkHash;

/** One target's share of a {@link ChunkCopy}: which chunks of the run it needs, and what has become of them. Reusable. */
final class TargetPart {

    /** Null if the target has no share. */
    ResyncSession taker;
    /** Chunks it needs, counted from the first of the run. */
    final BitSet need = new BitSet();
    /** Of these, those it turned out to have. */
    final BitSet equal = new BitSet();
    /** Its hashes are asked for before anything is sent. */
    boolean compares;
    private ByteBuffer hashes;
    /** Counted against its window. */
    long costBytes;
    int opsLeft;
    boolean lost;
    long dataBytes;
    long zeroBytes;
    long equalBytes;
    private long sentNs;
    private long deliveredBefore;

    void need(ResyncSession session, int first, int end) {
        taker = session;
        need.set(first, end);
    }

    boolean isLive() {
        return taker != null && !taker.isOver();
    }

    void putBack(long firstChunk) {
        for (int i = need.nextSetBit(0); i >= 0; i = need.nextSetBit(need.nextClearBit(i))) {
            taker.todo().putBack(firstChunk + i, firstChunk + need.nextClearBit(i));
        }
    }

    /** Room for the hashes of so many chunks. */
    ByteBuffer hashes(int chunks) {
        int bytes = chunks * ChunkHash.BYTES;
        if (hashes == null || hashes.capacity() < bytes) {
            hashes = ByteBuffer.allocate(Math.max(bytes, 16 * ChunkHash.BYTES));
        }
        return hashes.clear().limit(bytes);
    }

    /** A command that nobody waits for any more may yet write there. */
    void leaveHashes() {
        hashes = null;
    }

    /** Notes which of the needed chunks have the same hash here and there. */
    void compare(ByteBuffer local, int chunks) {
        for (int i = need.nextSetBit(0); i >= 0 && i < chunks; i = need.nextSetBit(i + 1)) {
            int at = i * ChunkHash.BYTES;
            if (local.getLong(at) == hashes.getLong(at) && local.getLong(at + Long.BYTES) == hashes.getLong(at + Long.BYTES)) {
                equal.set(i);
            }
        }
    }

    /** What is about to be overwritten stays dirty until that is flushed; what a flush has made clean meanwhile need not be sent. */
    void keepDirty(long firstChunk) {
        for (int i = need.nextSetBit(0); i >= 0; i = need.nextSetBit(i + 1)) {
            if (!equal.get(i) && !taker.keepDirty(firstChunk + i)) {
                equal.set(i);
            }
        }
    }

    /** Its share leaves now. */
    void leave(long nowNs) {
        sentNs = nowNs;
        deliveredBefore = taker.window().deliveredBytes();
    }

    void tellWritten(long firstChunk, long nowNs) {
        if (dataBytes + zeroBytes > 0) {
            long sentBytes = Math.min(costBytes, dataBytes + ChunkPump.HOLE_COST_BYTES);
            taker.window().answered(costBytes, sentBytes, deliveredBefore, nowNs - sentNs, nowNs);
        } else {
            taker.window().equal(costBytes);
        }
        costBytes = 0;
        if (!taker.isOver()) {
            taker.onWritten(firstChunk, need, dataBytes, zeroBytes, equalBytes);
        }
    }

    /** The target has no share any more. */
    void drop() {
        if (taker == null) {
            return;
        }
        if (costBytes > 0) {
            taker.window().dropped(costBytes);
        }
        if (compares) {
            taker.compares().onAbandoned();
        }
        taker = null;
        compares = false;
        need.clear();
        equal.clear();
        costBytes = 0;
        opsLeft = 0;
        lost = false;
        dataBytes = 0;
        zeroBytes = 0;
        equalBytes = 0;
    }
}
