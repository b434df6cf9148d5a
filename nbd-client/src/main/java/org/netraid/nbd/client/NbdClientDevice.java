/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.nbd.client;

import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.netraid.block.BlockCapability;
import org.netraid.block.BlockCommand;
import org.netraid.block.BlockDevice;
import org.netraid.block.BlockError;
import org.netraid.block.BlockGeometry;
import org.netraid.block.BlockRequest;
import org.netraid.block.ChunkHash;
import org.netraid.link.Link;
import org.netraid.link.LinkHandler;
import org.netraid.nbd.wire.ChecksumFlags;
import org.netraid.nbd.wire.CommandFlags;
import org.netraid.nbd.wire.Compression;
import org.netraid.nbd.wire.Extension;
import org.netraid.nbd.wire.MetaContext;
import org.netraid.nbd.wire.NbdCommand;
import org.netraid.nbd.wire.NbdConstants;
import org.netraid.nbd.wire.NbdFormatException;
import org.netraid.nbd.wire.RequestHeader;
import org.netraid.time.EventLoop;

/**
 * One export over one connection, in the transmission phase. Comes from {@link NbdConnector#connect} and lives as long as its
 * connection: after a loss it is dead and its requests end with EIO; nothing is replayed.
 *
 * <p>Every request taken is completed exactly once, and not before the link has given back its buffers. All on one event loop.
 * Requests are pipelined, in any number; what exceeds {@link NbdClientConfig#maxInFlight} waits here.
 *
 * <pre>
 *   OPEN ── close(), or the server says ESHUTDOWN ──► CLOSING ── last answer ──► DISC sent ──► link closed ──► DEAD
 *     └──────────── loss, timeout, broken protocol, abort() ───────────────────────────────────────────────────┘
 * </pre>
 *
 * <p>FLUSH covers the modifications whose completion its submitter has seen before, no others.
 */
public final class NbdClientDevice implements BlockDevice {

    private static final int MAX_EDGE_BLOCKS = 16;
    /** Longest BLOCK_STATUS without extended headers: a multiple of every minimum block, and below 4 GiB. */
    private static final long MAX_STATUS_BYTES = 1L << 31;

    /** Stored bytes are sent in whole blocks of 4 KiB. */
    private static final int MAX_STORED_BLOCK_BYTES = 4096;

    private enum Phase { OPEN, CLOSING, DISC_SENT, DEAD }

    private final NbdTarget target;
    private final NbdExport export;
    private final NbdClientConfig config;
    private final EventLoop loop;
    private final Link link;
    private final NbdConnectionListener listener;
    private final String name;
    private final BlockGeometry geometry;
    private final Set<BlockCapability> capabilities;
    private final boolean zeroesOnWire;
    private final boolean receipts;

    private final PendingReplies pending;
    private final ReplyReader reader;
    /** Null if payloads go as they are. */
    private final PayloadPacker packer;
    private long packNs;
    private final RequestCutter cutter;
    private final AlignmentLocks locks;
    private final RequestAges ages = new RequestAges();
    /** Taken, and not yet sent whole; only the first may be sent in part. */
    private final ArrayDeque<ClientRequest> queue = new ArrayDeque<>();
    /** Second halves of read-modify-writes; they go before the queue, since the queue may wait for them. */
    private final ArrayDeque<EdgeBlock> writeBacks = new ArrayDeque<>();
    private final ArrayDeque<ClientRequest> freeRequests = new ArrayDeque<>();
    private final ArrayDeque<EdgeBlock> freeEdges = new ArrayDeque<>();
    private final List<Runnable> closedCallbacks = new ArrayList<>();
    private final Runnable flushTask = this::flushLink;
    private final Runnable timeoutTask = this::onTimeoutTimer;

    private Phase phase = Phase.OPEN;
    private String endReason = "";
    private BlockError endError = BlockError.EIO;
    private int edgesCreated;
    private int live;
    private boolean unflushed;
    private boolean flushScheduled;
    private EventLoop.Timer timeoutTimer;
    private EventLoop.Timer closeTimer;
    private boolean linkClosed;
    private boolean ended;
    private ByteBuffer zeros;

