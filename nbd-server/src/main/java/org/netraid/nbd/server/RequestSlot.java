/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.nbd.server;

import java.nio.ByteBuffer;
import org.netraid.block.BlockCommand;
import org.netraid.block.BlockCompletion;
import org.netraid.block.BlockDevice;
import org.netraid.block.BlockError;
import org.netraid.block.BlockRequest;
import org.netraid.block.ChunkHash;
import org.netraid.block.ExtentList;
import org.netraid.nbd.wire.ChecksumFlags;
import org.netraid.nbd.wire.ChunkType;
import org.netraid.nbd.wire.CommandFlags;
import org.netraid.nbd.wire.Lz4Payload;
import org.netraid.nbd.wire.NbdCommand;
import org.netraid.nbd.wire.NbdConstants;
import org.netraid.nbd.wire.RequestHeader;
import org.netraid.nbd.wire.SimpleReply;
import org.netraid.nbd.wire.StructuredReplyChunk;

/**
 * One request from its header to the moment its reply has left; then used again. Long commands without data go to the
 * device in slices, one after the other, so that none of them occupies it for long.
 *
 * <pre>
 *   free ─ begin ─&gt; (payload) ─ submit ─&gt; with the device ─ reply ─&gt; queued in the link ─ released ─&gt; free
 * </pre>
 */
final class RequestSlot implements BlockCompletion {

    /** Longest fixed reply head: an extended content chunk's. */
    static final int HEAD_BYTES = NbdConstants.EXTENDED_HEADER_BYTES + StructuredReplyChunk.OFFSET_BYTES;
    private static final long SLICE_BYTES = 64 << 20;
    /** A few milliseconds of a processor; a multiple of every chunk. */
    private static final long CHECKSUM_SLICE_BYTES = 4 << 20;

    private final Transmission owner;
    private final ByteBuffer head;
    private final BlockRequest request = new BlockRequest();
    private final Runnable released = this::onReleased;
    private int releasesLeft;
    private boolean queued;
    /** The last chunk of the reply is with the link. */
    private boolean replied;
    private boolean acknowledged;
    /** Where the acknowledgement of receipt is put together; null if the client has not negotiated it. */
    private final ByteBuffer receipt;
    private BlockDevice device;
    private long cookie;
    private long offsetBytes;
    private int flags;
    private long sliceEndBytes;
    private ExtentList extents;
    private StatusReply status;

    int type;
    long lengthBytes;
    BufferPool.Buffer data;
    /** Why a WRITE whose payload is being skipped will be refused. */
    BlockError refusal = BlockError.NONE;
    RequestSlot next;

    RequestSlot(Transmission owner, ByteBuffer head) {
        this.owner = owner;
        this.head = head.slice(0, HEAD_BYTES);
        this.receipt = head.capacity() > HEAD_BYTES ? head.slice(HEAD_BYTES, head.capacity() - HEAD_BYTES) : null;
    }

    void begin(RequestHeader header, BufferPool.Buffer payload) {
        type = header.type();
        cookie = header.cookie();
        offsetBytes = header.offsetBytes();
        lengthBytes = header.lengthBytes();
        flags = header.flags();
        data = payload;
        queued = false;
        releasesLeft = 0;
        replied = false;
        acknowledged = false;
        extents = null;
        status = null;
    }

    long offsetBytes() {
        return offsetBytes;
    }

    int flags() {
        return flags;
    }

    boolean isQueued() {
        return queued;
    }

    // ---- towards the device

    /** Makes a WRITE of a compressed one whose payload has come, behind the room for its data; false if it is damaged. */
    boolean inflate() {
        int dataBytes = (int) lengthBytes;
        int blockBytes = data.bytes.position() - dataBytes;
        boolean good = Lz4Payload.inflate(data.bytes, dataBytes, blockBytes, data.bytes, 0, dataBytes);
        data.bytes.position(0).limit(dataBytes);
        type = NbdCommand.WRITE;
        return good;
    }

