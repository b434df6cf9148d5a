/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.nbd.client;

import java.nio.ByteBuffer;
import org.netraid.block.BlockRequest;
import org.netraid.block.ChunkHash;
import org.netraid.block.Zeros;
import org.netraid.link.Link;
import org.netraid.nbd.wire.ChecksumFlags;
import org.netraid.nbd.wire.CommandFlags;
import org.netraid.nbd.wire.Compression;
import org.netraid.nbd.wire.Extension;
import org.netraid.nbd.wire.MetaContext;
import org.netraid.nbd.wire.NbdCommand;
import org.netraid.nbd.wire.NbdConstants;
import org.netraid.nbd.wire.RequestHeader;
import org.netraid.time.EventLoop;

/**
 * Puts requests on the link as NBD commands, part by part: one command for each part that {@link RequestCutter} makes, with its header in
 * a slot of {@link PendingReplies}. What is sent is flushed once for all that comes in one turn of the loop.
 */
final class PartSender {

    /** Longest BLOCK_STATUS without extended headers: a multiple of every minimum block, and below 4 GiB. */
    private static final long MAX_STATUS_BYTES = 1L << 31;

    private final NbdExport export;
    private final NbdClientConfig config;
    private final EventLoop loop;
    private final Link link;
    private final PendingReplies pending;
    private final EdgeBlocks edges;
    private final boolean zeroesOnWire;
    private final boolean receipts;
    private final RequestCutter cutter;
    /** Null if payloads go as they are. */
    private final PayloadPacker packer;
    private final Runnable flushTask = this::flushLink;
    private long packNs;
    private ByteBuffer zeros;
    private boolean unflushed;
    private boolean flushScheduled;

    PartSender(NbdExport export, NbdClientConfig config, EventLoop loop, Link link, PendingReplies pending, EdgeBlocks edges,
            boolean zeroesOnWire) {
        this.export = export;
        this.config = config;
        this.loop = loop;
        this.link = link;
        this.pending = pending;
        this.edges = edges;
        this.zeroesOnWire = zeroesOnWire;
        this.receipts = export.has(Extension.RECEIPT);
        this.packer = config.compression() == Compression.OFF ? null : new PayloadPacker(config.compression());
        this.cutter = new RequestCutter(export, zeroesOnWire, export.has(Extension.LZ4) && packer != null);
    }

    /** Less than a minimum block at an end of a TRIM is left out. @return false if nothing is left of it */
    boolean narrowTrim(ClientRequest request) {
        return cutter.narrowTrim(request);
    }

    boolean canSend() {
        return !pending.isFull() && link.isWritable();
    }

    /** Sends the next part of a request that has its locks. @return false if that has to wait */
    boolean sendPart(ClientRequest request) {
        switch (request.command) {
            case FLUSH -> send(request, NbdCommand.FLUSH, 0, 0, 0, null);
            case BARRIER -> send(request, NbdCommand.BARRIER, 0, 0, 0, null);
            case EXTENTS -> sendStatus(request);
            case CHECKSUM -> sendChecksum(request);
            default -> {
                return sendNextPart(request);
            }
        }
        return true;
    }

    private boolean sendNextPart(ClientRequest request) {
        cutter.cut(request);
        boolean sent = cutter.edge ? sendEdgeRead(request) : sendWhole(request);
        if (sent) {
            request.cursorBytes += cutter.lengthBytes;
        }
        return sent;
    }

    /** Asks about the whole blocks the range touches; the answer may end early, so one command is enough. */
    private void sendStatus(ClientRequest request) {
        long block = export.minBlockBytes();
        long start = request.startBytes & -block;
        long end = request.endBytes + block - 1 & -block;
        long length = export.extendedHeaders() ? end - start : Math.min(end - start, MAX_STATUS_BYTES);
        int flags = (request.request.flags() & BlockRequest.ONE_EXTENT) != 0 ? CommandFlags.REQ_ONE : 0;
        PendingReply slot = send(request, NbdCommand.BLOCK_STATUS, flags, start, length, null);
        slot.status.begin(request.request.extents(), length, request.startBytes - start, Math.min(request.endBytes - start, length),
                config.map().equals(MetaContext.BASE_ALLOCATION));
        request.cursorBytes = request.endBytes;
    }

