/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.nbd.client;

import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.netraid.block.BlockCapability;
import org.netraid.block.BlockCommand;
import org.netraid.block.BlockDevice;
import org.netraid.block.BlockError;
import org.netraid.block.BlockGeometry;
import org.netraid.block.BlockRequest;
import org.netraid.link.Link;
import org.netraid.link.LinkHandler;
import org.netraid.nbd.wire.NbdCommand;
import org.netraid.nbd.wire.NbdFormatException;
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

    private enum Phase { OPEN, CLOSING, DISC_SENT, DEAD }

    private final NbdTarget target;
    private final NbdExport export;
    private final NbdClientConfig config;
    private final EventLoop loop;
    private final Link link;
    private final NbdConnectionListener listener;
    private final String name;
    private final BlockGeometry geometry;
    private final RequestChecks checks;

    private final PendingReplies pending;
    private final ReplyReader reader;
    private final EdgeBlocks edges;
    private final PartSender sender;
    private final AlignmentLocks locks;
    private final RequestAges ages = new RequestAges();
    /** Taken, and not yet sent whole; only the first may be sent in part. */
    private final ArrayDeque<ClientRequest> queue = new ArrayDeque<>();
    /** Second halves of read-modify-writes; they go before the queue, since the queue may wait for them. */
    private final ArrayDeque<EdgeBlock> writeBacks = new ArrayDeque<>();
    private final ArrayDeque<ClientRequest> freeRequests = new ArrayDeque<>();
    private final List<Runnable> closedCallbacks = new ArrayList<>();
    private final Runnable timeoutTask = this::onTimeoutTimer;

    private Phase phase = Phase.OPEN;
    private String endReason = "";
    private BlockError endError = BlockError.EIO;
    private int live;
    private EventLoop.Timer timeoutTimer;
    private long patienceNs;
    private EventLoop.Timer closeTimer;
    private boolean linkClosed;
    private boolean ended;

    NbdClientDevice(NbdTarget target, NbdExport export, NbdClientConfig config, int connectionNumber,
            EventLoop loop, Link link, NbdConnectionListener listener) {
        this.target = target;
        this.export = export;
        this.config = config;
        this.patienceNs = config.requestTimeoutNs();
        this.loop = loop;
        this.link = link;
        this.listener = listener;
        this.name = target.toString();
        this.geometry = export.geometry();
        this.checks = new RequestChecks(export, config, link);
        this.pending = new PendingReplies(config.maxInFlight(), connectionNumber, this::onReleased);
        this.reader = new ReplyReader(new ReplySink(), export, config.map());
        this.edges = new EdgeBlocks(export.minBlockBytes());
        this.sender = new PartSender(export, config, loop, link, pending, edges,
                export.offered().contains(BlockCapability.WRITE_ZEROES));
        this.locks = new AlignmentLocks(export.minBlockBytes());
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
        return checks.capabilities();
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
        if (request.command() == BlockCommand.TRIM && !sender.narrowTrim(taken)) {
            freeRequests.push(taken);
            completeLater(request, BlockError.NONE, "");
            return;
        }
        live++;
        queue.add(taken);
        pump();
        sender.flushLater();
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

    /** True if the request is not taken, but completed with the reason; or has nothing to do. */
    private boolean refuses(BlockRequest request) {
        if (phase != Phase.OPEN) {
            return refuse(request, endError, "not connected (" + endReason + ")");
        }
        RequestChecks.Refusal refusal = checks.check(request);
        if (refusal != null) {
            return refuse(request, refusal.error(), refusal.why());
        }
        if (RequestChecks.hasRange(request) && request.lengthBytes() == 0) {
            completeLater(request, BlockError.NONE, "");
            return true;
        }
        if (queue.size() >= config.maxQueued()) {
            return refuse(request, BlockError.ENOMEM, "more than " + config.maxQueued() + " requests wait");
        }
        return false;
    }

    private boolean refuse(BlockRequest request, BlockError error, String why) {
        completeLater(request, error, name + ": " + RequestChecks.describe(request) + ": " + why);
        return true;
    }

    private void completeLater(BlockRequest request, BlockError error, String detail) {
        loop.execute(() -> request.complete(error, detail));
    }

    // ---------------------------------------------------------------- sending

    private boolean maySend() {
        return (phase == Phase.OPEN || phase == Phase.CLOSING) && sender.canSend();
    }

    /** Sends as much as there is room for. Calls nobody but the link. */
    private void pump() {
        while (maySend()) {
            EdgeBlock writeBack = writeBacks.poll();
            if (writeBack != null) {
                sender.sendWriteBack(writeBack);
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
            if (request.command == BlockCommand.BARRIER && edges.isAnyInUse()) {
                // the second half of a read-modify-write before it is not sent yet
                return false;
            }
            if (!locks.tryLock(request)) {
                return false;
            }
            request.started = true;
            ages.touch(request, loop.nanoTime());
        }
        return sender.sendPart(request);
    }

    /** Data of all writes so far, if compression is on; else 0. */
    public long dataBytes() {
        return sender.dataBytes();
    }

    /** Time that compressing has taken. */
    public long packNs() {
        return sender.packNs();
    }

    /** What of {@link #dataBytes} went over the wire. */
    public long wireBytes() {
        return sender.wireBytes();
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
            sender.flushLater();
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
            sender.release(slot.packed);
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
            edges.release(edge);
        }
        fail(request, error, phase == Phase.DEAD ? detail
                : name + ": " + RequestChecks.describe(request.request) + ": the server answered " + error + PeerText.suffix(detail));
        if (error == BlockError.ESHUTDOWN) {
            onServerShutdown();
        }
    }

    private void finishEdge(ClientRequest request, EdgeBlock edge, boolean read) {
        if (!read) {
            edges.release(edge);
        } else if (!request.command.modifies()) {
            edge.copyToReader();
            edges.release(edge);
        } else if (request.error().isError() || phase == Phase.DEAD) {
            // another part has failed, or nothing can be sent any more: the block stays as it is
            fail(request, BlockError.EIO, lossText(request));
            edges.release(edge);
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

    /**
     * How long a request may wait for progress from now on, those included that wait already; the connection is given up after that,
     * though never inside this call. For who hears by another way that the server is silent. Not longer than the configured timeout.
     */
    public void limitPatience(long timeoutNs) {
        patienceNs = Math.min(timeoutNs, config.requestTimeoutNs());
        cancel(timeoutTimer);
        timeoutTimer = null;
        if (ages.oldest() != null && phase != Phase.DEAD) {
            timeoutTimer = loop.schedule(Math.max(0, patienceNs - (loop.nanoTime() - ages.oldest().progressNs)), timeoutTask);
        }
    }

    private void armTimeout() {
        if (timeoutTimer == null && ages.oldest() != null && phase != Phase.DEAD) {
            timeoutTimer = loop.schedule(patienceNs, timeoutTask);
        }
    }

    private void onTimeoutTimer() {
        timeoutTimer = null;
        ClientRequest oldest = ages.oldest();
        if (oldest == null || phase == Phase.DEAD) {
            return;
        }
        long waitedNs = loop.nanoTime() - oldest.progressNs;
        if (waitedNs >= patienceNs) {
            die("no answer to " + RequestChecks.describe(oldest.request) + " for " + waitedNs / 1_000_000 + " ms");
        } else {
            timeoutTimer = loop.schedule(patienceNs - waitedNs, timeoutTask);
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
            sender.sendDisconnect();
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
        sender.stop();
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
        return name + ": " + RequestChecks.describe(request.request) + ": connection given up (" + endReason
                + ") before its answer; the server may or may not have carried it out";
    }

    /** Ends what no byte of has been sent, and the unsent rest of what has been sent in part. */
    private void dropUnsent() {
        for (ClientRequest request = queue.peek(); request != null; request = queue.peek()) {
            fail(request, endError, request.started ? lossText(request)
                    : name + ": " + RequestChecks.describe(request.request) + ": not sent (" + endReason + ")");
            if (request.isOver()) {
                complete(request);
            }
        }
        for (EdgeBlock edge = writeBacks.poll(); edge != null; edge = writeBacks.poll()) {
            ClientRequest request = edge.owner;
            request.partsInFlight--;
            edges.release(edge);
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
                sender.flushNow();
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
        sender.flushNow();
    }

    private void onLinkClosed(String reason) {
        linkClosed = true;
        die("connection lost: " + reason);
        failEverything();
    }
}
