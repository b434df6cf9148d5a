/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.undo;

import java.nio.ByteBuffer;
import java.util.function.Consumer;
import org.netraid.block.BlockCapability;
import org.netraid.block.BlockDevice;
import org.netraid.block.BlockRequest;

/**
 * Walks a journal from its first batch to its last: once to check every byte, touching nothing, once to put the old content back. May be
 * repeated after a crash at any point: a chunk is in the journal once, with the content from before the resync.
 */
public final class UndoRollback {

    private final UndoJournal journal;
    private final BlockDevice disk;
    private final Consumer<String> done;
    private final ByteBuffer batch = ByteBuffer.allocateDirect(UndoFormat.BLOCK_BYTES + UndoFormat.MAX_PAYLOAD_BYTES);
    private boolean writing;
    private long atBytes;
    private long doneBytes;
    private int record;
    private int payloadAt;
    private final BlockRequest request = new BlockRequest();

    /**
     * @param journal opened; nobody appends to it meanwhile
     * @param disk the target's disk, in use by nobody else
     * @param done gets "" or what failed
     */
    public UndoRollback(UndoJournal journal, BlockDevice disk, Consumer<String> done) {
        this.journal = journal;
        this.disk = disk;
        this.done = done;
    }

    /** Checks every batch; changes nothing. */
    public void check() {
        writing = false;
        begin();
    }

    /** Puts everything back and flushes the disk. Check first. */
    public void apply() {
        writing = true;
        begin();
    }

    /** Bytes of old content checked or written so far. */
    public long doneBytes() {
        return doneBytes;
    }

    private void begin() {
        atBytes = UndoFormat.BLOCK_BYTES;
        doneBytes = 0;
        next();
    }

    private void next() {
        if (atBytes >= journal.usedBytes()) {
            finish();
            return;
        }
        journal.read(atBytes, batch.clear().limit(UndoFormat.BLOCK_BYTES), error -> {
            if (!error.isEmpty()) {
                done.accept(error);
            } else if (!UndoFormat.isBatchHeader(batch.clear(), 0, journal.id)
                    || !UndoFormat.isSane(batch, journal.chunkBytes, journal.mirrorBytes)) {
                damaged();
            } else if (UndoFormat.payloadBytes(batch) == 0) {
                onBatch("");
            } else {
                int payload = UndoFormat.payloadBytes(batch);
                journal.read(atBytes + UndoFormat.BLOCK_BYTES, UndoDevice.slice(batch, UndoFormat.BLOCK_BYTES, payload), this::onBatch);
            }
        });
    }

    private void damaged() {
        done.accept("the undo journal " + journal.device.name() + " is damaged at byte " + atBytes
                + ": the state before the resync cannot be brought back");
    }

    private void onBatch(String error) {
        if (!error.isEmpty()) {
            done.accept(error);
            return;
        }
        record = 0;
        payloadAt = UndoFormat.BLOCK_BYTES;
        nextRecord();
    }

    private void nextRecord() {
        batch.clear();
        while (record < UndoFormat.records(batch)) {
            int length = UndoFormat.length(batch, record);
            boolean zeros = UndoFormat.isZeros(batch, record);
            if (!zeros && UndoFormat.crc(batch, payloadAt, payloadAt + length) != UndoFormat.recordCrc(batch, record)) {
                damaged();
                return;
            }
            doneBytes += length;
            if (writing) {
                write(UndoFormat.chunk(batch, record) * journal.chunkBytes, length, zeros);
                return;
            }
            payloadAt += zeros ? 0 : length;
            record++;
        }
        atBytes += UndoFormat.BLOCK_BYTES + UndoFormat.roundUp(UndoFormat.payloadBytes(batch));
        next();
    }

    private void write(long offsetBytes, int lengthBytes, boolean zeros) {
        if (zeros && disk.can(BlockCapability.WRITE_ZEROES)) {
            disk.submit(request.writeZeroes(offsetBytes, lengthBytes, 0, ended -> onWritten(ended, 0)));
            return;
        }
        ByteBuffer old = zeros ? ByteBuffer.allocateDirect(lengthBytes) : UndoDevice.slice(batch, payloadAt, lengthBytes);
        disk.submit(request.write(offsetBytes, old, 0, ended -> onWritten(ended, zeros ? 0 : lengthBytes)));
    }

    private void onWritten(BlockRequest ended, int payloadBytes) {
        if (ended.error().isError()) {
            done.accept("the disk " + disk.name() + " cannot be written: " + ended.error() + " " + ended.errorDetail());
            return;
        }
        payloadAt += payloadBytes;
        record++;
        nextRecord();
    }

    private void finish() {
        if (!writing || !disk.can(BlockCapability.FLUSH)) {
            done.accept("");
            return;
        }
        disk.submit(request.flush(flushed -> done.accept(flushed.error().isError() ? "the disk " + disk.name() + " cannot be flushed: "
                + flushed.error() + " " + flushed.errorDetail() : "")));
    }
}
