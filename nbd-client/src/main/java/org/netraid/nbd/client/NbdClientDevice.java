/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.nbd.client;

import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Set;
import org.netraid.block.BlockCapability;
import org.netraid.block.BlockCommand;
import org.netraid.block.BlockDevice;
import org.netraid.block.BlockError;
import org.netraid.block.BlockGeometry;
import org.netraid.block.BlockRequest;
import org.netraid.link.Link;
import org.netraid.link.LinkHandler;
import org.netraid.nbd.wire.NbdFormatException;
import org.netraid.time.EventLoop;

/**
 * One export over one connection, in the transmission phase. Comes from {@link NbdConnector#connect} and lives as long as its
 * connection ({@link DeviceLife}): after a loss it is dead and its requests end with EIO; nothing is replayed.
 *
 * <p>Every request taken is completed exactly once, and not before the link has given back its buffers. All on one event loop.
 * Requests are pipelined, in any number; what exceeds {@link NbdClientConfig#maxInFlight} waits here.
 *
 * <p>FLUSH covers the modifications whose completion its submitter has seen before, no others.
 */
public final class NbdClientDevice implements BlockDevice {

    private final NbdTarget target;
    private final NbdExport export;
    private final NbdClientConfig config;
    private final EventLoop loop;
    private final String name;
    private final BlockGeometry geometry;
    private final RequestChecks checks;

    private final PendingReplies pending;
    private final ReplyReader reader;
    private final EdgeBlocks edges;
    private final PartSender sender;
    private final AlignmentLocks locks;
    private final RequestAges ages = new RequestAges();
    private final DeviceLife life;
    private final Patience patience;
    private final PartAnswers answers;
    /** Taken, and not yet sent whole; only the first may be sent in part. */
    private final ArrayDeque<ClientRequest> queue = new ArrayDeque<>();
    /** Second halves of read-modify-writes; they go before the queue, since the queue may wait for them. */
    private final ArrayDeque<EdgeBlock> writeBacks = new ArrayDeque<>();
    private final ArrayDeque<ClientRequest> freeRequests = new ArrayDeque<>();
    private int live;

    NbdClientDevice(NbdTarget target, NbdExport export, NbdClientConfig config, int connectionNumber,
            EventLoop loop, Link link, NbdConnectionListener listener) {
        this.target = target;
        this.export = export;
        this.config = config;
        this.loop = loop;
        this.life = new DeviceLife(this, config, loop, link, listener);
        this.patience = new Patience(loop, ages, config.requestTimeoutNs(), this::onTimeout);
        this.name = target.toString();
        this.geometry = export.geometry();
        this.checks = new RequestChecks(export, config, link);
        this.pending = new PendingReplies(config.maxInFlight(), connectionNumber, this::onReleased);
        this.edges = new EdgeBlocks(export.minBlockBytes());
        this.sender = new PartSender(export, config, loop, link, pending, edges,
                export.offered().contains(BlockCapability.WRITE_ZEROES));
        this.answers = new PartAnswers(this, pending, edges, ages, loop, sender);
        this.reader = new ReplyReader(answers, export, config.map());
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
        return life.isOpen();
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
        life.close(closed);
    }

    /** Gives the connection up at once. Everything in flight ends with EIO. */
    @Override
    public void abort(String reason, Runnable closed) {
        life.abort(reason, closed);
    }

    /**
     * How long a request may wait for progress from now on, those included that wait already; the connection is given up after that,
     * though never inside this call. For who hears by another way that the server is silent. Not longer than the configured timeout.
     */
    public void limitPatience(long timeoutNs) {
        patience.limit(timeoutNs);
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

    // ---------------------------------------------------------------- taking requests

    /** True if the request is not taken, but completed with the reason; or has nothing to do. */
    private boolean refuses(BlockRequest request) {
        if (!life.isOpen()) {
            return refuse(request, life.endError(), "not connected (" + life.endReason() + ")");
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

    /** Sends as much as there is room for. Calls nobody but the link. */
    void pump() {
        while (life.maySend() && sender.canSend()) {
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
        patience.arm();
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

    /** The second half of a read-modify-write is due; goes with the next {@link #pump}. */
    void writeBack(EdgeBlock edge) {
        writeBacks.add(edge);
    }

    // ---------------------------------------------------------------- the end of a request

    void complete(ClientRequest done) {
        locks.unlock(done);
        ages.remove(done);
        live--;
        BlockRequest request = done.request;
        BlockError error = done.error();
        String detail = done.detail();
        done.clear();
        freeRequests.push(done);
        request.complete(error, detail);
        life.sayGoodbyeWhenIdle();
    }

    /** The rest of it is not sent; it is over when its parts on the wire are. */
    void fail(ClientRequest request, BlockError error, String detail) {
        request.fail(error, detail);
        if (queue.peek() == request) {
            queue.poll();
        }
    }

    // ---------------------------------------------------------------- the end of the connection, for DeviceLife

    DeviceLife life() {
        return life;
    }

    void sayGoodbye() {
        reader.stop();
        sender.sendDisconnect();
    }

    void stopTransmission() {
        reader.stop();
        sender.stop();
        patience.stop();
    }

    void cancelPatience() {
        patience.cancel();
    }

    /** Ends every request; those whose buffers the link still holds end when it gives them back. */
    void failEverything() {
        dropUnsent();
        for (int i = 0; i < pending.capacity(); i++) {
            PendingReply slot = pending.slot(i);
            if (slot.inUse && !slot.answered) {
                slot.answered = true;
                slot.noteError(BlockError.EIO, lossText(slot.owner));
                if (slot.isFinished()) {
                    answers.finish(slot);
                }
            }
        }
        life.endWhenIdle();
    }

    /** Ends what no byte of has been sent, and the unsent rest of what has been sent in part. */
    void dropUnsent() {
        for (ClientRequest request = queue.peek(); request != null; request = queue.peek()) {
            fail(request, life.endError(), request.started ? lossText(request)
                    : name + ": " + RequestChecks.describe(request.request) + ": not sent (" + life.endReason() + ")");
            if (request.isOver()) {
                complete(request);
            }
        }
        for (EdgeBlock edge = writeBacks.poll(); edge != null; edge = writeBacks.poll()) {
            ClientRequest request = edge.owner;
            request.partsInFlight--;
            edges.release(edge);
            fail(request, life.endError(), lossText(request));
            if (request.isOver()) {
                complete(request);
            }
        }
    }

    String lossText(ClientRequest request) {
        return name + ": " + RequestChecks.describe(request.request) + ": connection given up (" + life.endReason()
                + ") before its answer; the server may or may not have carried it out";
    }

    private void onTimeout(long waitedNs) {
        life.die("no answer to " + RequestChecks.describe(ages.oldest().request) + " for " + waitedNs / 1_000_000 + " ms");
    }

    // ---------------------------------------------------------------- what the link says

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
                life.onLinkClosed(reason);
            }
        };
    }

    private void onBytesFromServer(ByteBuffer bytes) {
        try {
            reader.onBytes(bytes);
        } catch (NbdFormatException e) {
            bytes.position(bytes.limit());
            life.die("the server breaks the protocol: " + e.getMessage());
            return;
        }
        pump();
        sender.flushNow();
    }

    private void onReleased(PendingReply slot) {
        answers.onReleased(slot);
    }
}
