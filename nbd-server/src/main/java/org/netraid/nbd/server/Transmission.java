/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.nbd.server;

import java.nio.ByteBuffer;
import org.netraid.block.BlockCapability;
import org.netraid.block.BlockCommand;
import org.netraid.block.BlockError;
import org.netraid.nbd.wire.CommandFlags;
import org.netraid.nbd.wire.Extension;
import org.netraid.nbd.wire.NbdCommand;
import org.netraid.nbd.wire.NbdConstants;
import org.netraid.nbd.wire.RequestHeader;

/**
 * The transmission phase of one client: reads requests, gives them to the device, sends the replies in the order in which
 * the device ends them. A WRITE goes to the device only when its payload has arrived whole. A request is taken up only
 * with a free slot, memory for its payload and a link that takes bytes; otherwise the socket is not read.
 * Source: NBD protocol, "Transmission".
 */
final class Transmission implements NbdServerSession.Phase {

    private enum State {
        /** Waiting for 28 bytes, or 32. */
        HEADER,
        /** Reading how long the data of a compressed WRITE is. */
        COMPRESSED,
        /** A request is decoded and lacks something to begin with. */
        HELD,
        /** Copying a WRITE's payload. */
        PAYLOAD,
        /** Reading which metadata contexts a BLOCK_STATUS wants. */
        FILTER,
        /** Throwing away the payload of a refused request. */
        SKIP
    }

    /** Payloads at least this long are received in place; shorter ones cost less in one read with their neighbours. */
    private static final int MIN_PLACED_BYTES = 32 << 10;
    /** Work given to the device in one turn; then the replies go first, so that the client does not wait for all of it. */
    private static final int MAX_TURN_BYTES = 256 << 10;

    private final NbdServerSession session;
    private final NbdService service;
    private final Export export;
    private final RequestRules rules;
    private final Negotiated negotiated;
    private final RequestHeader request = new RequestHeader();
    private final ByteBuffer head = ByteBuffer.allocate(NbdConstants.EXTENDED_HEADER_BYTES);
    private final ByteBuffer replyHeads;
    private final int slotHeadBytes;
    private final int headerBytes;
    /** What the client was told is received, or ordered, is carried out to its end, also if the client has gone. */
    private final boolean outlivesLink;
    private final OrderedStream order = new OrderedStream(new Held());
    private final StatusFilter filter;
    private final CompressedHead compressed = new CompressedHead();
    private State state = State.HEADER;
    /** The request whose payload is being read or skipped. */
    private RequestSlot current;
    private long skipBytes;
    private RequestSlot freeSlots;
    private int slotsMade;
    private int slotsInUse;
    private int withDevice;
    private long bytesInFlight;
    private long bytesQueued;
    private long lastProgressNs;
    private long turnBytes;

    Transmission(NbdServerSession session, NbdService service, Export export, Negotiated negotiated) {
        this.session = session;
        this.service = service;
        this.export = export;
        this.negotiated = negotiated;
        this.headerBytes = negotiated.extended() ? NbdConstants.EXTENDED_HEADER_BYTES : NbdConstants.REQUEST_BYTES;
        head.limit(headerBytes);
        this.filter = new StatusFilter(negotiated.contexts());
        this.rules = new RequestRules(export, negotiated);
        this.slotHeadBytes = RequestSlot.HEAD_BYTES
                + (negotiated.contexts().has(Extension.RECEIPT) ? NbdConstants.EXTENDED_HEADER_BYTES : 0);
        this.replyHeads = ByteBuffer.allocateDirect(service.limits().maxRequestsInFlight() * slotHeadBytes);
        this.outlivesLink = negotiated.contexts().has(Extension.RECEIPT) || negotiated.contexts().has(Extension.ORDER);
    }

    // ---- input

    @Override
    public void consume(ByteBuffer in) {
        turnBytes = 0;
        while (in.hasRemaining() && !session.isPaused() && !session.isEnding()) {
            switch (state) {
                case HEADER -> {
                    if (readHeader(in)) {
                        afterHeader();
                    }
                }
                case COMPRESSED -> {
                    if (compressed.fill(in, request)) {
                        begin();
                    }
                }
                case HELD -> begin();
                case PAYLOAD -> readPayload(in);
                case FILTER -> readFilter(in);
                case SKIP -> skipPayload(in);
                default -> throw new IllegalStateException(state.toString());
            }
        }
    }

    @Override
    public boolean proceed() {
        turnBytes = 0;
        return state != State.HELD || begin();
    }

    private boolean readHeader(ByteBuffer in) {
        boolean intact;
        if (head.position() == 0 && in.remaining() >= headerBytes) {
            intact = decode(in);
        } else if (Handshake.fill(head, in)) {
            intact = decode(head.flip());
            head.clear().limit(headerBytes);
        } else {
            return false;
        }
        if (!intact) {
            session.abort("wrong request magic");
        }
        return intact;
    }

    private boolean decode(ByteBuffer from) {
        return negotiated.extended() ? request.decodeExtended(from) : request.decode(from);
    }

