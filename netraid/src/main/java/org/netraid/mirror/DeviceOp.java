/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.mirror;

import java.nio.ByteBuffer;
import org.netraid.block.BlockCapability;
import org.netraid.block.BlockCommand;
import org.netraid.block.BlockCompletion;
import org.netraid.block.BlockError;
import org.netraid.block.BlockReceipt;
import org.netraid.block.BlockRequest;
import org.netraid.block.ExtentList;
import org.netraid.block.StoredBytes;

/**
 * One command of the mirror on one copy. Hides what the copy cannot do: a command longer than its limit goes in slices one after the
 * other, zeros are written where it has no WRITE_ZEROES, a flush follows where it has no FUA. The first error ends it.
 */
public final class DeviceOp implements BlockCompletion, BlockReceipt {

    final CopyChannel channel;
    private final BlockRequest request = new BlockRequest();
    DeviceOpOwner owner;
    /** The owner wants to hear when the target has it in memory. */
    boolean wantsReceipt;
    Payload payload;
    /** Where the answer to EXTENTS goes; null for the others. */
    ExtentList extents;
    /** Where the data of a WRITE comes from if it has no buffer. */
    StoredBytes stored;
    /** Of CHECKSUM: bytes per hash. */
    int chunkBytes;
    private BlockCommand command;
    private long offsetBytes;
    private long lengthBytes;
    private int flags;
    private ByteBuffer data;
    private int dataStart;
    private ByteBuffer zeros;
    private long doneBytes;
    private long sliceBytes;
    private boolean flushing;
    private BlockError error;
    private String errorDetail;
    long startedNs;
    boolean orphaned;
    DeviceOp previous;
    DeviceOp next;

    DeviceOp(CopyChannel channel) {
        this.channel = channel;
    }

    /** @param data buffer between position and limit for READ and WRITE, null otherwise */
    void start(BlockCommand command, long offsetBytes, long lengthBytes, int flags, ByteBuffer data) {
        this.command = command;
        this.offsetBytes = offsetBytes;
        this.lengthBytes = lengthBytes;
        this.flags = flags;
        this.data = data;
        this.dataStart = data == null ? 0 : data.position();
        this.doneBytes = 0;
        this.flushing = false;
        this.orphaned = false;
        this.error = BlockError.NONE;
        this.errorDetail = "";
        submitNext();
    }

    void submitNext() {
        if (isFlush()) {
            if (!channel.flushes.begin(this)) {
                return;
            }
            request.flush(this);
        } else if (command == BlockCommand.BARRIER) {
            request.barrier(this);
        } else {
            fillSlice();
            if (wantsReceipt && sliceBytes == lengthBytes) {
                request.withReceipt(this);
            }
        }
        channel.device.submit(request);
    }

    private void fillSlice() {
        long offset = offsetBytes + doneBytes;
        long left = lengthBytes - doneBytes;
        boolean writeZeros = command == BlockCommand.WRITE_ZEROES && channel.mustWriteZeros();
        int sliceFlags = channel.device.can(BlockCapability.FUA) ? flags : flags & ~BlockRequest.FUA;
        if (writeZeros) {
            sliceBytes = Math.min(left, Math.min(CopyChannel.ZEROS.capacity(), channel.maxTransferBytes));
            if (zeros == null) {
                zeros = CopyChannel.ZEROS.duplicate();
            }
            zeros.limit((int) sliceBytes).position(0);
            request.set(BlockCommand.WRITE, offset, sliceBytes, sliceFlags & ~BlockRequest.NO_HOLE, zeros, this);
        } else if (command == BlockCommand.EXTENTS) {
            sliceBytes = left;
            request.extents(offset, sliceBytes, flags, extents, this);
        } else if (command == BlockCommand.CHECKSUM) {
            sliceBytes = left;
            request.checksum(offset, sliceBytes, chunkBytes, data, this);
        } else if (stored != null) {
            sliceBytes = Math.min(left, channel.maxTransferBytes);
            request.writeStored(offset, sliceBytes, stored, this);
        } else if (command.hasData()) {
            sliceBytes = Math.min(left, channel.maxTransferBytes);
            int start = dataStart + (int) doneBytes;
            data.limit(start + (int) sliceBytes).position(start);
            request.set(command, offset, sliceBytes, sliceFlags, data, this);
        } else {
            sliceBytes = left;
            request.set(command, offset, sliceBytes, sliceFlags, null, this);
        }
    }

