/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.config;

/**
 * The channel between nodes.
 *
 * @param heartbeatNs a peer hears something from us at least this often
 * @param deadNs a peer that says nothing for this long is gone; at least twice the heartbeat
 * @param connectNs an attempt to connect and authenticate may take this long
 * @param reconnectNs pause between attempts
 */
public record PeerSettings(long heartbeatNs, long deadNs, long connectNs, long reconnectNs) {

    public static final PeerSettings DEFAULT =
            new PeerSettings(500_000_000L, 3_000_000_000L, 3_000_000_000L, 500_000_000L);

    public PeerSettings {
        Checks.range("heartbeatNs", heartbeatNs, 1_000_000L, 60_000_000_000L);
        Checks.range("deadNs", deadNs, 2 * heartbeatNs, 600_000_000_000L);
        Checks.range("connectNs", connectNs, 1_000_000L, 600_000_000_000L);
        Checks.range("reconnectNs", reconnectNs, 1_000_000L, 600_000_000_000L);
    }
}