    /** Collects what the selected maps say; the device's own is still to come. */
    BlockError gatherStatus(ContextSelection selected, int wanted) {
        status = new StatusReply();
        return status.gather(selected, wanted, offsetBytes, lengthBytes, (flags & CommandFlags.REQ_ONE) != 0);
    }

    void submit(BlockCommand command, BlockDevice target) {
        device = target;
        switch (command) {
            case READ -> request.read(offsetBytes, data.bytes, this);
            case WRITE -> request.write(offsetBytes, data.bytes, deviceFlags() | BlockRequest.STABLE_PAYLOAD, this);
            case FLUSH -> request.flush(this);
            case EXTENTS -> {
                extents = new ExtentList(StatusReply.MAX_EXTENTS);
                boolean one = (flags & CommandFlags.REQ_ONE) != 0;
                request.extents(offsetBytes, lengthBytes, one ? BlockRequest.ONE_EXTENT : 0, extents, this);
            }
            case CHECKSUM -> {
                sliceEndBytes = offsetBytes;
                nextChecksums();
                return;
            }
            default -> {
                sliceEndBytes = offsetBytes;
                nextSlice(command);
                return;
            }
        }
        device.submit(request);
    }

    private void nextSlice(BlockCommand command) {
        long from = sliceEndBytes;
        long length = Math.min(SLICE_BYTES - (from & (SLICE_BYTES - 1)), offsetBytes + lengthBytes - from);
        sliceEndBytes = from + length;
        device.submit(request.set(command, from, length, deviceFlags(), null, this));
    }

    private void nextChecksums() {
        int chunkBytes = ChecksumFlags.chunkBytes(flags);
        long from = sliceEndBytes;
        long length = Math.min(CHECKSUM_SLICE_BYTES, offsetBytes + lengthBytes - from);
        sliceEndBytes = from + length;
        int index = ChunkHash.hashesBytes(from - offsetBytes, chunkBytes);
        data.bytes.clear().position(index).limit(index + ChunkHash.hashesBytes(length, chunkBytes));
        device.submit(request.checksum(from, length, chunkBytes, data.bytes, this));
    }

    private int deviceFlags() {
        int result = 0;
        if ((flags & CommandFlags.FUA) != 0) {
            result |= BlockRequest.FUA;
        }
        if ((flags & CommandFlags.NO_HOLE) != 0) {
            result |= BlockRequest.NO_HOLE;
        }
        if ((flags & CommandFlags.FAST_ZERO) != 0) {
            result |= BlockRequest.FAST_ZERO;
        }
        return result;
    }

    @Override
    public void onComplete(BlockRequest done) {
        BlockCommand command = done.command();
        boolean sliced = command == BlockCommand.TRIM || command == BlockCommand.WRITE_ZEROES || command == BlockCommand.CHECKSUM;
        boolean goesOn = owner.session().isLinkUp() || owner.outlivesLink() && command != BlockCommand.CHECKSUM;
        if (sliced && !done.error().isError() && sliceEndBytes < offsetBytes + lengthBytes && goesOn) {
            if (command == BlockCommand.CHECKSUM) {
                nextChecksums();
            } else {
                nextSlice(command);
            }
            return;
        }
        owner.onDeviceDone(this, RequestRules.onWire(done.error(), flags), done.errorDetail());
    }

    // ---- towards the client

    /** The modification is in memory, whole. */
    void acknowledge() {
        if (!owner.session().isLinkUp()) {
            return;
        }
        acknowledged = true;
        receipt.clear();
        if (owner.isExtended()) {
            StructuredReplyChunk.encodeExtended(receipt, 0, ChunkType.RECEIVED, cookie, offsetBytes, 0);
        } else {
            StructuredReplyChunk.encode(receipt, 0, ChunkType.RECEIVED, cookie, 0);
        }
        releasesLeft++;
        owner.session().send(receipt.flip(), released);
    }

