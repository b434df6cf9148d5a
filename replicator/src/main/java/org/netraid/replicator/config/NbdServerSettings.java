/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.config;

/**
 * What one NBD listener of this node puts up with.
 *
 * @param maxConnections connections at a time per listener
 * @param maxPerAddress of these, from one network address; 0 for no limit of its own
 * @param maxRequestBytes largest READ or WRITE
 * @param requestsPerConnection requests in flight per connection; more are left in the socket
 * @param handshakeNs a client must have chosen its export within this time
 * @param idleNs a client that sends nothing for so long is disconnected; 0 for never
 */
public record NbdServerSettings(int maxConnections, int maxPerAddress, int maxRequestBytes, int requestsPerConnection,
        long handshakeNs, long idleNs) {

    public static final NbdServerSettings DEFAULT = new NbdServerSettings(64, 0, 32 << 20, 128, 10_000_000_000L, 0);

    public NbdServerSettings {
        Checks.range("maxConnections", maxConnections, 1, 65536);
        Checks.range("maxPerAddress", maxPerAddress, 0, 65536);
        Checks.range("maxRequestBytes", maxRequestBytes, 1 << 20, 64 << 20);
        Checks.range("requestsPerConnection", requestsPerConnection, 1, 4096);
        Checks.range("handshakeNs", handshakeNs, 1_000_000L, 600_000_000_000L);
        Checks.range("idleNs", idleNs, 0, 30L * 24 * 3600 * 1_000_000_000L);
    }
}
