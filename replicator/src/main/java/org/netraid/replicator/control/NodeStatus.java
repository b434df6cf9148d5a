/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.control;

import java.util.List;

/**
 * One node.
 *
 * @param node its name
 * @param peerAddress where it listens for other nodes; "" before it listens
 * @param nbdAddress where it serves its disks to sources; "" before it listens
 * @param peers the other nodes with a daemon
 * @param mirrors its mirrors, in the order of the configuration
 */
public record NodeStatus(String node, String peerAddress, String nbdAddress, List<PeerStatus> peers, List<MirrorStatus> mirrors) {

    public NodeStatus {
        peers = List.copyOf(peers);
        mirrors = List.copyOf(mirrors);
    }
}
