/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.undo;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.netraid.block.BlockDevice;
import org.netraid.block.BlockRequest;
import org.netraid.block.Zeros;

/**
 * Chunks on their way into the journal: read from the disk, then written as one batch and flushed. Chunks of zeros cost a record and no
 * payload. Reusable; one at a time.
 */
final class UndoBatch {

    private final UndoJournal journal;
    private final BlockDevice disk;
    private final int maxChunks;
    private final ByteBuffer bytes;
    private final long[] chunks;
    private final List<BlockRequest> reads = new ArrayList<>();
    private int count;
    private int open;
    private String failure;
    private Consumer<String> done;

    UndoBatch(UndoJournal journal, BlockDevice disk) {
        this.journal = journal;
        this.disk = disk;
        this.maxChunks = Math.min(UndoFormat.MAX_RECORDS, UndoFormat.MAX_PAYLOAD_BYTES / journal.chunkBytes);
        this.bytes = ByteBuffer.allocateDirect(UndoFormat.BLOCK_BYTES + UndoFormat.MAX_PAYLOAD_BYTES + UndoFormat.BLOCK_BYTES);
        this.chunks = new long[maxChunks];
    }

    void begin() {
        bytes.clear();
        count = 0;
    }

    /** Adds those the journal does not hold yet. @return false if the batch is full before all are in */
    boolean addAll(long first, long last) {
        for (long chunk = first; chunk <= last; chunk++) {
            if (journal.holds(chunk) || isIn(chunk)) {
                continue;
            }
            if (count == maxChunks) {
                return false;
            }
            chunks[count++] = chunk;
        }
        return true;
    }

    private boolean isIn(long chunk) {
        for (int i = 0; i < count; i++) {
            if (chunks[i] == chunk) {
                return true;
            }
        }
        return false;
    }

    /** @param kept gets "" when everything in it is durable, or why not */
    void keep(Consumer<String> kept) {
        done = kept;
        failure = "";
        open = count;
        for (int i = 0; i < count; i++) {
            int length = journal.chunkLength(chunks[i]);
            ByteBuffer into = bytes.duplicate().limit(place(i) + length).position(place(i));
            disk.submit(read(i).read(chunks[i] * journal.chunkBytes, into, this::onRead));
        }
    }

    private int place(int index) {
        return UndoFormat.BLOCK_BYTES + index * journal.chunkBytes;
    }

    private BlockRequest read(int index) {
        while (reads.size() <= index) {
            reads.add(new BlockRequest());
        }
        return reads.get(index);
    }

    private void onRead(BlockRequest ended) {
        if (ended.error().isError()) {
            failure = "the disk " + disk.name() + " cannot be read: " + ended.error() + " " + ended.errorDetail();
        }
        if (--open == 0) {
            if (failure.isEmpty()) {
                write();
            } else {
                done.accept(failure);
            }
        }
    }

    private void write() {
        UndoFormat.batchHeader(bytes, journal.id, journal.lastSequence() + 1);
        int payload = 0;
        for (int i = 0; i < count; i++) {
            int length = journal.chunkLength(chunks[i]);
            boolean zeros = Zeros.isZero(bytes, place(i), place(i) + length);
            int crc = UndoFormat.crc(bytes, place(i), place(i) + length);
            UndoFormat.record(bytes, i, chunks[i], length, zeros, crc);
            if (!zeros) {
                int to = UndoFormat.BLOCK_BYTES + payload;
                if (to != place(i)) {
                    bytes.put(to, bytes, place(i), length);
                }
                payload += length;
            }
        }
        if (!journal.fits(payload)) {
            done.accept("its bound of " + journal.limitBytes() + " bytes is exceeded");
            return;
        }
        journal.append(bytes, count, payload, done);
    }
}
