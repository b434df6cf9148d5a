/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.nbd.client;

import java.nio.ByteBuffer;
import java.util.function.Consumer;
import java.util.function.Function;
import org.netraid.link.Link;
import org.netraid.link.LinkAddress;
import org.netraid.link.LinkFactory;
import org.netraid.link.LinkHandler;
import org.netraid.link.LinkTls;
import org.netraid.time.EventLoop;

/**
 * Connects and takes a link through a {@link ClientHandshake} in bounded time; then hands the link over to the handler of the
 * next phase, with the bytes that came behind the handshake.
 */
final class HandshakeRunner implements LinkHandler {

    /** What comes of it; exactly one of the two, once. */
    interface Outcome {
        /** @return who gets the link's further events */
        LinkHandler onFinished(Link link, ClientHandshake handshake);

        /** The link, if there was one, is being closed. @param reason for people, without the address */
        void onFailed(String reason);
    }

    private final EventLoop loop;
    private final NbdClientConfig config;
    private final Outcome outcome;
    private final ClientHandshake handshake;
    private final LinkTls tls;
    private Link link;
    private LinkHandler next;
    private boolean failed;
    private EventLoop.Timer timer;

    /**
     * @param newHandshake makes the handshake, given where to send
     * @param tls what to secure the link with when the handshake asks for it; null if it does not
     */
    HandshakeRunner(EventLoop loop, NbdClientConfig config, Function<Consumer<ByteBuffer>, ClientHandshake> newHandshake,
            LinkTls tls, Outcome outcome) {
        this.tls = tls;
        this.loop = loop;
        this.config = config;
        this.outcome = outcome;
        this.handshake = newHandshake.apply(this::send);
    }

    void start(LinkFactory links, LinkAddress address) {
        links.connect(address, config.connectTimeoutNs(), this, reason -> fail("cannot connect: " + reason));
    }

    /** Gives up, unless the outcome is known already. The outcome is told later, never inside this call. */
    void abort(String reason) {
        if (next == null && !failed) {
            loop.execute(() -> fail(reason));
        }
    }

    @Override
    public void onOpen(Link opened) {
        link = opened;
        if (failed) {
            link.abort();
            return;
        }
        timer = loop.schedule(config.handshakeTimeoutNs(), () -> fail("the server did not finish the handshake within "
                + config.handshakeTimeoutNs() / 1_000_000 + " ms"));
    }

    @Override
    public void onBytes(ByteBuffer bytes) {
        if (next != null) {
            next.onBytes(bytes);
            return;
        }
        if (failed) {
            bytes.position(bytes.limit());
            return;
        }
        handshake.onBytes(bytes);
        link.flush();
        if (handshake.isFailed()) {
            bytes.position(bytes.limit());
            fail(handshake.failure());
        } else if (handshake.isSecuring()) {
            link.startTls(tls, config.handshakeTimeoutNs(), this::onSecured);
        } else if (handshake.isFinished()) {
            timer.cancel();
            next = outcome.onFinished(link, handshake);
            if (bytes.hasRemaining()) {
                next.onBytes(bytes);
            }
        }
    }

    private void onSecured() {
        if (!failed) {
            handshake.onSecured();
            link.flush();
        }
    }

    @Override
    public void onWritable() {
        if (next != null) {
            next.onWritable();
        }
    }

    @Override
    public void onClosed(String reason) {
        if (next != null) {
            next.onClosed(reason);
        } else {
            fail(handshake.closedMeans() + " (" + reason + ")");
            if (timer != null) {
                timer.cancel();
            }
        }
    }

    private void send(ByteBuffer bytes) {
        link.write(bytes, null);
    }

    private void fail(String reason) {
        if (failed || next != null) {
            return;
        }
        failed = true;
        if (timer != null) {
            timer.cancel();
        }
        if (link != null) {
            // what was said last (ABORT) still goes out; a peer that does not read must not hold the socket for ever
            link.close();
            timer = loop.schedule(config.handshakeTimeoutNs(), link::abort);
        }
        outcome.onFailed(reason);
    }
}
