/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.peer;

import com.fasterxml.jackson.databind.JsonNode;

/** Told by the peer channel, on the node's loop. */
public interface PeerEvents {

    /** The peer is connected and has proven that it knows the secret. */
    void onPeerUp(String peer);

    /** The peer is gone; every request to it that was open has been answered with an error before this call. */
    void onPeerDown(String peer, String reason);

    /**
     * The peer asks for something.
     *
     * @param answer to be called once, now or later; ignored if the peer is gone by then
     */
    void onRequest(String peer, String method, JsonNode body, Answer answer);

    /** A connection was refused, here or by the peer; one line for the operator. */
    void onRefused(String text);

    /** Takes the answer to a request. */
    interface Answer {
        void ok(JsonNode body);

        /** @param text one line: what failed and why, for the operator at the other end */
        void error(String text);
    }
}