    private void afterHeader() {
        compressed.reset();
        if (CompressedHead.isFor(request, negotiated) && compressed.expect(request.lengthBytes())) {
            state = State.COMPRESSED;
        } else {
            begin();
        }
    }

    /** Starts the decoded request; false if the session is paused for want of something. */
    private boolean begin() {
        if (request.type() == NbdCommand.DISC) {
            session.endAfterRequests("the client disconnected");
            return true;
        }
        long payloadBytes = compressed.isActive() ? compressed.payloadLeftBytes() : request.payloadBytes();
        if (negotiated.extended() && Long.compareUnsigned(payloadBytes, NbdConstants.DEFAULT_MAX_PAYLOAD_BYTES) > 0) {
            session.abort("a payload of " + Long.toUnsignedString(payloadBytes) + " bytes");
            return true;
        }
        if (!session.isWritable() || slotsInUse == service.limits().maxRequestsInFlight()) {
            return hold();
        }
        BlockError error = service.isStopping() ? BlockError.ESHUTDOWN : rules.check(request);
        if (compressed.isActive() && !compressed.isPlausible() && error == BlockError.NONE) {
            error = BlockError.EINVAL;
        }
        BufferPool.Buffer data = null;
        int memoryBytes = error == BlockError.NONE ? RequestRules.memoryBytes(request) + compressed.blockBytes() : 0;
        if (memoryBytes > 0) {
            data = takeMemory(memoryBytes);
            if (data == null) {
                return false;
            }
        }
        state = State.HEADER;
        RequestSlot slot = takeSlot();
        slot.begin(request, data);
        if (payloadBytes > 0) {
            expectPayload(slot, payloadBytes, error);
        } else if (error == BlockError.NONE) {
            start(slot);
        } else {
            refuse(slot, error);
        }
        return true;
    }

    private void expectPayload(RequestSlot slot, long payloadBytes, BlockError error) {
        current = slot;
        slot.refusal = error;
        if (error != BlockError.NONE) {
            skipBytes = payloadBytes;
            state = State.SKIP;
        } else if (slot.type == NbdCommand.WRITE) {
            state = State.PAYLOAD;
        } else if (slot.type == NbdCommand.WRITE_LZ4) {
            // the block goes behind the room for the data
            slot.data.bytes.position((int) slot.lengthBytes);
            state = State.PAYLOAD;
        } else {
            filter.expect((int) payloadBytes);
            state = State.FILTER;
        }
    }

    private BufferPool.Buffer takeMemory(int lengthBytes) {
        if (bytesInFlight > 0 && bytesInFlight + lengthBytes > service.limits().maxBytesInFlight()) {
            hold();
            return null;
        }
        BufferPool.Buffer data = service.pool().take(lengthBytes, session.memoryWaiter);
        if (data == null) {
            state = State.HELD;
            session.pause();
            service.onMemoryWait();
        } else {
            bytesInFlight += data.sizeBytes;
        }
        return data;
    }

    /** Holds the request up for something other than memory; others must not wait in line behind this session. */
    private boolean hold() {
        service.pool().leaveLine(session.memoryWaiter);
        state = State.HELD;
        session.pause();
        return false;
    }

    private void readPayload(ByteBuffer in) {
        lastProgressNs = service.loop().nanoTime();
        if (Handshake.fill(current.data.bytes, in)) {
            onPayload();
        }
    }

    /** Room for what is missing of a long payload, so that the link can put it there itself. */
    ByteBuffer receiveBuffer() {
        boolean longEnough = state == State.PAYLOAD && current.data.bytes.remaining() >= MIN_PLACED_BYTES;
        return longEnough ? current.data.bytes : null;
    }

    void onReceived(int countBytes) {
        ByteBuffer into = current.data.bytes;
        into.position(into.position() + countBytes);
        lastProgressNs = service.loop().nanoTime();
        if (!into.hasRemaining()) {
            onPayload();
        }
    }

    private void onPayload() {
        RequestSlot slot = current;
        current = null;
        state = State.HEADER;
        if (slot.type != NbdCommand.WRITE_LZ4) {
            slot.data.bytes.flip();
        } else if (!slot.inflate()) {
            order.onRefused(slot.type);
            slot.reply(BlockError.EINVAL, "the compressed payload is damaged: it is not the " + slot.lengthBytes
                    + " bytes it announces; nothing was written");
            return;
        }
        start(slot);
    }

    private void readFilter(ByteBuffer in) {
        if (!filter.fill(in)) {
            return;
        }
        RequestSlot slot = current;
        current = null;
        state = State.HEADER;
        slot.lengthBytes = filter.lengthBytes();
        int wanted = filter.wanted();
        boolean known = wanted != -1;
        BlockError error = known ? rules.checkStatusRange(slot.offsetBytes(), slot.lengthBytes) : BlockError.EINVAL;
        if (error.isError()) {
            slot.reply(error, known ? rules.explain(slot) : "BLOCK_STATUS names a metadata context that is not selected, or one twice");
        } else if (wanted == 0) {
            slot.replyNothing();
        } else {
            startStatus(slot, wanted);
        }
    }

