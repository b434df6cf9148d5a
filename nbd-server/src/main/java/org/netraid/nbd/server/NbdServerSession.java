/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.nbd.server;

import java.nio.ByteBuffer;
import org.netraid.link.Link;
import org.netraid.link.LinkHandler;
import org.netraid.nbd.wire.HandshakeFlags;
import org.netraid.nbd.wire.NbdConstants;
import org.netraid.time.EventLoop;

/**
 * One client: greets it, hands its bytes to the {@link Handshake} and then to the {@link Transmission}, and ends in an
 * orderly way whatever happens first: DISC, a violation, a lost link, a timeout, the server's shutdown.
 *
 * <p>The session lives until its link is closed <em>and</em> the device has given back every request, since the device
 * owns request and buffer until then.
 */
public final class NbdServerSession implements LinkHandler {

    /** A part of the session's life that eats bytes. */
    interface Phase {
        /** Consumes as much as it can; leaves the rest only if the session is paused or has changed its phase. */
        void consume(ByteBuffer in);

        /** Bytes are wanted again after {@link #pause}; true if what was held up has gone on. */
        boolean proceed();
    }

    private final NbdService service;
    private final String peer;
    private final Runnable flushTask = this::flushTurn;
    private final Runnable resumeTask = this::resume;
    private Link link;
    private Phase phase;
    private Transmission transmission;
    private Export export;
    private EventLoop.Timer handshakeTimer;
    private EventLoop.Timer idleTimer;
    private EventLoop.Timer closeTimer;
    private boolean linkUp;
    private boolean paused;
    private boolean ending;
    private boolean finished;
    private boolean linkClosed;
    private boolean inTurn;
    /** STARTTLS has been agreed to: no further plain byte is taken. */
    private boolean securing;
    private boolean secured;
    private boolean dirty;
    private boolean flushScheduled;
    private boolean resumeScheduled;
    private long lastBytesNs;
    private int optionBytes;
    private String endReason = "";

    NbdServerSession(NbdService service, String peer) {
        this.service = service;
        this.peer = peer;
        this.handshakeTimer = service.loop().schedule(service.limits().handshakeTimeoutNs(), this::onHandshakeTimeout);
    }

    /** The other end of the link, for messages. */
    public String peer() {
        return peer;
    }

    /** What the client has opened; null during the handshake. */
    public Export export() {
        return export;
    }

    /**
     * Ends the session at once: nothing further is read, no half-received write is applied. What the device already
     * has still ends there; {@link ExportTable#onClosed} tells when.
     *
     * @param reason for people
     */
    public void cut(String reason) {
        abort(reason);
    }

    // ---- the link

    @Override
    public void onOpen(Link opened) {
        link = opened;
        if (ending) {
            link.abort();
            return;
        }
        linkUp = true;
        phase = new Handshake(this, service);
        ByteBuffer greeting = ByteBuffer.allocate(NbdConstants.GREETING_BYTES);
        greeting.putLong(NbdConstants.NBD_MAGIC).putLong(NbdConstants.OPTION_MAGIC);
        greeting.putShort((short) (HandshakeFlags.FIXED_NEWSTYLE | HandshakeFlags.NO_ZEROES));
        send(greeting.flip(), null);
        if (service.isStopping()) {
            stop();
        }
    }

    @Override
    public void onBytes(ByteBuffer bytes) {
        noteBytes();
        inTurn = true;
        try {
            while (bytes.hasRemaining() && !ending && !paused && !securing) {
                phase.consume(bytes);
            }
        } finally {
            inTurn = false;
        }
        if (securing && !secured && !ending) {
            secure(bytes.remaining());
        }
        if (ending) {
            bytes.position(bytes.limit());
        }
        flushTurn();
    }

    private void noteBytes() {
        if (service.limits().idleTimeoutNs() > 0) {
            lastBytesNs = service.loop().nanoTime();
        }
    }

    @Override
    public ByteBuffer receiveBuffer() {
        return phase == transmission && !ending && !paused ? transmission.receiveBuffer() : null;
    }

    @Override
    public void onReceived(int countBytes) {
        noteBytes();
        inTurn = true;
        try {
            transmission.onReceived(countBytes);
        } finally {
            inTurn = false;
        }
        flushTurn();
    }

    @Override
    public void onWritable() {
        resumeSoon();
    }

    @Override
    public void onClosed(String reason) {
        linkUp = false;
        linkClosed = true;
        if (!ending) {
            ending = true;
            endReason = reason;
            if (securing) {
                service.events().onRefused(peer, reason);
            }
        }
        cancelTimers();
        releaseOptionBytes();
        if (transmission != null) {
            transmission.onLinkClosed();
        }
        finishIfDone();
    }

    /**
     * Consent to TLS leaves in plain text, and nothing else may have come in plain text behind the request: a client waits for the
     * consent, so what is there was put there by somebody who wants it to pass for the client's secured words.
     */
    private void secure(int plainBytes) {
        if (plainBytes > 0) {
            String reason = plainBytes + " bytes of plain text behind STARTTLS";
            service.events().onRefused(peer, reason);
            abort(reason);
            return;
        }
        flushNow();
        link.startTls(service.tls().settings(), service.limits().handshakeTimeoutNs(), () -> {
            secured = true;
            securing = false;
        });
    }

    // ---- for the phases

    /** The client may begin the TLS handshake; takes effect at the end of this turn. */
    void startTls() {
        securing = true;
    }

    /** True once the TLS handshake has ended well. */
    boolean isSecured() {
        return secured;
    }