    /** Whole chunks, but for the last, and no more than the server takes at once. */
    private void sendChecksum(ClientRequest request) {
        int chunkBytes = request.request.chunkBytes();
        long longest = Math.max(chunkBytes, export.maxPayloadBytes() & -(long) chunkBytes);
        long offset = request.cursorBytes;
        long length = Math.min(longest, request.endBytes - offset);
        int flags = ChecksumFlags.of(chunkBytes) | CommandFlags.DF;
        PendingReply slot = send(request, NbdCommand.CHECKSUM, flags, offset, length, null);
        slot.target = request.data;
        slot.targetBase = request.dataBase + ChunkHash.hashesBytes(offset - request.startBytes, chunkBytes);
        request.cursorBytes = offset + length;
    }

    private boolean sendWhole(ClientRequest request) {
        long offset = cutter.offsetBytes;
        int length = (int) cutter.lengthBytes;
        int flags = WireFlags.of(request.request, receipts);
        switch (request.command) {
            case READ -> {
                if (!hasRoomFor(length)) {
                    return false;
                }
                PendingReply slot = send(request, NbdCommand.READ, 0, offset, length, null);
                slot.target = request.data;
                slot.targetBase = request.dataIndex(offset);
            }
            case WRITE -> {
                if (!hasRoomFor(length)) {
                    return false;
                }
                if (request.request.stored() != null) {
                    PendingReply slot = sendHeader(request, NbdCommand.WRITE, flags, offset, length, true);
                    link.transfer(request.request.stored(), offset, length, slot.released);
                    return true;
                }
                boolean all = offset == request.startBytes && offset + length == request.endBytes;
                ByteBuffer payload = all ? request.data : request.data.slice(request.dataIndex(offset), length);
                sendPayload(request, flags, offset, payload);
            }
            case TRIM -> send(request, NbdCommand.TRIM, flags, offset, length, null);
            case WRITE_ZEROES -> {
                if (zeroesOnWire) {
                    send(request, NbdCommand.WRITE_ZEROES, flags, offset, length, null);
                } else if (hasRoomFor(length)) {
                    send(request, NbdCommand.WRITE, flags & WireFlags.OF_WRITE, offset, length, zeros(length));
                } else {
                    return false;
                }
            }
            case FLUSH, EXTENTS, CHECKSUM, BARRIER -> throw new IllegalStateException(request.command + " has no parts");
        }
        return true;
    }

    /** A write as it is, or made smaller on its way; the disk at the other end gets the same bytes. */
    private void sendPayload(ClientRequest request, int flags, long offset, ByteBuffer payload) {
        int length = payload.remaining();
        if (packer == null) {
            send(request, NbdCommand.WRITE, flags, offset, length, payload);
        } else if (zeroesOnWire && Zeros.isZero(payload, payload.position(), payload.limit())) {
            packer.countZeros(length);
            send(request, NbdCommand.WRITE_ZEROES, flags, offset, length, null);
        } else {
            long startNs = loop.nanoTime();
            ByteBuffer packed = export.has(Extension.LZ4) ? packer.pack(payload) : null;
            packNs += loop.nanoTime() - startNs;
            if (packed == null) {
                packer.countPlain(length);
                send(request, NbdCommand.WRITE, flags, offset, length, payload);
            } else {
                send(request, NbdCommand.WRITE_LZ4, flags, offset, packed.remaining(), packed).packed = packed;
            }
        }
    }

    private boolean hasRoomFor(long payloadBytes) {
        return pending.payloadBytes() == 0 || pending.payloadBytes() + payloadBytes <= config.maxBytesInFlight();
    }

    private ByteBuffer zeros(int length) {
        if (zeros == null) {
            zeros = ByteBuffer.allocateDirect(Math.min(RequestCutter.ZERO_PAYLOAD_BYTES, export.maxPayloadBytes()));
        }
        return zeros.slice(0, length);
    }

