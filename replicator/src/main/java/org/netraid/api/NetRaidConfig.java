/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.api;

import org.netraid.replicator.config.ClusterConfig;
import org.netraid.replicator.daemon.EmbeddedNode;
import org.netraid.replicator.quorum.QuorumGuard;

/**
 * Which node this process is, and which of its mirrors it wants.
 *
 * @param cluster the whole cluster, the same on every node
 * @param node the name of this node
 * @param tag the mirror
 * @param secret what the nodes know each other by; at least 16 bytes
 * @param quorum answers for mirrors with {@code quorum = "embedded"}; asked on the node's loop, may answer from any thread
 * @param controlSocket true: {@code mirror_action} and {@code mirror_status} reach this process as they reach the daemon
 */
public record NetRaidConfig(ClusterConfig cluster, String node, String tag, byte[] secret, QuorumGuard quorum,
        boolean controlSocket) {

    /**
     * Reads the daemon's configuration file and the file of the secret it names.
     *
     * @throws NetRaidException file, place and what is wrong there
     */
    public static NetRaidConfig ofFile(String file, String node, String tag) throws NetRaidException {
        return EmbeddedNode.read(file, node, tag);
    }

    public NetRaidConfig withControlSocket(boolean value) {
        return new NetRaidConfig(cluster, node, tag, secret, quorum, value);
    }

    public NetRaidConfig withQuorum(QuorumGuard value) {
        return new NetRaidConfig(cluster, node, tag, secret, value, controlSocket);
    }
}
