/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.sim;

import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Arrays;

import org.netraid.link.Link;
import org.netraid.link.LinkHandler;
import org.netraid.link.LinkTls;

/**
 * One end of a {@link SimConnection}. What this end writes goes: queue, (flush) segments under way, the peer's receive buffer,
 * the peer's handler. A segment may be any number of bytes and arrives after all earlier ones.
 */
public final class SimLink implements Link {

    private enum State { CONNECTING, OPEN, CLOSING, DEAD }

    /** A written buffer that has not all left yet. */
    private static final class Outgoing {
        final ByteBuffer bytes;
        final Runnable released;
        final boolean secure;

        Outgoing(ByteBuffer bytes, Runnable released, boolean secure) {
            this.bytes = bytes;
            this.released = released;
            this.secure = secure;
        }
    }

    private final SimConnection connection;
    private final SimNetwork network;
    private final SimScheduler scheduler;
    private final String node;
    private final SimLoop loop;
    private final String peerName;
    private final String arriveLabel;
    private SimLink peer;
    private LinkHandler handler;
    private State state = State.CONNECTING;

    // sending
    private final ArrayDeque<Outgoing> queue = new ArrayDeque<>();
    private final SimTlsSide tls = new SimTlsSide(this);
    private int flushedCount;
    private long queuedBytes;
    private int unacknowledged;
    private int stalledAcknowledged;
    private boolean unwritable;
    private final ArrayDeque<byte[]> underWay = new ArrayDeque<>();
    private int arrivalsDue;
    private long lastArrivalNs;
    private boolean pumpPending;
    private boolean finSent;
    private long sentBytes;
    private long deliveredBytes;
    private long resetAfterBytes = Long.MAX_VALUE;
    /** The armed reset has struck: whatever would follow in the stream is lost, not only this segment's rest. */
    private boolean cutOff;

    // receiving
    private ByteBuffer received = ByteBuffer.allocate(0);
    private boolean reading = true;
    private boolean deliveryPending;
    private boolean finReceived;
    /** Set when the peer's death is on its way here but a partition holds it. */
    private String heldReset;

    SimLink(SimConnection connection, String node, SimLoop loop, String peerName) {
        this.connection = connection;
        this.network = connection.network();
        this.scheduler = network.scheduler();
        this.node = node;
        this.loop = loop;
        this.peerName = peerName;
        this.arriveLabel = node + ".sent";
    }

    void join(SimLink other) {
        peer = other;
    }

    public String node() {
        return node;
    }

    boolean isDead() {
        return state == State.DEAD;
    }

    long deliveredBytes() {
        return deliveredBytes;
    }

    void armReset(long bytes) {
        resetAfterBytes = bytes;
    }

    // ---- life

    /** On the loop. */
    void open(LinkHandler newHandler) {
        if (state == State.DEAD) {
            newHandler.onOpen(this);
            handler = newHandler;
            loop.execute(() -> newHandler.onClosed("connection reset by " + peerName));
            return;
        }
        handler = newHandler;
        state = State.OPEN;
        newHandler.onOpen(this);
        requestDelivery();
    }

    /** The accepting side said no: the connecting side sees the stream open and end. */
    void refuse() {
        state = State.DEAD;
        finSent = true;
        peer.finReceived = true;
    }

    /** Told dead; the handler hears of it. */
    void die(String reason) {
        if (state == State.DEAD) {
            return;
        }
        tls.cancel();
        boolean wasOpen = handler != null;
        state = State.DEAD;
        heldReset = null;
        underWayLost();
        releaseQueue();
        if (wasOpen) {
            loop.execute(() -> handler.onClosed(reason));
        }
    }

    /** The node is gone: nothing runs here any more. */
    void vanish(boolean tellPeer) {
        if (state != State.DEAD) {
            state = State.DEAD;
            queue.clear();
            if (network.random().nextBoolean()) {
                underWayLost();
            }
        }
        if (tellPeer && !peer.isDead()) {
            resetPeer();
        }
    }

    private void resetPeer() {
        if (network.isCut(node, peer.node)) {
            peer.heldReset = "connection reset by " + node;
        } else {
            scheduler.after(network.delayNs(), node + ".rst", () -> peer.die("connection reset by " + node));
        }
    }

    void dropInFlight() {
        underWayLost();
    }

    private void underWayLost() {
        underWay.clear();
    }

