/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.block;

import java.nio.ByteBuffer;

/**
 * One command on its way through a device: reusable, so that the data path allocates nothing.
 *
 * <p>Ownership. The submitter fills the request and hands it over with {@link BlockDevice#submit}.
 * Until the completion runs, request and buffer belong to the device; the submitter must not touch
 * either, not even after a timeout of its own. The device calls {@link #complete} exactly once.
 *
 * <p>The buffer is used between its position and limit ({@code remaining() == lengthBytes}); a device
 * may move the position of a READ or WRITE buffer. Single-threaded on the device's event loop.
 */
public final class BlockRequest {

    /** No completion before this command's data is on stable storage. */
    public static final int FUA = 1;
    /** WRITE_ZEROES must leave the range allocated. */
    public static final int NO_HOLE = 1 << 1;
    /** WRITE_ZEROES must fail with ENOTSUP at once unless it is faster than writing zeros. */
    public static final int FAST_ZERO = 1 << 2;
    /**
     * The submitter promises that nobody changes the WRITE buffer before the completion, so that a
     * mirror need not copy it to keep its copies equal.
     */
    public static final int STABLE_PAYLOAD = 1 << 3;

    /** EXTENTS: the first part is enough, and must not be longer than asked. */
    public static final int ONE_EXTENT = 1 << 4;
    /**
     * WRITE: the submitter waits for something slower too. The device need not wake the loop for the completion before
     * {@link BlockDevice#hurry}. Errors are told at once all the same.
     */
    public static final int PATIENT = 1 << 5;

    private enum State { IDLE, SUBMITTED }

    private BlockCommand command;
    private long offsetBytes;
    private long lengthBytes;
    private int flags;
    private ByteBuffer data;
    private StoredBytes stored;
    private ExtentList extents;
    private int chunkBytes;
    private BlockReceipt receipt;
    private BlockCompletion completion;
    private BlockError error = BlockError.NONE;
    private String errorDetail = "";
    private State state = State.IDLE;

    /** Intrusive link for queues and pools that hold this request; owned by whoever holds it. */
    BlockRequest next;

    public BlockRequest read(long offsetBytes, ByteBuffer into, BlockCompletion completion) {
        return set(BlockCommand.READ, offsetBytes, into.remaining(), 0, into, completion);
    }

    public BlockRequest write(long offsetBytes, ByteBuffer from, int flags, BlockCompletion completion) {
        return set(BlockCommand.WRITE, offsetBytes, from.remaining(), flags, from, completion);
    }

    /**
     * A WRITE of what another disk holds at the same place, for a device with {@link BlockCapability#STORED}. The submitter sees to it that
     * nobody changes it before the completion. What cannot be read ends the device, as a lost connection does.
     */
    public BlockRequest writeStored(long offsetBytes, long lengthBytes, StoredBytes from, BlockCompletion completion) {
        fill(BlockCommand.WRITE, offsetBytes, lengthBytes, 0, null, completion);
        stored = from;
        return this;
    }

    public BlockRequest flush(BlockCompletion completion) {
        return set(BlockCommand.FLUSH, 0, 0, 0, null, completion);
    }

    public BlockRequest trim(long offsetBytes, long lengthBytes, int flags, BlockCompletion completion) {
        return set(BlockCommand.TRIM, offsetBytes, lengthBytes, flags, null, completion);
    }

    public BlockRequest writeZeroes(long offsetBytes, long lengthBytes, int flags, BlockCompletion completion) {
        return set(BlockCommand.WRITE_ZEROES, offsetBytes, lengthBytes, flags, null, completion);
    }

    /**
     * Asks which parts of the range are holes or read as zeros. After success the list holds at least one part, all multiples of the
     * minimum block; it begins at {@code offsetBytes} and never reaches beyond the range, but may end before it: whoever wants the
     * rest asks again. The answer is as old as a READ's: it knows every modification completed before, and may know later ones.
     *
     * @param lengthBytes at least 1
     * @param flags {@link #ONE_EXTENT} or 0
     * @param into cleared here; belongs to the device like the request
     */
    public BlockRequest extents(long offsetBytes, long lengthBytes, int flags, ExtentList into, BlockCompletion completion) {
        set(BlockCommand.EXTENTS, offsetBytes, lengthBytes, flags, null, completion);
        into.clear();
        extents = into;
        return this;
    }

    /**
     * Asks for one hash ({@link ChunkHash#BYTES} bytes) of each chunk of the range; chunks are counted from {@code offsetBytes}, and the
     * last one may be shorter. The hashes are of what a READ would have given at some moment between submission and completion, each
     * chunk by itself. {@link ChunkHash} tells how to compute the same from bytes in memory.
     *
     * @param lengthBytes at most the device's longest transfer
     * @param chunkBytes a power of two, {@link ChunkHash#MIN_CHUNK_BYTES} to {@link ChunkHash#MAX_CHUNK_BYTES}
     * @param into has exactly the room for the hashes; filled from its position on, absolutely: its position stays
     */
    public BlockRequest checksum(long offsetBytes, long lengthBytes, int chunkBytes, ByteBuffer into, BlockCompletion completion) {
        long hashesBytes = ChunkHash.hashesBytes(lengthBytes, chunkBytes);
        if (into.remaining() != hashesBytes) {
            throw new IllegalArgumentException("room for " + into.remaining() + " bytes of hashes where " + hashesBytes + " come");
        }
        set(BlockCommand.CHECKSUM, offsetBytes, lengthBytes, 0, into, completion);
        this.chunkBytes = chunkBytes;
        return this;
    }

