/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.nbd.client;

import java.util.ArrayList;
import java.util.List;
import org.netraid.block.BlockError;
import org.netraid.link.Link;
import org.netraid.time.EventLoop;

/**
 * How a connection in the transmission phase comes to its end, and why.
 *
 * <pre>
 *   OPEN ── close(), or the server says ESHUTDOWN ──► CLOSING ── last answer ──► DISC sent ──► link closed ──► DEAD
 *     └──────────── loss, timeout, broken protocol, abort() ───────────────────────────────────────────────────┘
 * </pre>
 */
final class DeviceLife {

    private enum Phase { OPEN, CLOSING, DISC_SENT, DEAD }

    private final NbdClientDevice device;
    private final NbdClientConfig config;
    private final EventLoop loop;
    private final Link link;
    private final NbdConnectionListener listener;
    private final List<Runnable> closedCallbacks = new ArrayList<>();
    private Phase phase = Phase.OPEN;
    private String endReason = "";
    private BlockError endError = BlockError.EIO;
    private EventLoop.Timer closeTimer;
    private boolean linkClosed;
    private boolean ended;

    DeviceLife(NbdClientDevice device, NbdClientConfig config, EventLoop loop, Link link, NbdConnectionListener listener) {
        this.device = device;
        this.config = config;
        this.loop = loop;
        this.link = link;
        this.listener = listener;
    }

    boolean isOpen() {
        return phase == Phase.OPEN;
    }

    boolean isDead() {
        return phase == Phase.DEAD;
    }

    /** True while requests that were taken may go out. */
    boolean maySend() {
        return phase == Phase.OPEN || phase == Phase.CLOSING;
    }

    /** What a request that comes too late ends with. */
    BlockError endError() {
        return endError;
    }

    /** Why nothing more is taken, for people. */
    String endReason() {
        return endReason;
    }

    /** Lets what was taken end, says DISC, closes. Comes to its end also if the server hangs. */
    void close(Runnable closed) {
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
    void abort(String reason, Runnable closed) {
        if (ended) {
            loop.execute(closed);
            return;
        }
        closedCallbacks.add(closed);
        die(reason);
    }

    /** The server takes no more commands: what it has is waited for, the rest is not sent. */
    void onServerShutdown() {
        if (phase != Phase.OPEN) {
            return;
        }
        phase = Phase.CLOSING;
        endError = BlockError.ESHUTDOWN;
        endReason = "the server is shutting down";
        device.dropUnsent();
    }

    /** To be called when a request has ended. */
    void sayGoodbyeWhenIdle() {
        if (phase == Phase.CLOSING && device.requestsInFlight() == 0) {
            phase = Phase.DISC_SENT;
            device.sayGoodbye();
            link.close();
            closeTimer = loop.schedule(config.handshakeTimeoutNs(), link::abort);
        } else {
            endWhenIdle();
        }
    }

    /** Gives the connection up; its requests end in a turn of their own. */
    void die(String reason) {
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
        device.stopTransmission();
        if (!linkClosed) {
            link.abort();
            loop.execute(device::failEverything);
        }
    }

    void onLinkClosed(String reason) {
        linkClosed = true;
        die("connection lost: " + reason);
        device.failEverything();
    }

    /** The end, once the link is closed and the last request has ended. */
    void endWhenIdle() {
        if (ended || !linkClosed || device.requestsInFlight() > 0) {
            return;
        }
        ended = true;
        device.cancelPatience();
        if (closeTimer != null) {
            closeTimer.cancel();
        }
        listener.onDisconnected(device.name() + ": " + endReason);
        closedCallbacks.forEach(Runnable::run);
        closedCallbacks.clear();
    }
}