    private void releaseQueue() {
        for (Outgoing outgoing : queue) {
            if (outgoing.released != null) {
                loop.execute(outgoing.released);
            }
        }
        queue.clear();
        flushedCount = 0;
        queuedBytes = 0;
    }

    // ---- Link

    @Override
    public String peer() {
        return peerName;
    }

    @Override
    public void write(ByteBuffer bytes, Runnable released) {
        if (state != State.OPEN) {
            if (released != null) {
                loop.execute(released);
            }
            return;
        }
        queue.add(new Outgoing(bytes, released, tls.isStarted()));
        queuedBytes += bytes.remaining();
        if (queuedBytes >= network.options().queueBytes()) {
            unwritable = true;
        }
    }

    @Override
    public void flush() {
        flushedCount = tls.isHandshaking() ? plainCount() : queue.size();
        tls.flushLater();
        requestPump();
    }

    private int plainCount() {
        return (int) queue.stream().filter(outgoing -> !outgoing.secure).count();
    }

    @Override
    public void startTls(LinkTls settings, long timeoutNs, Runnable secured) {
        if (state != State.OPEN) {
            return;
        }
        tls.start((SimTls) settings, loop, timeoutNs, secured);
        if (received.hasRemaining()) {
            fail(SimTlsSide.FAILED + "plain bytes came before it began");
        } else {
            flush();
        }
    }

    /** Puts the side's part of the handshake behind what was written in plain text. */
    void sendHello(byte[] hello) {
        ArrayDeque<Outgoing> secure = new ArrayDeque<>();
        while (!queue.isEmpty() && queue.peekLast().secure) {
            secure.addFirst(queue.pollLast());
        }
        queue.add(new Outgoing(ByteBuffer.wrap(hello), null, false));
        queuedBytes += hello.length;
        queue.addAll(secure);
        flush();
    }

    /** Ends the link because of what the other end has sent, which sees a reset. */
    void fail(String reason) {
        die(reason);
        resetPeer();
    }

    @Override
    public boolean isWritable() {
        return state == State.OPEN && !unwritable;
    }

    @Override
    public void setReading(boolean on) {
        reading = on;
        if (on) {
            requestDelivery();
        }
    }

    @Override
    public void close() {
        if (state == State.OPEN) {
            state = State.CLOSING;
            while (tls.isHandshaking() && !queue.isEmpty() && queue.peekLast().secure) {
                Outgoing never = queue.pollLast();
                queuedBytes -= never.bytes.remaining();
                if (never.released != null) {
                    loop.execute(never.released);
                }
            }
            flushedCount = queue.size();
            requestPump();
        }
    }

    @Override
    public void abort() {
        if (state != State.DEAD) {
            die("aborted");
            resetPeer();
        }
    }

    // ---- sending

    private void requestPump() {
        if (!pumpPending && state != State.DEAD) {
            pumpPending = true;
            scheduler.after(0, node + ".send", this::pump);
        }
    }

    private void pump() {
        pumpPending = false;
        if (state == State.DEAD || !loop.isAlive()) {
            return;
        }
        while (flushedCount > 0 && unacknowledged < network.options().windowBytes()) {
            sendSegment();
        }
        if (state == State.CLOSING && queue.isEmpty() && !finSent) {
            finSent = true;
            send(new byte[0]);
            state = State.DEAD;
            loop.execute(() -> handler.onClosed("closed"));
        }
        if (unwritable && queuedBytes <= network.options().queueBytes() / 2) {
            unwritable = false;
            loop.execute(() -> {
                if (state == State.OPEN) {
                    handler.onWritable();
                }
            });
        }
    }

    private void sendSegment() {
        int room = network.options().windowBytes() - unacknowledged;
        int limit = network.random().chance(network.options().fragmentPermille())
                ? (int) network.random().between(1, 40) : room;
        byte[] segment = new byte[(int) Math.min(Math.min(room, limit), flushedBytes())];
        int filled = 0;
        while (filled < segment.length || flushedCount > 0 && !queue.peek().bytes.hasRemaining()) {
            Outgoing head = queue.peek();
            int count = Math.min(segment.length - filled, head.bytes.remaining());
            head.bytes.get(segment, filled, count);
            if (head.secure) {
                SimTlsSide.cipher(segment, filled, count);
            }
            filled += count;
            if (!head.bytes.hasRemaining()) {
                queue.poll();
                flushedCount--;
                if (head.released != null) {
                    loop.execute(head.released);
                }
            }
        }
        queuedBytes -= filled;
        unacknowledged += filled;
        if (filled > 0) {
            send(segment);
        }
    }

