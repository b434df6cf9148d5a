/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.nbd.client;

import java.util.function.Supplier;
import org.netraid.time.EventLoop;

/**
 * Keeps trying to have a connection: dials, and after each failure or loss waits by a {@link BackOff} and dials again, until
 * stopped. Replays nothing: each connection gives its listener a new device, and the old one stays dead. An export that
 * comes back with another size is refused each time.
 */
public final class Reconnector {

    private final NbdConnector connector;
    private final EventLoop loop;
    private final Supplier<NbdTarget> targets;
    private final BackOff backOff;
    private final NbdConnectionListener listener;
    private NbdConnection connection;
    private EventLoop.Timer timer;
    private long sizeBytes = NbdTarget.ANY_SIZE;
    private boolean running;

    /**
     * @param targets asked before each attempt, so that each can have an export name of its own
     * @param listener hears of every attempt, connection and loss; all its methods may be called many times
     */
    public Reconnector(NbdConnector connector, EventLoop loop, Supplier<NbdTarget> targets, BackOff backOff,
            NbdConnectionListener listener) {
        this.connector = connector;
        this.loop = loop;
        this.targets = targets;
        this.backOff = backOff;
        this.listener = listener;
    }

    /** Dials at once. */
    public void start() {
        if (!running) {
            running = true;
            dial();
        }
    }

    /** Stops dialling and lets a living connection close in order. A restart may follow. */
    public void stop() {
        running = false;
        if (timer != null) {
            timer.cancel();
            timer = null;
        }
        if (connection != null && connection.device() != null) {
            connection.device().close(() -> { });
        } else if (connection != null) {
            connection.abort("stopped by this side");
        }
    }

    /** The device of the living connection, or null. */
    public NbdClientDevice device() {
        return connection == null ? null : connection.device();
    }

    private void dial() {
        timer = null;
        if (!running || connection != null) {
            return;
        }
        NbdTarget target = targets.get();
        if (target.expectedSizeBytes() == NbdTarget.ANY_SIZE && sizeBytes != NbdTarget.ANY_SIZE) {
            target = target.withExpectedSize(sizeBytes);
        }
        connection = connector.connect(target, new Repeating());
    }

    private void dialLater() {
        connection = null;
        if (running) {
            timer = loop.schedule(backOff.nextDelayNs(), this::dial);
        }
    }

    private final class Repeating implements NbdConnectionListener {
        @Override
        public void onConnected(NbdClientDevice device) {
            sizeBytes = device.export().sizeBytes();
            backOff.reset();
            listener.onConnected(device);
        }

        @Override
        public void onConnectFailed(String reason) {
            dialLater();
            listener.onConnectFailed(reason);
        }

        @Override
        public void onDisconnected(String reason) {
            dialLater();
            listener.onDisconnected(reason);
        }
    }
}
