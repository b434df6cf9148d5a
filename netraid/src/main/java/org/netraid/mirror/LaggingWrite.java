/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.mirror;

import org.netraid.block.BlockCommand;
import org.netraid.intentlog.IntentLog;

/**
 * One write on its way to the targets that get it through a queue of their own; pooled. It may outlive the application's request: its
 * intent stays open in the log until the last of these targets has it or is lost.
 */
final class LaggingWrite implements DeviceOpOwner {

    private final LegStreams streams;
    /** The request, until it has everything else that it waits for; null afterwards. */
    MirrorRequest request;
    BlockCommand command;
    long offsetBytes;
    long lengthBytes;
    int flags;
    /** Null also while only the journal has it. */
    Payload payload;
    int payloadStart;
    /** Its sequence in the journal; {@link org.netraid.journal.AsyncJournal#NONE} if it is not there. */
    long record;
    /** What it takes of the memory for payloads that the journal has too. */
    long windowBytes;
    long sequence;
    /** See {@link WriteOrder}. */
    long epoch;
    long queuedNs;
    /** What it costs in memory while it is queued. */
    long memoryBytes;
    /** Targets that have neither written it nor been lost. */
    int pendingMask;
    /** Targets of which the application waits only until they have it in memory. */
    int receiptMask;
    /**
     * Targets that will differ from the local disk once they have it, for that has failed to take it. What is marked for them when it
     * fails may be cleared by a resync before the write leaves the queue.
     */
    int unlikeMask;
    boolean intentEnded;
    LaggingWrite previous;
    LaggingWrite next;

    LaggingWrite(LegStreams streams) {
        this.streams = streams;
    }

    /** True if the request has gone on without this write's targets. */
    boolean isOnItsOwn() {
        return request == null;
    }

    void clearPending(int slot) {
        if ((pendingMask & 1 << slot) == 0) {
            throw new IllegalStateException("write of " + lengthBytes + " bytes at offset " + offsetBytes + " ended twice for slot "
                    + slot);
        }
        pendingMask &= ~(1 << slot);
    }

    boolean touches(long offset, long length) {
        return offsetBytes < offset + length && offset < offsetBytes + lengthBytes;
    }

    @Override
    public boolean wantsReceipt(int slot) {
        return (receiptMask & 1 << slot) != 0;
    }

    @Override
    public void onOpReceived(DeviceOp op) {
        streams.onReceived(this, op.slot());
    }

    @Override
    public void onOpDone(DeviceOp op) {
        streams.onWritten(this, op.slot());
    }

    /** The loss of a target reaches every write at once, from the legs; also those that were not sent yet. */
    @Override
    public void onOpLost(DeviceOp op) {
        if (op.slot() == IntentLog.LOCAL) {
            throw new IllegalStateException("a lagging write never goes to the local disk");
        }
    }
}