    private long flushedBytes() {
        long sum = 0;
        int index = 0;
        for (Outgoing outgoing : queue) {
            if (index++ == flushedCount) {
                break;
            }
            sum += outgoing.bytes.remaining();
        }
        return sum;
    }

    /** An empty segment is the end of the stream. */
    private void send(byte[] segment) {
        if (cutOff) {
            return;
        }
        if (sentBytes + segment.length > resetAfterBytes) {
            byte[] last = Arrays.copyOf(segment, (int) (resetAfterBytes - sentBytes));
            if (last.length > 0) {
                underWay.add(last);
                scheduleArrival();
            }
            sentBytes = resetAfterBytes;
            resetAfterBytes = Long.MAX_VALUE;
            cutOff = true;
            scheduler.after(Math.max(0, lastArrivalNs - scheduler.nanoTime()) + 1, node + ".rst armed", connection::reset);
            return;
        }
        sentBytes += segment.length;
        underWay.add(segment);
        scheduleArrival();
    }

    private void scheduleArrival() {
        lastArrivalNs = Math.max(lastArrivalNs, scheduler.nanoTime() + network.delayNs());
        arrivalsDue++;
        scheduler.after(lastArrivalNs - scheduler.nanoTime(), arriveLabel, () -> {
            arrivalsDue--;
            arrive();
        });
    }

    private void arrive() {
        if (underWay.isEmpty() || network.isCut(node, peer.node)) {
            return;
        }
        byte[] segment = underWay.poll();
        if (peer.isDead()) {
            if (peer.finSent && segment.length > 0 && state != State.DEAD) {
                scheduler.after(network.delayNs(), node + ".rst", () -> die("connection reset by " + peer.node));
            }
            return;
        }
        if (segment.length == 0) {
            peer.finReceived = true;
        } else {
            peer.receive(segment);
        }
        peer.requestDelivery();
    }

    /** After a partition healed: what was stalled goes on. */
    void resume() {
        if (network.isCut(node, peer.node)) {
            return;
        }
        while (arrivalsDue < underWay.size()) {
            scheduleArrival();
        }
        if (peer.heldReset != null) {
            String reason = peer.heldReset;
            peer.heldReset = null;
            scheduler.after(network.delayNs(), node + ".rst", () -> peer.die(reason));
        }
        if (peer.stalledAcknowledged > 0) {
            peer.unacknowledged -= peer.stalledAcknowledged;
            peer.stalledAcknowledged = 0;
            peer.requestPump();
        }
    }

    private void acknowledged(int bytes) {
        deliveredBytes += bytes;
        if (network.isCut(peer.node, node)) {
            stalledAcknowledged += bytes;
        } else {
            unacknowledged -= bytes;
            requestPump();
        }
    }

    // ---- receiving

    private void receive(byte[] segment) {
        tls.onSegment(segment);
        ByteBuffer joined = ByteBuffer.allocate(received.remaining() + segment.length);
        joined.put(received).put(segment).flip();
        received = joined;
    }

    private void requestDelivery() {
        if (!deliveryPending && handler != null) {
            deliveryPending = true;
            loop.execute(this::deliver);
        }
    }

    private void deliver() {
        deliveryPending = false;
        if (state == State.DEAD || !reading) {
            return;
        }
        if (received.hasRemaining() && tls.isHandshaking()) {
            int before = received.remaining();
            tls.onHandshake(received);
            peer.acknowledged(before - received.remaining());
        }
        if (received.hasRemaining() && !tls.isHandshaking() && state != State.DEAD) {
            int before = received.remaining();
            handler.onBytes(received);
            peer.acknowledged(before - received.remaining());
            if (received.hasRemaining() && reading && state != State.DEAD && !tls.isHandshaking()) {
                throw new IllegalStateException(node + ": handler left " + received.remaining()
                        + " bytes and did not turn reading off");
            }
        }
        if (finReceived && !received.hasRemaining() && reading && state != State.DEAD) {
            die("closed by " + peerName);
        }
    }

    @Override
    public String toString() {
        return node + "->" + peerName;
    }
}
