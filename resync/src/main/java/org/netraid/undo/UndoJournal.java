/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.undo;

import java.nio.ByteBuffer;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.netraid.block.BlockDevice;
import org.netraid.block.BlockError;
import org.netraid.block.BlockRequest;
import org.roaringbitmap.RoaringBitmap;

/**
 * An undo journal on a device of fixed size: one batch after the other, each durable before the next begins. Knows which chunks it holds.
 * Single owner; one operation at a time.
 */
public final class UndoJournal {

    /** How far behind a batch that is not whole others are looked for: an error in the middle would otherwise pass for the end. */
    private static final int SEARCH_BATCHES = 4;

    final BlockDevice device;
    final long id;
    final int chunkBytes;
    final long mirrorBytes;
    private final RoaringBitmap chunks = new RoaringBitmap();
    private final BlockRequest request = new BlockRequest();
    private final ByteBuffer block = ByteBuffer.allocateDirect(UndoFormat.BLOCK_BYTES);
    private long endBytes = UndoFormat.BLOCK_BYTES;
    private long lastBatchBytes;
    private long lastSequence;

    private UndoJournal(BlockDevice device, long id, int chunkBytes, long mirrorBytes) {
        this.device = device;
        this.id = id;
        this.chunkBytes = chunkBytes;
        this.mirrorBytes = mirrorBytes;
    }

    /**
     * Begins an empty journal, durably.
     *
     * @param id random: tells it from what the device held before
     * @param made gets the journal, or null and what failed
     */
    public static void create(BlockDevice device, long id, int chunkBytes, long mirrorBytes, BiConsumer<UndoJournal, String> made) {
        UndoJournal journal = new UndoJournal(device, id, chunkBytes, mirrorBytes);
        UndoFormat.superblock(journal.block, id, chunkBytes, mirrorBytes);
        journal.writeDurably(0, journal.block.clear(), error -> made.accept(error.isEmpty() ? journal : null, error));
    }

    /**
     * Opens a journal that was begun before, and drops a last batch that a crash has cut short.
     *
     * @param disk the disk whose old content it keeps
     * @param opened gets the journal, or null and why it cannot be used
     */
    public static void open(BlockDevice device, BlockDevice disk, long id, int chunkBytes, long mirrorBytes,
            BiConsumer<UndoJournal, String> opened) {
        UndoJournal journal = new UndoJournal(device, id, chunkBytes, mirrorBytes);
        journal.read(0, journal.block.clear(), error -> {
            if (!error.isEmpty()) {
                opened.accept(null, error);
            } else if (!UndoFormat.isSuperblock(journal.block, id, chunkBytes, mirrorBytes)) {
                opened.accept(null, "the undo journal " + device.name() + " is damaged, or another resync's");
            } else {
                journal.scan((found, problem) -> {
                    if (found == null || found.lastSequence == 0) {
                        opened.accept(found, problem);
                    } else {
                        new UndoTail(found, disk, (whole, damage) -> makeDurable(whole, damage, opened)).check();
                    }
                });
            }
        });
    }

    /**
     * What was read may still be in the system's memory only, if the process died between the write of the last batch and its flush: a
     * chunk is not to be overwritten for that.
     */
    private static void makeDurable(UndoJournal whole, String damage, BiConsumer<UndoJournal, String> opened) {
        if (whole == null) {
            opened.accept(null, damage);
            return;
        }
        whole.device.submit(whole.request.flush(flushed -> {
            boolean failed = flushed.error().isError();
            opened.accept(failed ? null : whole, failed ? whole.text(flushed) : "");
        }));
    }

    // ---- what it holds

    public boolean holds(long chunk) {
        return chunks.contains((int) chunk);
    }

    /** True if it holds every chunk from the first to the last. */
    public boolean holdsAll(long first, long last) {
        for (long chunk = first; chunk <= last; chunk++) {
            if (!chunks.contains((int) chunk)) {
                return false;
            }
        }
        return true;
    }

    /** A copy. */
    public RoaringBitmap chunks() {
        return chunks.clone();
    }

    public long chunkCount() {
        return chunks.getLongCardinality();
    }

    public long usedBytes() {
        return endBytes;
    }

    public long limitBytes() {
        return device.geometry().sizeBytes();
    }

    int chunkLength(long chunk) {
        return (int) Math.min(chunkBytes, mirrorBytes - chunk * chunkBytes);
    }

    long lastSequence() {
        return lastSequence;
    }

    boolean fits(int payloadBytes) {
        return endBytes + UndoFormat.BLOCK_BYTES + UndoFormat.roundUp(payloadBytes) <= limitBytes();
    }

    // ---- growing