    NbdClientDevice(NbdTarget target, NbdExport export, NbdClientConfig config, int connectionNumber,
            EventLoop loop, Link link, NbdConnectionListener listener) {
        this.target = target;
        this.export = export;
        this.config = config;
        this.loop = loop;
        this.link = link;
        this.listener = listener;
        this.name = target.toString();
        this.geometry = export.geometry();
        this.capabilities = capabilities(export, config, link);
        this.receipts = export.has(Extension.RECEIPT);
        this.zeroesOnWire = export.offered().contains(BlockCapability.WRITE_ZEROES);
        this.pending = new PendingReplies(config.maxInFlight(), connectionNumber, this::onReleased);
        this.reader = new ReplyReader(new ReplySink(), export, config.map());
        this.packer = config.compression() == Compression.OFF ? null : new PayloadPacker(config.compression());
        this.cutter = new RequestCutter(export, zeroesOnWire, export.has(Extension.LZ4) && packer != null);
        this.locks = new AlignmentLocks(export.minBlockBytes());
    }

    private static Set<BlockCapability> capabilities(NbdExport export, NbdClientConfig config, Link link) {
        Set<BlockCapability> can = EnumSet.noneOf(BlockCapability.class);
        can.addAll(export.capabilities(config.map()));
        if (link.canTransfer() && config.compression() == Compression.OFF && export.minBlockBytes() <= MAX_STORED_BLOCK_BYTES) {
            can.add(BlockCapability.STORED);
        }
        return Collections.unmodifiableSet(can);
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public BlockGeometry geometry() {
        return geometry;
    }

    @Override
    public Set<BlockCapability> capabilities() {
        return capabilities;
    }

    public NbdTarget target() {
        return target;
    }

    /** What the server said about the export. */
    public NbdExport export() {
        return export;
    }

    /** False once nothing more can be asked of this device. */
    public boolean isOpen() {
        return phase == Phase.OPEN;
    }

    /** Requests taken and not completed. */
    public int requestsInFlight() {
        return live;
    }

    @Override
    public void submit(BlockRequest request) {
        request.markSubmitted();
        if (refuses(request)) {
            return;
        }
        ClientRequest taken = freeRequests.isEmpty() ? new ClientRequest() : freeRequests.pop();
        taken.set(request);
        if (request.command() == BlockCommand.TRIM && !cutter.narrowTrim(taken)) {
            freeRequests.push(taken);
            completeLater(request, BlockError.NONE, "");
            return;
        }
        live++;
        queue.add(taken);
        pump();
        flushLater();
    }

    /** Lets what was taken end, says DISC, closes. Comes to its end also if the server hangs. */
    @Override
    public void close(Runnable closed) {
        if (ended) {
            loop.execute(closed);
            return;
        }
        closedCallbacks.add(closed);
        if (phase == Phase.OPEN) {
            phase = Phase.CLOSING;
            endError = BlockError.ESHUTDOWN;
            endReason = "closed by this side";
            sayGoodbyeWhenIdle();
        }
    }

    /** Gives the connection up at once. Everything in flight ends with EIO. */
    @Override
    public void abort(String reason, Runnable closed) {
        if (ended) {
            loop.execute(closed);
            return;
        }
        closedCallbacks.add(closed);
        die(reason);
    }

    // ---------------------------------------------------------------- taking requests

    private boolean refuses(BlockRequest request) {
        BlockCommand command = request.command();
        if (phase != Phase.OPEN) {
            return refuse(request, endError, "not connected (" + endReason + ")");
        }
        boolean ranged = command != BlockCommand.FLUSH && command != BlockCommand.BARRIER;
        BlockError bad = !ranged ? BlockError.NONE
                : geometry.check(command, request.offsetBytes(), request.lengthBytes());
        if (command == BlockCommand.CHECKSUM && ((request.offsetBytes() | request.lengthBytes()) & export.minBlockBytes() - 1) != 0) {
            bad = BlockError.EINVAL;
        }
        if (request.stored() != null && (!can(BlockCapability.STORED)
                || ((request.offsetBytes() | request.lengthBytes()) & export.minBlockBytes() - 1) != 0)) {
            bad = BlockError.EINVAL;
        }
        if (bad.isError()) {
            return refuse(request, bad, "the range does not fit a device of " + geometry.sizeBytes() + " bytes");
        }
        if (command.modifies() && can(BlockCapability.READ_ONLY)) {
            return refuse(request, BlockError.EPERM, "the export is read-only");
        }
        if (isNotOffered(request)) {
            return refuse(request, BlockError.ENOTSUP, "the server does not offer it");
        }
        if (ranged && request.lengthBytes() == 0) {
            completeLater(request, BlockError.NONE, "");
            return true;
        }
        if (queue.size() >= config.maxQueued()) {
            return refuse(request, BlockError.ENOMEM, "more than " + config.maxQueued() + " requests wait");
        }
        return false;
    }

    private boolean isNotOffered(BlockRequest request) {
        BlockCommand command = request.command();
        return command == BlockCommand.FLUSH && !can(BlockCapability.FLUSH)
                || command == BlockCommand.TRIM && !can(BlockCapability.TRIM)
                || command == BlockCommand.EXTENTS && !can(BlockCapability.EXTENTS)
                || command == BlockCommand.CHECKSUM && !can(BlockCapability.CHECKSUM)
                || command == BlockCommand.BARRIER && !can(BlockCapability.BARRIER)
                || request.isFua() && command.modifies() && !can(BlockCapability.FUA)
                || (request.flags() & BlockRequest.FAST_ZERO) != 0 && command == BlockCommand.WRITE_ZEROES
                        && !can(BlockCapability.FAST_ZERO);
    }

    private boolean refuse(BlockRequest request, BlockError error, String why) {
        completeLater(request, error, name + ": " + describe(request) + ": " + why);
        return true;
    }

    private void completeLater(BlockRequest request, BlockError error, String detail) {
        loop.execute(() -> request.complete(error, detail));
    }

    private static String describe(BlockRequest request) {
        return request.command() == BlockCommand.FLUSH ? "FLUSH"
                : request.command() + " of " + request.lengthBytes() + " bytes at " + request.offsetBytes();
    }

    // ---------------------------------------------------------------- sending

    private boolean maySend() {
        return (phase == Phase.OPEN || phase == Phase.CLOSING) && !pending.isFull() && link.isWritable();
    }

    /** Sends as much as there is room for. Calls nobody but the link. */
    private void pump() {
        while (maySend()) {
            EdgeBlock writeBack = writeBacks.poll();
            if (writeBack != null) {
                sendWriteBack(writeBack);
                continue;
            }
            ClientRequest request = queue.peek();
            if (request == null || !sendPart(request)) {
                break;
            }
            if (request.isAllSent()) {
                queue.poll();
            }
        }
        armTimeout();
    }

    /** @return false if the next part has to wait */
    private boolean sendPart(ClientRequest request) {
        if (!request.started) {
            if (request.command == BlockCommand.BARRIER && edgesCreated > freeEdges.size()) {
                // the second half of a read-modify-write before it is not sent yet
                return false;
            }
            if (!locks.tryLock(request)) {
                return false;
            }
            request.started = true;
            ages.touch(request, loop.nanoTime());
        }
        if (request.command == BlockCommand.FLUSH) {
            send(request, NbdCommand.FLUSH, 0, 0, 0, null);
            return true;
        }
        if (request.command == BlockCommand.BARRIER) {
            send(request, NbdCommand.BARRIER, 0, 0, 0, null);
            return true;
        }
        if (request.command == BlockCommand.EXTENTS) {
            sendStatus(request);
            return true;
        }
        if (request.command == BlockCommand.CHECKSUM) {
            sendChecksum(request);
            return true;
        }
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
        } else if (zeroesOnWire && PayloadPacker.isZero(payload)) {
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

    /** Data of all writes so far, if compression is on; else 0. */
    public long dataBytes() {
        return packer == null ? 0 : packer.dataBytes();
    }

    /** Time that compressing has taken. */
    public long packNs() {
        return packNs;
    }

    /** What of {@link #dataBytes} went over the wire. */
    public long wireBytes() {
        return packer == null ? 0 : packer.wireBytes();
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
        EdgeBlock edge = takeEdge();
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

    private void sendWriteBack(EdgeBlock edge) {
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
        if (export.extendedHeaders()) {
            int payloadFlag = hasPayload ? CommandFlags.PAYLOAD_LEN : 0;
            RequestHeader.encodeExtended(slot.header, flags | payloadFlag, command, slot.cookie, offset, length);
        } else {
            RequestHeader.encode(slot.header, flags, command, slot.cookie, offset, length);
        }
        slot.header.flip();
        slot.buffersHeld = hasPayload ? 2 : 1;
        slot.receiptDue = (flags & CommandFlags.RECEIPT) != 0;
        owner.partsUnreceived += slot.receiptDue ? 1 : 0;
        link.write(slot.header, slot.released);
        unflushed = true;
        return slot;
    }

    /** One flush for all that is submitted in this turn of the loop. */
    private void flushLater() {
        if (unflushed && !flushScheduled) {
            flushScheduled = true;
            loop.execute(flushTask);
        }
    }

    private void flushLink() {
        flushScheduled = false;
        flushNow();
    }

    private void flushNow() {
        if (unflushed && phase != Phase.DEAD) {
            unflushed = false;
            link.flush();
        }
    }

    private EdgeBlock takeEdge() {
        if (freeEdges.isEmpty() && edgesCreated < MAX_EDGE_BLOCKS) {
            edgesCreated++;
            return new EdgeBlock(export.minBlockBytes());
        }
        return freeEdges.poll();
    }

    // ---------------------------------------------------------------- answers

    private final class ReplySink implements ReplyReader.Sink {
        @Override
        public PendingReply find(long cookie) {
            return pending.find(cookie);
        }

        @Override
        public void onReceived(PendingReply reply) {
            reply.owner.onPartReceived();
        }

        @Override
        public void onAnswered(PendingReply reply) {
            reply.answered = true;
            if (reply.isFinished()) {
                finish(reply);
            }
        }
    }

    /** The link has given back one buffer. */
    private void onReleased(PendingReply slot) {
        slot.buffersHeld--;
        if (slot.isFinished()) {
            finish(slot);
            pump();
            flushLater();
        }
    }

    /** A part is answered and its buffers are ours again. */
    private void finish(PendingReply slot) {
        ClientRequest request = slot.owner;
        EdgeBlock edge = slot.edge;
        boolean read = slot.command == NbdCommand.READ;
        BlockError error = slot.error;
        String detail = slot.detail;
        boolean receiptDue = slot.receiptDue;
        if (slot.packed != null) {
            packer.release(slot.packed);
        }
        if (slot.command == NbdCommand.BLOCK_STATUS && !error.isError()) {
            slot.status.complete();
        }
        pending.release(slot);
        request.partsInFlight--;
        ages.touch(request, loop.nanoTime());
        if (error.isError()) {
            failPart(request, edge, error, detail);
        } else if (edge != null) {
            finishEdge(request, edge, read);
        }
        if (receiptDue && !error.isError()) {
            request.onPartReceived();
        }
        if (request.isOver()) {
            complete(request);
        }
    }

    private void failPart(ClientRequest request, EdgeBlock edge, BlockError error, String detail) {
        if (edge != null) {
            freeEdges.push(edge);
        }
        fail(request, error, phase == Phase.DEAD ? detail
                : name + ": " + describe(request.request) + ": the server answered " + error + PeerText.suffix(detail));
        if (error == BlockError.ESHUTDOWN) {
            onServerShutdown();
        }
    }

    private void finishEdge(ClientRequest request, EdgeBlock edge, boolean read) {
        if (!read) {
            freeEdges.push(edge);
        } else if (!request.command.modifies()) {
            edge.copyToReader();
            freeEdges.push(edge);
        } else if (request.error().isError() || phase == Phase.DEAD) {
            // another part has failed, or nothing can be sent any more: the block stays as it is
            fail(request, BlockError.EIO, lossText(request));
            freeEdges.push(edge);
        } else {
            edge.modify();
            request.partsInFlight++;
            writeBacks.add(edge);
        }
    }

    private void complete(ClientRequest done) {
        locks.unlock(done);
        ages.remove(done);
        live--;
        BlockRequest request = done.request;
        BlockError error = done.error();
        String detail = done.detail();
        done.clear();
        freeRequests.push(done);
        request.complete(error, detail);
        sayGoodbyeWhenIdle();
    }

    // ---------------------------------------------------------------- time

    private void armTimeout() {
        if (timeoutTimer == null && ages.oldest() != null && phase != Phase.DEAD) {
            timeoutTimer = loop.schedule(config.requestTimeoutNs(), timeoutTask);
        }
    }

    private void onTimeoutTimer() {
        timeoutTimer = null;
        ClientRequest oldest = ages.oldest();
        if (oldest == null || phase == Phase.DEAD) {
            return;
        }
        long waitedNs = loop.nanoTime() - oldest.progressNs;
        if (waitedNs >= config.requestTimeoutNs()) {
            die("no answer to " + describe(oldest.request) + " for " + waitedNs / 1_000_000 + " ms");
        } else {
            timeoutTimer = loop.schedule(config.requestTimeoutNs() - waitedNs, timeoutTask);
        }
    }

    // ---------------------------------------------------------------- the end

    /** The server takes no more commands: what it has is waited for, the rest is not sent. */
    private void onServerShutdown() {
        if (phase != Phase.OPEN) {
            return;
        }
        phase = Phase.CLOSING;
        endError = BlockError.ESHUTDOWN;
        endReason = "the server is shutting down";
        dropUnsent();
    }

    private void sayGoodbyeWhenIdle() {
        if (phase == Phase.CLOSING && live == 0) {
            phase = Phase.DISC_SENT;
            reader.stop();
            ByteBuffer disc = ByteBuffer.allocate(NbdConstants.EXTENDED_HEADER_BYTES);
            if (export.extendedHeaders()) {
                RequestHeader.encodeExtended(disc, 0, NbdCommand.DISC, 0, 0, 0);
            } else {
                RequestHeader.encode(disc, 0, NbdCommand.DISC, 0, 0, 0);
            }
            link.write(disc.flip(), null);
            unflushed = false;
            link.flush();
            link.close();
            closeTimer = loop.schedule(config.handshakeTimeoutNs(), link::abort);
        } else {
            endWhenIdle();
        }
    }

    private void die(String reason) {
        if (phase == Phase.DEAD) {
            return;
        }
        if (phase == Phase.OPEN) {
            endReason = reason;
            endError = BlockError.EIO;
        }
        boolean parting = phase == Phase.DISC_SENT;
        phase = Phase.DEAD;
        if (!parting && !endReason.equals(reason)) {
            endReason = endReason + "; then " + reason;
        }
        reader.stop();
        if (!linkClosed) {
            link.abort();
            loop.execute(this::failEverything);
        }
    }

    /** Ends every request; those whose buffers the link still holds end when it gives them back. */
    private void failEverything() {
        dropUnsent();
        for (int i = 0; i < pending.capacity(); i++) {
            PendingReply slot = pending.slot(i);
            if (slot.inUse && !slot.answered) {
                slot.answered = true;
                slot.noteError(BlockError.EIO, lossText(slot.owner));
                if (slot.isFinished()) {
                    finish(slot);
                }
            }
        }
        endWhenIdle();
    }

    private String lossText(ClientRequest request) {
        return name + ": " + describe(request.request) + ": connection given up (" + endReason
                + ") before its answer; the server may or may not have carried it out";
    }

    /** Ends what no byte of has been sent, and the unsent rest of what has been sent in part. */
    private void dropUnsent() {
        for (ClientRequest request = queue.peek(); request != null; request = queue.peek()) {
            fail(request, endError, request.started ? lossText(request)
                    : name + ": " + describe(request.request) + ": not sent (" + endReason + ")");
            if (request.isOver()) {
                complete(request);
            }
        }
        for (EdgeBlock edge = writeBacks.poll(); edge != null; edge = writeBacks.poll()) {
            ClientRequest request = edge.owner;
            request.partsInFlight--;
            freeEdges.push(edge);
            fail(request, endError, lossText(request));
            if (request.isOver()) {
                complete(request);
            }
        }
    }

    /** The rest of it is not sent; it is over when its parts on the wire are. */
    private void fail(ClientRequest request, BlockError error, String detail) {
        request.fail(error, detail);
        if (queue.peek() == request) {
            queue.poll();
        }
    }

    private void endWhenIdle() {
        if (ended || !linkClosed || live > 0) {
            return;
        }
        ended = true;
        cancel(timeoutTimer);
        cancel(closeTimer);
        listener.onDisconnected(name + ": " + endReason);
        closedCallbacks.forEach(Runnable::run);
        closedCallbacks.clear();
    }

    private static void cancel(EventLoop.Timer timer) {
        if (timer != null) {
            timer.cancel();
        }
    }

    /** What the link tells us once the handshake is over. */
    LinkHandler handler() {
        return new LinkHandler() {
            @Override
            public void onOpen(Link opened) {
                throw new IllegalStateException("the link was open before the device was made");
            }

            @Override
            public void onBytes(ByteBuffer bytes) {
                onBytesFromServer(bytes);
            }

            @Override
            public void onWritable() {
                pump();
                flushNow();
            }

            @Override
            public void onClosed(String reason) {
                onLinkClosed(reason);
            }
        };
    }

    private void onBytesFromServer(ByteBuffer bytes) {
        try {
            reader.onBytes(bytes);
        } catch (NbdFormatException e) {
            bytes.position(bytes.limit());
            die("the server breaks the protocol: " + e.getMessage());
            return;
        }
        pump();
        flushNow();
    }

    private void onLinkClosed(String reason) {
        linkClosed = true;
        die("connection lost: " + reason);
        failEverything();
    }
}
