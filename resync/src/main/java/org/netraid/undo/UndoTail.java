/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.undo;

import java.nio.ByteBuffer;
import java.util.function.BiConsumer;
import org.netraid.block.BlockDevice;
import org.netraid.block.BlockRequest;

/**
 * Looks at the last batch of a journal that is being opened. If its payload is not whole, a crash has cut it short, and then all its chunks
 * are on the disk still as the header says: nothing may be overwritten before the batch is durable. If one is not, the payload has rotted
 * and the journal cannot be believed.
 */
final class UndoTail {

    private final UndoJournal journal;
    private final BlockDevice disk;
    private final BiConsumer<UndoJournal, String> done;
    private final ByteBuffer batch = ByteBuffer.allocateDirect(UndoFormat.BLOCK_BYTES + UndoFormat.MAX_PAYLOAD_BYTES);
    private final ByteBuffer current;
    private int record;

    UndoTail(UndoJournal journal, BlockDevice disk, BiConsumer<UndoJournal, String> done) {
        this.journal = journal;
        this.disk = disk;
        this.done = done;
        this.current = ByteBuffer.allocateDirect(journal.chunkBytes);
    }

    void check() {
        int length = (int) (journal.usedBytes() - journal.lastBatchBytes());
        journal.read(journal.lastBatchBytes(), batch.clear().limit(Math.min(length, batch.capacity())), error -> {
            batch.clear();
            if (!error.isEmpty()) {
                done.accept(null, error);
            } else if (isWhole()) {
                done.accept(journal, "");
            } else {
                compareNext();
            }
        });
    }

    private boolean isWhole() {
        int at = UndoFormat.BLOCK_BYTES;
        for (int i = 0; i < UndoFormat.records(batch); i++) {
            if (!UndoFormat.isZeros(batch, i)) {
                int length = UndoFormat.length(batch, i);
                if (UndoFormat.crc(batch, at, at + length) != UndoFormat.recordCrc(batch, i)) {
                    return false;
                }
                at += length;
            }
        }
        return true;
    }

    private void compareNext() {
        if (record == UndoFormat.records(batch)) {
            journal.dropLast(batch);
            done.accept(journal, "");
            return;
        }
        int length = UndoFormat.length(batch, record);
        disk.submit(new BlockRequest().read(UndoFormat.chunk(batch, record) * journal.chunkBytes, current.clear().limit(length), ended -> {
            if (ended.error().isError() || UndoFormat.crc(current.clear(), 0, length) != UndoFormat.recordCrc(batch, record)) {
                done.accept(null, "the undo journal " + journal.device.name() + " is damaged at byte " + journal.lastBatchBytes()
                        + ": the state before the resync cannot be brought back");
                return;
            }
            record++;
            compareNext();
        }));
    }
}
