/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.nbd.client;

import org.netraid.link.Link;
import org.netraid.link.LinkFactory;
import org.netraid.link.LinkHandler;
import org.netraid.time.EventLoop;

/** One attempt to connect, and the connection that comes of it. On the connector's event loop. */
public final class NbdConnection {

    private final NbdTarget target;
    private final NbdClientConfig config;
    private final int connectionNumber;
    private final EventLoop loop;
    private final NbdConnectionListener listener;
    private final HandshakeRunner runner;
    private NbdClientDevice device;

    NbdConnection(NbdTarget target, NbdClientConfig config, int connectionNumber, EventLoop loop, NbdConnectionListener listener) {
        this.target = target;
        this.config = config;
        this.connectionNumber = connectionNumber;
        this.loop = loop;
        this.listener = listener;
        this.runner = new HandshakeRunner(loop, config,
                send -> ClientHandshake.go(target.exportName(), config, target.tls() != null, send), target.tls(), new Outcome());
    }

    void start(LinkFactory links) {
        runner.start(links, target.address());
    }

    public NbdTarget target() {
        return target;
    }

    /** The device, or null while the handshake runs or if it failed. */
    public NbdClientDevice device() {
        return device;
    }

    /** Gives up at once, whatever phase the connection is in; the listener is told later, never inside this call. */
    public void abort(String reason) {
        if (device != null) {
            device.abort(reason, () -> { });
        } else {
            runner.abort(reason);
        }
    }

    private final class Outcome implements HandshakeRunner.Outcome {

        @Override
        public LinkHandler onFinished(Link link, ClientHandshake handshake) {
            NbdExport export = handshake.export();
            long expected = target.expectedSizeBytes();
            if (expected != NbdTarget.ANY_SIZE && export.sizeBytes() != expected) {
                String refusal = target + ": has " + export.sizeBytes() + " bytes now, expected " + expected
                        + "; nothing was read or written. Check that this is the right export, or take it up anew with its new size";
                device = new NbdClientDevice(target, export, config, connectionNumber, loop, link, new Refused(refusal));
                device.close(() -> { });
                return device.handler();
            }
            device = new NbdClientDevice(target, export, config, connectionNumber, loop, link, listener);
            LinkHandler handler = device.handler();
            listener.onConnected(device);
            return handler;
        }

        @Override
        public void onFailed(String reason) {
            listener.onConnectFailed(target + ": " + reason);
        }
    }

    /** Says why, once a connection that was refused by us is closed in the orderly way. */
    private final class Refused implements NbdConnectionListener {
        private final String refusal;

        Refused(String refusal) {
            this.refusal = refusal;
        }

        @Override
        public void onConnected(NbdClientDevice refused) {
            throw new IllegalStateException("refused");
        }

        @Override
        public void onConnectFailed(String reason) {
            throw new IllegalStateException("refused");
        }

        @Override
        public void onDisconnected(String reason) {
            device = null;
            listener.onConnectFailed(refusal);
        }
    }
}