    /** Queues bytes; they leave at the end of this turn of the loop. */
    void send(ByteBuffer bytes, Runnable released) {
        link.write(bytes, released);
        dirty = true;
        if (!inTurn && !flushScheduled) {
            flushScheduled = true;
            service.loop().execute(flushTask);
        }
    }

    /** Memory for the data of one option, until {@link #releaseOptionBytes}; false if all sessions together have too much. */
    boolean takeOptionBytes(int bytes) {
        if (!service.takeOptionBytes(bytes)) {
            return false;
        }
        optionBytes = bytes;
        return true;
    }

    void releaseOptionBytes() {
        service.releaseOptionBytes(optionBytes);
        optionBytes = 0;
    }

    boolean isLinkUp() {
        return linkUp;
    }

    boolean isWritable() {
        return link.isWritable();
    }

    boolean isEnding() {
        return ending;
    }

    boolean isPaused() {
        return paused;
    }

    /** Stops reading the socket until {@link #resumeSoon}. */
    void pause() {
        paused = true;
        link.setReading(false);
    }

    /** Lets the device's completions and the replies go before more is read; the socket is read again in the next turn. */
    void yieldTurn() {
        pause();
        resumeSoon();
    }

    /** Whatever was missing may be there again. Cheap, may be called at any time. */
    void resumeSoon() {
        if (paused && !resumeScheduled) {
            resumeScheduled = true;
            service.loop().execute(resumeTask);
        }
    }

    /** The wake-up call handed to the {@link BufferPool}; one object per session. */
    final Runnable memoryWaiter = this::resumeSoon;

    /** The handshake has ended well. */
    void startTransmission(Export opened, Negotiated negotiated) {
        handshakeTimer.cancel();
        export = opened;
        transmission = new Transmission(this, service, opened, negotiated);
        phase = transmission;
        service.exports().onOpened(opened, this);
        service.events().onOpened(peer, opened);
        if (service.limits().idleTimeoutNs() > 0) {
            lastBytesNs = service.loop().nanoTime();
            armIdleTimer(service.limits().idleTimeoutNs());
        }
    }

    /** Reads nothing more, lets the requests in flight end, sends their replies and closes. */
    void endAfterRequests(String reason) {
        if (!ending) {
            ending = true;
            endReason = reason;
        }
        closeIfIdle();
    }

    /** Cuts the link: the client broke a rule, or must not be served any longer. */
    void abort(String reason) {
        if (!ending) {
            ending = true;
            endReason = reason;
        }
        if (linkUp) {
            linkUp = false;
            link.abort();
        }
    }

    /** A request has come back from the device and its reply is queued. */
    void onRequestDone() {
        if (ending) {
            closeIfIdle();
        }
        finishIfDone();
    }

    // ---- for the service

    /** The server stops: later requests are refused, the link closes when nothing is in flight any more. */
    void stop() {
        cancel(closeTimer);
        closeTimer = service.loop().schedule(service.limits().shutdownGraceNs(), () -> endAfterRequests("the server shut down"));
    }

    /** Bytes of memory that only this client can free, by reading or by sending. */
    long bytesHeldByClient() {
        return transmission == null ? 0 : transmission.bytesHeldByClient();
    }

    long lastProgressNs() {
        return transmission == null ? 0 : transmission.lastProgressNs();
    }

    // ---- helpers

    private void onHandshakeTimeout() {
        abort("no export opened within the handshake timeout");
        if (link == null) {
            // accepted, but the stream never came up: no onClosed will follow
            linkClosed = true;
            finishIfDone();
        }
    }

    private void closeIfIdle() {
        if (linkUp && requestsWithDevice() == 0) {
            linkUp = false;
            flushNow();
            link.close();
            cancelTimers();
            // a client that does not take its last replies cannot keep the session for ever
            closeTimer = service.loop().schedule(service.limits().shutdownTimeoutNs(), () -> link.abort());
        }
    }

    private int requestsWithDevice() {
        return transmission == null ? 0 : transmission.requestsWithDevice();
    }

    private void finishIfDone() {
        if (linkClosed && !finished && requestsWithDevice() == 0) {
            finished = true;
            service.onFinished(this, endReason);
        }
    }

    private void resume() {
        resumeScheduled = false;
        if (!paused || ending || !linkUp) {
            return;
        }
        // replies before new work: they may have waited for this turn
        flushTurn();
        inTurn = true;
        paused = false;
        try {
            phase.proceed();
        } finally {
            inTurn = false;
        }
        flushTurn();
        if (!paused && linkUp) {
            link.setReading(true);
        }
    }

    private void flushTurn() {
        flushScheduled = false;
        if (linkUp) {
            flushNow();
        }
    }

    private void flushNow() {
        if (dirty) {
            dirty = false;
            link.flush();
        }
    }

    private void armIdleTimer(long delayNs) {
        idleTimer = service.loop().schedule(delayNs, () -> {
            long idleNs = service.loop().nanoTime() - lastBytesNs;
            long leftNs = service.limits().idleTimeoutNs() - idleNs;
            if (leftNs <= 0 && transmission.requestsInFlight() == 0) {
                endAfterRequests("idle for too long");
            } else {
                armIdleTimer(Math.max(leftNs, 1_000_000));
            }
        });
    }

    private void cancelTimers() {
        cancel(handshakeTimer);
        cancel(idleTimer);
        cancel(closeTimer);
    }

    private static void cancel(EventLoop.Timer timer) {
        if (timer != null) {
            timer.cancel();
        }
    }
}
