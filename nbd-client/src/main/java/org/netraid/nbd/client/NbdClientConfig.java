/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.nbd.client;

/**
 * Limits and times of a client connection. All are checked once, here.
 *
 * @param connectTimeoutNs longest wait for the stream to open
 * @param handshakeTimeoutNs longest handshake, and longest wait for an orderly close
 * @param requestTimeoutNs longest wait for progress of a request that was sent; then the connection is given up
 * @param maxInFlight most commands on the wire at one time, 1 to 65536
 * @param maxBytesInFlight most payload (of writes sent and reads asked for) on the wire at one time; one command is always let through
 * @param maxQueued most requests waiting for a place on the wire; beyond it they end with ENOMEM
 * @param holes use extended headers where offered and select base:allocation, so that the device can answer EXTENTS, 64-bit ranges at
 *     once; costs round trips at every connection, which a mirror's targets are better without: their holes are never asked for
 */
public record NbdClientConfig(long connectTimeoutNs, long handshakeTimeoutNs, long requestTimeoutNs,
        int maxInFlight, long maxBytesInFlight, int maxQueued, boolean holes) {

    private static final long SECOND_NS = 1_000_000_000L;

    public NbdClientConfig {
        positive(connectTimeoutNs, "connect timeout");
        positive(handshakeTimeoutNs, "handshake timeout");
        positive(requestTimeoutNs, "request timeout");
        positive(maxInFlight, "number of commands in flight");
        positive(maxBytesInFlight, "number of bytes in flight");
        positive(maxQueued, "number of queued requests");
        if (maxInFlight > PendingReplies.MAX_CAPACITY) {
            throw new IllegalArgumentException(maxInFlight + " commands in flight are more than " + PendingReplies.MAX_CAPACITY);
        }
    }

    /** 5 s to connect, 10 s for the handshake, 10 s for an answer, 128 commands and 64 MiB in flight, 4096 waiting. */
    public static NbdClientConfig defaults() {
        return new NbdClientConfig(5 * SECOND_NS, 10 * SECOND_NS, 10 * SECOND_NS, 128, 64L << 20, 4096, false);
    }

    public NbdClientConfig withRequestTimeoutNs(long timeoutNs) {
        return new NbdClientConfig(connectTimeoutNs, handshakeTimeoutNs, timeoutNs, maxInFlight, maxBytesInFlight, maxQueued, holes);
    }

    public NbdClientConfig withConnectTimeoutNs(long timeoutNs) {
        return new NbdClientConfig(timeoutNs, handshakeTimeoutNs, requestTimeoutNs, maxInFlight, maxBytesInFlight, maxQueued, holes);
    }

    public NbdClientConfig withHandshakeTimeoutNs(long timeoutNs) {
        return new NbdClientConfig(connectTimeoutNs, timeoutNs, requestTimeoutNs, maxInFlight, maxBytesInFlight, maxQueued, holes);
    }

    public NbdClientConfig withLimits(int inFlight, long bytesInFlight, int queued) {
        return new NbdClientConfig(connectTimeoutNs, handshakeTimeoutNs, requestTimeoutNs, inFlight, bytesInFlight, queued, holes);
    }

    public NbdClientConfig withHoles(boolean on) {
        return new NbdClientConfig(connectTimeoutNs, handshakeTimeoutNs, requestTimeoutNs, maxInFlight, maxBytesInFlight, maxQueued, on);
    }

    private static void positive(long value, String what) {
        if (value < 1) {
            throw new IllegalArgumentException(what + " of " + value + " is below 1");
        }
    }
}