    void reply(BlockError error, String detail) {
        if (!owner.session().isLinkUp()) {
            owner.recycle(this);
        } else if (error.isError()) {
            replyError(error, detail);
        } else if (type == NbdCommand.READ) {
            replyRead();
        } else if (type == NbdCommand.CHECKSUM) {
            replyChecksums();
        } else if (type == NbdCommand.BLOCK_STATUS) {
            replyStatus();
        } else {
            replySimple(0);
        }
    }

    private void replyError(BlockError error, String detail) {
        if (!owner.isStructured()) {
            replySimple(error.errno());
            return;
        }
        byte[] payload = StructuredReplyChunk.errorPayload(error.errno(), detail);
        ByteBuffer out = ByteBuffer.allocate(NbdConstants.EXTENDED_HEADER_BYTES + payload.length);
        chunk(out, ChunkType.ERROR, payload.length);
        sendAll(out.put(payload).flip(), 0);
    }

    /** Header of the last chunk of this request's reply. */
    private void chunk(ByteBuffer out, int chunkType, long payloadBytes) {
        if (owner.isExtended()) {
            StructuredReplyChunk.encodeExtended(out, ChunkType.FLAG_DONE, chunkType, cookie, offsetBytes, payloadBytes);
        } else {
            StructuredReplyChunk.encode(out, ChunkType.FLAG_DONE, chunkType, cookie, payloadBytes);
        }
    }

    private void replySimple(int errno) {
        if (owner.isExtended() || acknowledged) {
            replyNothing();
            return;
        }
        SimpleReply.encode(head.clear(), errno, cookie);
        sendAll(head.flip(), 0);
    }

    /** Success without content, as a chunk. */
    void replyNothing() {
        chunk(head.clear(), ChunkType.NONE, 0);
        sendAll(head.flip(), 0);
    }

    private void replyRead() {
        head.clear();
        if (!owner.isStructured()) {
            SimpleReply.encode(head, 0, cookie);
        } else if (lengthBytes == 0) {
            chunk(head, ChunkType.NONE, 0);
        } else {
            chunk(head, ChunkType.OFFSET_DATA, StructuredReplyChunk.OFFSET_BYTES + lengthBytes);
            head.putLong(offsetBytes);
        }
        sendAll(head.flip(), (int) lengthBytes);
    }

    private void replyChecksums() {
        int hashesBytes = ChunkHash.hashesBytes(lengthBytes, ChecksumFlags.chunkBytes(flags));
        chunk(head.clear(), ChunkType.CHECKSUMS, StructuredReplyChunk.OFFSET_BYTES + hashesBytes);
        head.putLong(offsetBytes);
        sendAll(head.flip(), hashesBytes);
    }

    /** For a device that does not know its holes. */
    void replyAllData() {
        extents = new ExtentList(1);
        extents.add(lengthBytes, ExtentList.DATA);
        reply(BlockError.NONE, "");
    }

    private void replyStatus() {
        if (extents != null) {
            status.addAllocation(extents);
            extents = null;
        }
        ByteBuffer out = status.encode(owner.isExtended(), cookie, offsetBytes);
        status = null;
        sendAll(out, 0);
    }

    /** @param dataBytes what follows from the slot's own buffer; 0 for nothing */
    private void sendAll(ByteBuffer first, int dataBytes) {
        releasesLeft += dataBytes > 0 ? 2 : 1;
        replied = true;
        if (dataBytes > 0) {
            queued = true;
            owner.onQueued(this);
        }
        owner.session().send(first, released);
        if (dataBytes > 0) {
            data.bytes.position(0).limit(dataBytes);
            owner.session().send(data.bytes, released);
        }
    }

    private void onReleased() {
        if (--releasesLeft == 0 && replied) {
            owner.recycle(this);
        }
    }
}