    private boolean sendEdgeRead(ClientRequest request) {
        EdgeBlock edge = edges.take();
        if (edge == null) {
            return false;
        }
        edge.set(request, cutter.offsetBytes, cutter.offsetBytes + cutter.lengthBytes);
        PendingReply slot = send(request, NbdCommand.READ, 0, edge.blockOffsetBytes, edge.bytes.capacity(), null);
        // stands for the second half, until that is sent
        request.partsUnreceived++;
        slot.edge = edge;
        slot.target = edge.bytes;
        slot.targetBase = 0;
        return true;
    }

    /** The second half of a read-modify-write. */
    void sendWriteBack(EdgeBlock edge) {
        edge.bytes.clear();
        // it was counted as a part while it waited
        edge.owner.partsInFlight--;
        edge.owner.partsUnreceived--;
        int flags = WireFlags.of(edge.owner.request, receipts) & WireFlags.OF_WRITE;
        PendingReply slot = send(edge.owner, NbdCommand.WRITE, flags, edge.blockOffsetBytes, edge.bytes.capacity(), edge.bytes);
        slot.edge = edge;
    }

    private PendingReply send(ClientRequest owner, int command, int flags, long offset, long length, ByteBuffer payload) {
        PendingReply slot = sendHeader(owner, command, flags, offset, length, payload != null);
        if (payload != null) {
            link.write(payload, slot.released);
        }
        return slot;
    }

    private PendingReply sendHeader(ClientRequest owner, int command, int flags, long offset, long length, boolean hasPayload) {
        PendingReply slot = pending.take(owner, command, offset, length);
        owner.partsInFlight++;
        slot.header.clear();
        int payloadFlag = hasPayload && export.extendedHeaders() ? CommandFlags.PAYLOAD_LEN : 0;
        encode(slot.header, flags | payloadFlag, command, slot.cookie, offset, length);
        slot.header.flip();
        slot.buffersHeld = hasPayload ? 2 : 1;
        slot.receiptDue = (flags & CommandFlags.RECEIPT) != 0;
        owner.partsUnreceived += slot.receiptDue ? 1 : 0;
        link.write(slot.header, slot.released);
        unflushed = true;
        return slot;
    }

    /** Says that nothing more comes, and flushes that. */
    void sendDisconnect() {
        ByteBuffer disc = ByteBuffer.allocate(NbdConstants.EXTENDED_HEADER_BYTES);
        encode(disc, 0, NbdCommand.DISC, 0, 0, 0);
        link.write(disc.flip(), null);
        unflushed = true;
        flushNow();
    }

    private void encode(ByteBuffer header, int flags, int command, long cookie, long offset, long length) {
        if (export.extendedHeaders()) {
            RequestHeader.encodeExtended(header, flags, command, cookie, offset, length);
        } else {
            RequestHeader.encode(header, flags, command, cookie, offset, length);
        }
    }

    /** An answer has come: a payload that was made smaller is not needed any more. */
    void release(ByteBuffer packed) {
        packer.release(packed);
    }

    /** The link is given up: nothing of it is flushed any more. */
    void stop() {
        unflushed = false;
    }

    /** One flush for all that is submitted in this turn of the loop. */
    void flushLater() {
        if (unflushed && !flushScheduled) {
            flushScheduled = true;
            loop.execute(flushTask);
        }
    }

    private void flushLink() {
        flushScheduled = false;
        flushNow();
    }

    void flushNow() {
        if (unflushed) {
            unflushed = false;
            link.flush();
        }
    }

    // ---------------------------------------------------------------- what compression does

    /** Data of all writes so far, if compression is on; else 0. */
    long dataBytes() {
        return packer == null ? 0 : packer.dataBytes();
    }

    /** Time that compressing has taken. */
    long packNs() {
        return packNs;
    }

    /** What of {@link #dataBytes} went over the wire. */
    long wireBytes() {
        return packer == null ? 0 : packer.wireBytes();
    }
}
