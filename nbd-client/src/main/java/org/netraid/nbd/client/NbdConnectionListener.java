/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.nbd.client;

/**
 * Told what becomes of one connection, on its event loop and never inside {@link NbdConnector#connect}. Either
 * {@link #onConnectFailed} once, or {@link #onConnected} once and later {@link #onDisconnected} once.
 */
public interface NbdConnectionListener {

    /** The handshake is over; the device takes requests from now on, also inside this call. */
    void onConnected(NbdClientDevice device);

    /**
     * There is no device: the server cannot be reached, refused us or broke the protocol.
     *
     * @param reason one sentence for people, with address and export
     */
    void onConnectFailed(String reason);

    /**
     * The connection is gone for good, by loss, timeout, the server's shutdown or our own close. Comes after the completion of
     * every request the device had taken. Writes in flight and writes answered but not flushed may or may not be on the server.
     *
     * @param reason one sentence for people, with address and export
     */
    void onDisconnected(String reason);
}
