/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.resync;

import java.util.BitSet;

/** One target's share of a {@link ChunkCopy}: which chunks of the run it needs, and what has become of them. Reusable. */
final class TargetPart {

    /** Null if the target has no share. */
    ResyncSession taker;
    /** Chunks it needs, counted from the first of the run. */
    final BitSet need = new BitSet();
    /** Counted against its window. */
    long costBytes;
    int opsLeft;
    boolean lost;
    long dataBytes;
    long zeroBytes;
    long equalBytes;
    long sentNs;

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

    void tellWritten(long firstChunk, long nowNs) {
        taker.window().answered(costBytes, nowNs - sentNs, nowNs);
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
        taker = null;
        need.clear();
        costBytes = 0;
        opsLeft = 0;
        lost = false;
        dataBytes = 0;
        zeroBytes = 0;
        equalBytes = 0;
    }
}
