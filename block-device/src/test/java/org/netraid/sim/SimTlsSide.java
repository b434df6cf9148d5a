/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.sim;

import java.nio.ByteBuffer;
import org.netraid.time.EventLoop;

/**
 * TLS at one end of a {@link SimLink}: each side sends a short hello, the server's after the client's; every later byte is changed on
 * the way, so that plain text taken for secured text, or the other way round, is noise to whoever reads it.
 */
final class SimTlsSide {

    static final String FAILED = "the TLS handshake failed: ";
    private static final byte[] HELLO = {0x16, 3, 3, 'S', 'I', 'M'};
    private static final int HELLO_BYTES = HELLO.length + 1;

    private enum State { PLAIN, HANDSHAKE, SECURE }

    private final SimLink link;
    private State state = State.PLAIN;
    private SimTls settings;
    private EventLoop loop;
    private EventLoop.Timer timer;
    private Runnable secured;
    private boolean flushLater;

    SimTlsSide(SimLink link) {
        this.link = link;
    }

    boolean isStarted() {
        return state != State.PLAIN;
    }

    boolean isHandshaking() {
        return state == State.HANDSHAKE;
    }

    /** A flush during the handshake counts when it is over. */
    void flushLater() {
        flushLater = true;
    }

    void start(SimTls newSettings, EventLoop onLoop, long timeoutNs, Runnable whenSecured) {
        if (state != State.PLAIN) {
            throw new IllegalStateException("TLS was started twice");
        }
        state = State.HANDSHAKE;
        settings = newSettings;
        loop = onLoop;
        secured = whenSecured;
        timer = loop.schedule(timeoutNs, () -> link.fail(FAILED + "not over within " + timeoutNs / 1_000_000 + " ms"));
        if (!settings.isServer()) {
            sendHello();
        }
    }

    void cancel() {
        if (timer != null) {
            timer.cancel();
        }
    }

    private void sendHello() {
        byte[] hello = new byte[HELLO_BYTES];
        System.arraycopy(HELLO, 0, hello, 0, HELLO.length);
        hello[HELLO.length] = (byte) (settings.hasCertificate() ? 1 : 0);
        link.sendHello(hello);
    }

    /** Bytes arrive; those behind the peer's hello are secured. */
    void onSegment(byte[] segment) {
        if (state == State.SECURE) {
            cipher(segment, 0, segment.length);
        }
    }

    /** Takes the peer's hello once it is whole. */
    void onHandshake(ByteBuffer in) {
        for (int i = 0; i < Math.min(HELLO.length, in.remaining()); i++) {
            if (in.get(in.position() + i) != HELLO[i]) {
                link.fail(FAILED + "the other end sent something else");
                return;
            }
        }
        if (in.remaining() < HELLO_BYTES) {
            return;
        }
        boolean certificate = in.get(in.position() + HELLO.length) == 1;
        in.position(in.position() + HELLO_BYTES);
        if (!settings.failure().isEmpty()) {
            link.fail(FAILED + settings.failure());
        } else if (settings.demandsCertificate() && !certificate) {
            link.fail(FAILED + "the other end has no certificate");
        } else {
            succeed(in);
        }
    }

    private void succeed(ByteBuffer rest) {
        if (settings.isServer()) {
            sendHello();
        }
        timer.cancel();
        state = State.SECURE;
        cipher(rest.array(), rest.arrayOffset() + rest.position(), rest.remaining());
        secured.run();
        if (flushLater) {
            link.flush();
        }
    }

    /** Its own inverse. */
    static void cipher(byte[] bytes, int from, int count) {
        for (int i = from; i < from + count; i++) {
            bytes[i] ^= 0x5a;
        }
    }
}