    /**
     * Appends a batch whose header is filled but for its seal.
     *
     * @param batch header block and payload, from position 0
     * @param durable gets "" when it is on stable storage, or what failed: then the journal is of no further use
     */
    void append(ByteBuffer batch, int records, int payloadBytes, Consumer<String> durable) {
        UndoFormat.sealBatch(batch, records, payloadBytes);
        int length = (int) (UndoFormat.BLOCK_BYTES + UndoFormat.roundUp(payloadBytes));
        UndoFormat.zero(batch, UndoFormat.BLOCK_BYTES + payloadBytes, length);
        writeDurably(endBytes, batch.clear().limit(length), error -> {
            if (error.isEmpty()) {
                add(batch, length);
            }
            durable.accept(error);
        });
    }

    /** The batch that ends now was cut short by a crash; what it covers was never overwritten. */
    void dropLast(ByteBuffer header) {
        for (int i = 0; i < UndoFormat.records(header); i++) {
            chunks.remove((int) UndoFormat.chunk(header, i));
        }
        endBytes = lastBatchBytes;
        lastSequence--;
    }

    long lastBatchBytes() {
        return lastBatchBytes;
    }

    private void add(ByteBuffer header, long lengthBytes) {
        for (int i = 0; i < UndoFormat.records(header); i++) {
            chunks.add((int) UndoFormat.chunk(header, i));
        }
        lastBatchBytes = endBytes;
        endBytes += lengthBytes;
        lastSequence++;
    }

    private void writeDurably(long offsetBytes, ByteBuffer bytes, Consumer<String> done) {
        device.submit(request.write(offsetBytes, bytes, 0, written -> {
            if (written.error().isError()) {
                done.accept(text(written));
            } else {
                device.submit(request.flush(flushed -> done.accept(flushed.error().isError() ? text(flushed) : "")));
            }
        }));
    }

    private String text(BlockRequest failed) {
        return "the undo journal " + device.name() + " cannot be written: " + failed.error()
                + (failed.errorDetail().isEmpty() ? "" : ", " + failed.errorDetail());
    }

    // ---- reading

    void read(long offsetBytes, ByteBuffer into, Consumer<String> done) {
        device.submit(request.read(offsetBytes, into, ended -> done.accept(ended.error() == BlockError.NONE ? ""
                : "the undo journal " + device.name() + " cannot be read: " + ended.error() + ", " + ended.errorDetail())));
    }

    /** Walks the headers to the end. The payloads are checked before a roll-back, which must read them anyway. */
    private void scan(BiConsumer<UndoJournal, String> opened) {
        if (endBytes + UndoFormat.BLOCK_BYTES > limitBytes()) {
            opened.accept(this, "");
            return;
        }
        read(endBytes, block.clear(), error -> {
            if (!error.isEmpty()) {
                opened.accept(null, error);
            } else if (isNext()) {
                add(block, UndoFormat.BLOCK_BYTES + UndoFormat.roundUp(UndoFormat.payloadBytes(block)));
                scan(opened);
            } else {
                searchBehind(ByteBuffer.allocateDirect(1 << 20), endBytes, opened);
            }
        });
    }

    private boolean isNext() {
        return UndoFormat.isBatchHeader(block, 0, id) && UndoFormat.sequence(block, 0) == lastSequence + 1
                && UndoFormat.isSane(block, chunkBytes, mirrorBytes)
                && endBytes + UndoFormat.BLOCK_BYTES + UndoFormat.roundUp(UndoFormat.payloadBytes(block)) <= limitBytes();
    }

    private void searchBehind(ByteBuffer window, long fromBytes, BiConsumer<UndoJournal, String> opened) {
        long limit = Math.min(limitBytes(), endBytes + SEARCH_BATCHES * (long) (UndoFormat.BLOCK_BYTES + UndoFormat.MAX_PAYLOAD_BYTES));
        int length = (int) (Math.min(window.capacity(), limit - fromBytes) & -UndoFormat.BLOCK_BYTES);
        if (length <= 0) {
            opened.accept(this, "");
            return;
        }
        read(fromBytes, window.clear().limit(length), error -> {
            if (!error.isEmpty()) {
                opened.accept(null, error);
                return;
            }
            for (int at = 0; at < length; at += UndoFormat.BLOCK_BYTES) {
                if (UndoFormat.isBatchHeader(window.clear(), at, id) && UndoFormat.sequence(window, at) > lastSequence) {
                    opened.accept(null, "the undo journal " + device.name() + " is damaged at byte " + endBytes
                            + ": older content that it held cannot be brought back");
                    return;
                }
            }
            searchBehind(window, fromBytes + length, opened);
        });
    }
}
