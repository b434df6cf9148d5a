/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.nbd.client;

import java.util.ArrayList;
import java.util.List;
import org.netraid.block.BlockCapability;

/**
 * Opens an export over several connections, where the server allows it (CAN_MULTI_CONN), else over one. Fewer than asked for are used if
 * the server takes no more; none at all is a failure. One attempt; on the connector's event loop.
 */
public final class MultiConnector {

    /** Most connections of one device. */
    public static final int MAX_CONNECTIONS = 64;

    /** As {@link NbdConnectionListener}, for all connections together. */
    public interface Listener {
        void onConnected(NbdMultiDevice device);

        /** @param reason one sentence for people, with address and export */
        void onConnectFailed(String reason);

        /** Every connection is gone, and every request the device had taken is completed. Once, if it was connected. */
        void onDisconnected(String reason);
    }

    private final NbdConnector connector;
    private final NbdTarget target;
    private final int connections;
    private final Listener listener;
    private final List<NbdClientDevice> members = new ArrayList<>();
    private NbdMultiDevice device;
    private NbdConnection attempt;
    /** Why it came to nothing, once that is so. */
    private String lost = "";
    private boolean dialling;
    private int living;

    private MultiConnector(NbdConnector connector, NbdTarget target, int connections, Listener listener) {
        this.connector = connector;
        this.target = target;
        this.connections = connections;
        this.listener = listener;
    }

    /**
     * Starts one attempt. The listener hears of its end, never inside this call.
     *
     * @param connections 1 to {@link #MAX_CONNECTIONS}
     */
    public static MultiConnector connect(NbdConnector connector, NbdTarget target, int connections, Listener listener) {
        if (connections < 1 || connections > MAX_CONNECTIONS) {
            throw new IllegalArgumentException(connections + " connections are not 1 to " + MAX_CONNECTIONS);
        }
        MultiConnector made = new MultiConnector(connector, target, connections, listener);
        made.dial();
        return made;
    }

    /** The device, or null before it is connected. */
    public NbdMultiDevice device() {
        return device;
    }

    /** Gives up at once, in whatever phase; the listener is told later. */
    public void abort(String reason) {
        if (device != null) {
            device.abort(reason, () -> { });
        } else {
            giveUp(reason);
        }
    }

    private void dial() {
        NbdTarget next = members.isEmpty() ? target : target.withExpectedSize(members.get(0).export().sizeBytes());
        dialling = true;
        attempt = connector.connect(next, new Member());
    }

    private void onMember(NbdClientDevice member) {
        boolean same = members.isEmpty() || member.capabilities().equals(members.get(0).capabilities())
                && member.geometry().equals(members.get(0).geometry());
        members.add(member);
        living++;
        if (!lost.isEmpty() || !same) {
            giveUp(target + ": the server describes the export differently on each connection");
        } else if (members.size() < connections && member.can(BlockCapability.MULTI_CONN)) {
            dial();
        } else {
            ready();
        }
    }

    private void ready() {
        device = new NbdMultiDevice(members);
        listener.onConnected(device);
    }

    /** Before all were there. The first reason stays. */
    private void giveUp(String reason) {
        lost = lost.isEmpty() ? reason : lost;
        if (dialling) {
            attempt.abort(reason);
        }
        List.copyOf(members).forEach(member -> member.abort(reason, () -> { }));
    }

    private void tellIfOver() {
        if (!dialling && living == 0) {
            listener.onConnectFailed(lost);
        }
    }

    private final class Member implements NbdConnectionListener {
        private NbdClientDevice mine;

        @Override
        public void onConnected(NbdClientDevice connected) {
            dialling = false;
            mine = connected;
            onMember(connected);
        }

        @Override
        public void onConnectFailed(String reason) {
            dialling = false;
            if (lost.isEmpty() && !members.isEmpty()) {
                // the server takes no more; those that are there do
                ready();
                return;
            }
            lost = lost.isEmpty() ? reason : lost;
            tellIfOver();
        }

        @Override
        public void onDisconnected(String reason) {
            living--;
            if (device == null) {
                giveUp(reason);
                tellIfOver();
            } else if (device.onMemberEnded(mine, reason)) {
                listener.onDisconnected(device.endReason());
            }
        }
    }
}
