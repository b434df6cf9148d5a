/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.config;

/**
 * What one NBD listener of this node puts up with.
 *
 * @param maxConnections connections at a time per listener
 * @param maxRequestBytes largest READ or WRITE
 * @param requestsPerConnection requests in flight per connection; more are left in the socket
 * @param handshakeNs a client must have chosen its export within this time
 */
public record NbdServerSettings(int maxConnections, int maxRequestBytes, int requestsPerConnection, long handshakeNs) {

    public static final NbdServerSettings DEFAULT = new NbdServerSettings(64, 32 << 20, 128, 10_000_000_000L);

    public NbdServerSettings {
        Checks.range("maxConnections", maxConnections, 1, 4096);
        Checks.range("maxRequestBytes", maxRequestBytes, 1 << 20, 64 << 20);
        Checks.range("requestsPerConnection", requestsPerConnection, 1, 4096);
        Checks.range("handshakeNs", handshakeNs, 1_000_000L, 600_000_000_000L);
    }
}