    /**
     * Divides the modifications and flushes of this device's submitter: none submitted after the barrier is begun before all submitted
     * before it have ended. Whoever submits need not wait for either. Ends when all before it have ended; if one of those has failed, the
     * barrier and every modification and flush after it end with EIO, none of them carried out, until the device is opened anew. Reads
     * are not ordered.
     */
    public BlockRequest barrier(BlockCompletion completion) {
        return set(BlockCommand.BARRIER, 0, 0, 0, null, completion);
    }

    /**
     * To be called after the filling method of a modification: asks to be told, besides the completion, when another system that holds the
     * device has received the modification whole in its memory, and will carry it out even if this side dies. At most once, and before the
     * completion; perhaps never, and never by a device without {@link BlockCapability#RECEIPT}. The completion may still be an error.
     */
    public BlockRequest withReceipt(BlockReceipt newReceipt) {
        receipt = newReceipt;
        return this;
    }

    public boolean wantsReceipt() {
        return receipt != null;
    }

    /** Called by a device: the modification is received. */
    public void received() {
        if (state != State.SUBMITTED) {
            throw new IllegalStateException("receipt for a request that is not submitted: " + this);
        }
        receipt.onReceived(this);
    }

    /** Asks for the same as another request, with its buffers: for a device that passes requests on. */
    public BlockRequest same(BlockRequest other, BlockCompletion completion) {
        fill(other.command, other.offsetBytes, other.lengthBytes, other.flags, other.data, completion);
        extents = other.extents;
        stored = other.stored;
        chunkBytes = other.chunkBytes;
        receipt = other.receipt == null ? null : received -> other.received();
        return this;
    }

    /**
     * Fills every field but the list of EXTENTS and the chunk of CHECKSUM; the typed methods above read better where the command is
     * known.
     */
    public BlockRequest set(BlockCommand command, long offsetBytes, long lengthBytes, int flags,
            ByteBuffer data, BlockCompletion completion) {
        if (command.hasData() && data.remaining() != lengthBytes) {
            throw new IllegalArgumentException(command + " of " + lengthBytes + " bytes with a buffer of " + data.remaining());
        }
        return fill(command, offsetBytes, lengthBytes, flags, data, completion);
    }

    private BlockRequest fill(BlockCommand newCommand, long newOffsetBytes, long newLengthBytes, int newFlags, ByteBuffer newData,
            BlockCompletion newCompletion) {
        if (state != State.IDLE) {
            throw new IllegalStateException("request refilled while a device owns it: " + this);
        }
        this.command = newCommand;
        this.offsetBytes = newOffsetBytes;
        this.lengthBytes = newLengthBytes;
        this.flags = newFlags;
        this.data = newData;
        this.stored = null;
        this.extents = null;
        this.receipt = null;
        this.completion = newCompletion;
        this.error = BlockError.NONE;
        this.errorDetail = "";
        return this;
    }

    /** Called by a device as the first thing in {@code submit}: takes ownership. */
    public void markSubmitted() {
        if (state != State.IDLE) {
            throw new IllegalStateException("request submitted twice: " + this);
        }
        state = State.SUBMITTED;
    }

    public void complete() {
        complete(BlockError.NONE, "");
    }

    /**
     * Ends the request and gives it back to its submitter.
     *
     * @param detail for people: what failed, on which device and where; empty on success
     * @throws IllegalStateException if the request is not submitted: a double completion is a broken invariant
     */
    public void complete(BlockError error, String detail) {
        if (state != State.SUBMITTED) {
            throw new IllegalStateException("request completed twice: " + this);
        }
        state = State.IDLE;
        this.error = error;
        this.errorDetail = detail;
        completion.onComplete(this);
    }

    public BlockCommand command() {
        return command;
    }

    public long offsetBytes() {
        return offsetBytes;
    }

    public long lengthBytes() {
        return lengthBytes;
    }

    public int flags() {
        return flags;
    }

    public boolean isFua() {
        return (flags & FUA) != 0;
    }

    /** Length of a chunk of CHECKSUM. */
    public int chunkBytes() {
        return chunkBytes;
    }

    /** Buffer of a READ or WRITE but of {@link #writeStored}, or for the hashes of a CHECKSUM; null otherwise. */
    public ByteBuffer data() {
        return data;
    }

    /** Where the data of a {@link #writeStored} comes from; else null. */
    public StoredBytes stored() {
        return stored;
    }

    /** Where the answer to EXTENTS goes, null for other commands. */
    public ExtentList extents() {
        return extents;
    }

    public BlockError error() {
        return error;
    }

    public String errorDetail() {
        return errorDetail;
    }

    public boolean isSubmitted() {
        return state == State.SUBMITTED;
    }

    @Override
    public String toString() {
        return command + " " + lengthBytes + "@" + offsetBytes + (isFua() ? " FUA" : "") + " " + state
                + (error.isError() ? " " + error + " (" + errorDetail + ")" : "");
    }
}
