/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.nbd.server;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import org.netraid.link.Link;
import org.netraid.link.LinkHandler;
import org.netraid.link.LinkTls;
import org.netraid.time.EventLoop;

/**
 * The server's end of a stream whose other end is the test: the test feeds bytes in pieces of its choice and reads what
 * came back. Keeps the contract of {@link Link}: released callbacks come later, unconsumed bytes come again.
 */
final class PipeLink implements Link {

    private record Queued(ByteBuffer bytes, Runnable released) {
    }

    private final EventLoop loop;
    private final LinkHandler handler;
    private final ByteArrayOutputStream received = new ByteArrayOutputStream();
    private final ArrayDeque<Queued> unflushed = new ArrayDeque<>();
    private final ArrayDeque<Queued> queue = new ArrayDeque<>();
    private byte[] unread = new byte[0];
    private boolean reading = true;
    private boolean closed;
    /** The client takes nothing more from its socket. */
    boolean stalled;
    /** Bytes in the queue from which on {@link #isWritable} is false. */
    int highWaterBytes = 64 << 10;
    int flushes;
    /** What the server wants to secure the stream with, once it does; null before. */
    LinkTls tls;
    private Runnable secured;
    int placedBytes;
    boolean aborted;

    PipeLink(EventLoop loop, LinkHandler handler) {
        this.loop = loop;
        this.handler = handler;
        handler.onOpen(this);
    }

    /** Bytes from the client, in one piece. */
    void feed(byte[] bytes) {
        byte[] all = new byte[unread.length + bytes.length];
        System.arraycopy(unread, 0, all, 0, unread.length);
        System.arraycopy(bytes, 0, all, unread.length, bytes.length);
        unread = all;
        deliver();
    }

    private void deliver() {
        if (closed || !reading || unread.length == 0 || secured != null) {
            return;
        }
        ByteBuffer in = ByteBuffer.wrap(unread);
        place(in);
        handler.onBytes(in);
        if (reading && !closed && in.hasRemaining()) {
            throw new AssertionError(in.remaining() + " bytes left unconsumed while reading");
        }
        unread = new byte[in.remaining()];
        in.get(unread);
    }

    /** A payload goes where the server wants it, as a real link does it. */
    private void place(ByteBuffer in) {
        ByteBuffer wanted = handler.receiveBuffer();
        if (wanted != null) {
            int count = Math.min(wanted.remaining(), in.remaining());
            wanted.duplicate().put(in.slice(in.position(), count));
            in.position(in.position() + count);
            handler.onReceived(count);
            placedBytes += count;
        }
    }

    /** What the server has sent and the client has taken since the last call. */
    byte[] takeReceived() {
        byte[] bytes = received.toByteArray();
        received.reset();
        return bytes;
    }

    int receivedBytes() {
        return received.size();
    }

    /** The client takes everything again. */
    void unstall() {
        stalled = false;
        drain();
        loop.execute(handler::onWritable);
    }

    /** The client's process dies. */
    void hangUp() {
        if (!closed) {
            finish("connection reset by the other end");
        }
    }

    boolean isClosed() {
        return closed;
    }

    boolean isReading() {
        return reading;
    }

    @Override
    public String peer() {
        return "test";
    }

    @Override
    public void write(ByteBuffer bytes, Runnable released) {
        if (closed) {
            throw new AssertionError("write on a closed link");
        }
        unflushed.add(new Queued(bytes, released));
    }

    @Override
    public void flush() {
        flushes++;
        queue.addAll(unflushed);
        unflushed.clear();
        drain();
    }

    private void drain() {
        while (!stalled && !queue.isEmpty()) {
            Queued next = queue.poll();
            byte[] bytes = new byte[next.bytes.remaining()];
            next.bytes.get(bytes);
            received.writeBytes(bytes);
            release(next);
        }
    }

    private void release(Queued done) {
        if (done.released != null) {
            loop.execute(done.released);
        }
    }

    @Override
    public boolean isWritable() {
        long waiting = 0;
        for (Queued q : queue) {
            waiting += q.bytes.remaining();
        }
        for (Queued q : unflushed) {
            waiting += q.bytes.remaining();
        }
        return waiting < highWaterBytes;
    }

    @Override
    public void setReading(boolean on) {
        reading = on;
        if (on) {
            loop.execute(this::deliver);
        }
    }

    @Override
    public void startTls(LinkTls settings, long timeoutNs, Runnable whenSecured) {
        tls = settings;
        secured = whenSecured;
    }

    /** The TLS handshake has ended well. */
    void finishTls() {
        Runnable told = secured;
        secured = null;
        told.run();
        deliver();
    }

    boolean isInTlsHandshake() {
        return secured != null;
    }

    @Override
    public void close() {
        flush();
        if (queue.isEmpty()) {
            loop.execute(() -> finish("closed by this side"));
        }
    }

    @Override
    public void abort() {
        aborted = true;
        loop.execute(() -> finish("aborted by this side"));
    }

    private void finish(String reason) {
        if (closed) {
            return;
        }
        closed = true;
        queue.addAll(unflushed);
        unflushed.clear();
        queue.forEach(this::release);
        queue.clear();
        handler.onClosed(reason);
    }
}
