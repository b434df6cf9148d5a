/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.resync;

import java.nio.ByteBuffer;
import org.netraid.block.StoredBytes;
import org.netraid.block.Zeros;
import org.netraid.mirror.ResyncPort;

/**
 * Decides which runs go from the local disk's cache into a target's socket without a way through our memory: half of what a copy costs
 * here is saved (sendfile). Not what several targets need, which is read once; not what may be zeros; and not where a target was lost
 * during such a transfer, because an unreadable sector ends the connection then, and only a read can say so.
 */
final class StoredTransfers {

    private static final int BLOCK_BYTES = 4096;
    /** So much of each chunk is looked at; if that is all zeros the whole run is read. */
    private static final int PEEK_BYTES = 64;

    private final ResyncPort port;
    private final int chunkBytes;
    private final ByteBuffer peeked = ByteBuffer.allocateDirect(PEEK_BYTES);
    /** A range in which reads are safer; empty at first. */
    private long distrustStart = Long.MAX_VALUE;
    private long distrustEnd;

    StoredTransfers(ResyncPort port, int chunkBytes) {
        this.port = port;
        this.chunkBytes = chunkBytes;
    }

    /** @return where the targets' shares of the run come from; null if the run has to be read. */
    StoredBytes source(TargetPart[] parts, long offsetBytes, long lengthBytes) {
        if (lengthBytes % BLOCK_BYTES != 0 || offsetBytes < distrustEnd && offsetBytes + lengthBytes > distrustStart) {
            return null;
        }
        int taker = -1;
        for (int slot = 0; slot < parts.length; slot++) {
            if (parts[slot].isLive() && port.isOpen(slot)) {
                if (taker >= 0) {
                    return null;
                }
                taker = slot;
            }
        }
        StoredBytes stored = taker < 0 ? null : port.stored(taker);
        return stored != null && isData(stored, parts[taker], offsetBytes) ? stored : null;
    }

    private boolean isData(StoredBytes stored, TargetPart part, long offsetBytes) {
        for (int i = part.need.nextSetBit(0); i >= 0; i = part.need.nextSetBit(i + 1)) {
            if (!part.equal.get(i) && (!stored.peek(offsetBytes + (long) i * chunkBytes, peeked.clear())
                    || Zeros.isZero(peeked, 0, PEEK_BYTES))) {
                return false;
            }
        }
        return true;
    }

    /** A target has gone while that was on its way. */
    void lost(long offsetBytes, long lengthBytes) {
        distrustStart = Math.min(distrustStart, offsetBytes);
        distrustEnd = Math.max(distrustEnd, offsetBytes + lengthBytes);
    }
}