    @Override
    public void onReceived(BlockRequest received) {
        if (!orphaned) {
            owner.onOpReceived(this);
        }
    }

    private boolean isFlush() {
        return command == BlockCommand.FLUSH || flushing;
    }

    @Override
    public void onComplete(BlockRequest ended) {
        FlushLine line = isFlush() ? channel.flushes : null;
        end(ended);
        if (line != null) {
            // Last: if it has failed, a target's line is empty by now; the local disk's goes on, but its mirror believes no flush any more.
            line.answered();
        }
    }

    private void end(BlockRequest ended) {
        if (orphaned) {
            channel.onOrphanEnded(this);
        } else if (ended.error().isError()) {
            onSliceFailed(ended);
        } else if (flushing || command == BlockCommand.FLUSH || command == BlockCommand.BARRIER) {
            channel.onEnded(this);
        } else {
            doneBytes += sliceBytes;
            onSliceDone();
        }
    }

    private void onSliceDone() {
        if (doneBytes < lengthBytes) {
            channel.onProgress(this);
            submitNext();
        } else if ((flags & BlockRequest.FUA) != 0 && !channel.device.can(BlockCapability.FUA)
                && channel.device.can(BlockCapability.FLUSH)) {
            flushing = true;
            submitNext();
        } else {
            channel.onEnded(this);
        }
    }

    private void onSliceFailed(BlockRequest ended) {
        if (command == BlockCommand.WRITE_ZEROES && ended.error() == BlockError.ENOTSUP && !flushing && !channel.mustWriteZeros()) {
            // Says that it can, and cannot here (a file on a file system without holes, for one).
            channel.zerosByWriting = true;
            submitNext();
            return;
        }
        error = ended.error();
        errorDetail = ended.errorDetail();
        channel.onEnded(this);
    }

    public BlockError error() {
        return error;
    }

    /** True if the command was a flush, or the flush after a write: its failure makes the device untrustworthy. */
    boolean isFlushFailure() {
        return error.isError() && (flushing || command == BlockCommand.FLUSH);
    }

    /** True for what tells of the medium: its failure means that the device has failed. */
    boolean concernsData() {
        return command.modifies() || command == BlockCommand.READ || command == BlockCommand.FLUSH;
    }

    boolean isRead() {
        return command == BlockCommand.READ;
    }

    /** True for a question whose failure says nothing of what the device holds: it may still be written. */
    boolean isHarmless() {
        return command == BlockCommand.CHECKSUM;
    }

    /** True for WRITE_ZEROES, also where zeros are written instead. */
    public boolean isZeroing() {
        return command == BlockCommand.WRITE_ZEROES;
    }

    /** What failed and where, for people. */
    public String errorText() {
        String what = flushing || command == BlockCommand.FLUSH ? "FLUSH"
                : command + " of " + lengthBytes + " bytes at offset " + offsetBytes;
        return what + " on " + channel.device.name() + " failed with " + error + (errorDetail.isEmpty() ? "" : ": " + errorDetail);
    }

    String describe() {
        return command + (command == BlockCommand.FLUSH ? "" : " of " + lengthBytes + " bytes at offset " + offsetBytes);
    }

    boolean isWrite() {
        return command == BlockCommand.WRITE;
    }

    /** The target's slot, or {@link org.netraid.intentlog.IntentLog#LOCAL}. */
    public int slot() {
        return channel.slot;
    }

    public long offsetBytes() {
        return offsetBytes;
    }

    public long lengthBytes() {
        return lengthBytes;
    }
}
