/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.peer;

import java.util.List;
import org.netraid.link.LinkAddress;

/**
 * What the peer channel needs to know.
 *
 * @param cluster name of the cluster; nodes of others are refused
 * @param node this node
 * @param listen where this node listens
 * @param peers the other nodes
 * @param secret the cluster's shared secret, at least {@value #MIN_SECRET_BYTES} bytes
 * @param heartbeatNs a peer hears something at least this often
 * @param deadNs a peer not heard for so long is gone
 * @param connectNs longest time for connecting and the handshake
 * @param reconnectNs shortest pause between attempts; doubles up to eight times that
 */
public record PeerConfig(String cluster, String node, LinkAddress listen, List<Peer> peers, byte[] secret, long heartbeatNs, long deadNs,
        long connectNs, long reconnectNs) {

    /** Shorter secrets can be guessed. */
    public static final int MIN_SECRET_BYTES = 16;

    public PeerConfig {
        peers = List.copyOf(peers);
        secret = secret.clone();
        if (secret.length < MIN_SECRET_BYTES) {
            throw new IllegalArgumentException("the cluster secret has " + secret.length + " bytes; at least " + MIN_SECRET_BYTES
                    + " are needed: head -c 32 /dev/urandom | base64 > SECRET_FILE");
        }
    }

    @Override
    public byte[] secret() {
        return secret.clone();
    }

    boolean knows(String name) {
        return peers.stream().anyMatch(peer -> peer.node().equals(name));
    }

    /** Another node and where it listens. */
    public record Peer(String node, LinkAddress address) {
    }
}