    private void skipPayload(ByteBuffer in) {
        int step = (int) Math.min(skipBytes, in.remaining());
        in.position(in.position() + step);
        skipBytes -= step;
        if (skipBytes == 0) {
            RequestSlot slot = current;
            current = null;
            state = State.HEADER;
            refuse(slot, slot.refusal);
        }
    }

    // ---- requests

    private void start(RequestSlot slot) {
        BlockCommand command = RequestRules.commandOf(slot.type);
        boolean nothingToDo = command == null || command != BlockCommand.FLUSH && slot.lengthBytes == 0;
        if (nothingToDo && slot.type != NbdCommand.BARRIER) {
            slot.reply(BlockError.NONE, "");
            return;
        }
        if (command == BlockCommand.EXTENTS) {
            startStatus(slot, negotiated.contexts().mask());
            return;
        }
        withDevice++;
        turnBytes += slot.data == null ? 0 : slot.lengthBytes;
        if (turnBytes >= MAX_TURN_BYTES && state == State.HEADER && !session.isPaused()) {
            session.yieldTurn();
        }
        if ((slot.flags() & CommandFlags.RECEIPT) != 0 && RequestRules.modifies(slot.type) && !order.isBroken()) {
            slot.acknowledge();
        }
        if (order.holds(slot.type)) {
            order.hold(slot);
        } else {
            run(slot);
        }
    }

    private void run(RequestSlot slot) {
        order.onStarted(slot.type);
        slot.submit(RequestRules.commandOf(slot.type), export.device());
    }

    /** What barriers hold back counts as with the device: it will be carried out even if the client is gone. */
    private final class Held implements OrderedStream.Owner {
        @Override
        public void runHeld(RequestSlot slot) {
            run(slot);
        }

        @Override
        public void endHeld(RequestSlot slot, boolean broken) {
            withDevice--;
            slot.reply(broken ? BlockError.EIO : BlockError.NONE, "a modification before the last barrier has failed; nothing behind"
                    + " it is carried out on this connection");
            session.onRequestDone();
        }
    }

    /** Only base:allocation is the device's business; a device that does not know its holes is not asked. */
    private void startStatus(RequestSlot slot, int wanted) {
        BlockError error = slot.gatherStatus(negotiated.contexts(), wanted);
        if (error.isError()) {
            slot.reply(error, "a selected metadata context has no answer any more");
        } else if (!ContextSelection.hasAllocation(wanted)) {
            slot.reply(BlockError.NONE, "");
        } else if (!export.device().can(BlockCapability.EXTENTS)) {
            slot.replyAllData();
        } else {
            withDevice++;
            slot.submit(BlockCommand.EXTENTS, export.device());
        }
    }

    private void refuse(RequestSlot slot, BlockError error) {
        order.onRefused(slot.type);
        slot.reply(error, error == BlockError.ESHUTDOWN ? "the server is shutting down" : rules.explain(slot));
    }

    /** The device has given the slot's request back for good. */
    void onDeviceDone(RequestSlot slot, BlockError error, String detail) {
        withDevice--;
        if (error.isError() && error != BlockError.ENOTSUP) {
            service.events().onDeviceError(session.peer(), export, detail);
        }
        int type = slot.type;
        slot.reply(error, detail);
        order.onEnded(type, error.isError());
        session.onRequestDone();
    }

    // ---- slots and accounts

    private RequestSlot takeSlot() {
        RequestSlot slot = freeSlots;
        if (slot != null) {
            freeSlots = slot.next;
            slot.next = null;
        } else {
            slot = new RequestSlot(this, replyHeads.slice(slotsMade * slotHeadBytes, slotHeadBytes));
            slotsMade++;
        }
        slotsInUse++;
        return slot;
    }

    /** The reply has left, or will never leave. */
    void recycle(RequestSlot slot) {
        if (slot.data != null) {
            bytesInFlight -= slot.data.sizeBytes;
            if (slot.isQueued()) {
                bytesQueued -= slot.data.sizeBytes;
                lastProgressNs = service.loop().nanoTime();
            }
            service.pool().release(slot.data);
            slot.data = null;
        }
        slot.next = freeSlots;
        freeSlots = slot;
        slotsInUse--;
        session.resumeSoon();
    }

    /** The slot's data waits in the link for the client to take it. */
    void onQueued(RequestSlot slot) {
        if (bytesQueued == 0) {
            lastProgressNs = service.loop().nanoTime();
        }
        bytesQueued += slot.data.sizeBytes;
    }

    void onLinkClosed() {
        service.pool().leaveLine(session.memoryWaiter);
        if (current != null) {
            // half a payload is never applied
            recycle(current);
            current = null;
        }
    }

    NbdServerSession session() {
        return session;
    }

    boolean outlivesLink() {
        return outlivesLink;
    }

    boolean isExtended() {
        return negotiated.extended();
    }

    boolean isStructured() {
        return negotiated.structured();
    }

    int requestsWithDevice() {
        return withDevice;
    }

    int requestsInFlight() {
        return slotsInUse;
    }

    long bytesHeldByClient() {
        return bytesQueued + (current != null && current.data != null ? current.data.sizeBytes : 0);
    }

    long lastProgressNs() {
        return lastProgressNs;
    }
}
