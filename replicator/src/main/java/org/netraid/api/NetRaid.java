/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.api;

import org.netraid.replicator.daemon.EmbeddedNode;

/** The way in for a process that embeds the engine. */
public final class NetRaid {

    private NetRaid() {
    }

    /**
     * Boots a node of a cluster, with all its mirrors, in this process: the state folder is locked, its addresses are listened on. Returns
     * when that is so; whether the mirror goes in service by itself is for the decision table, as in the daemon.
     *
     * <p>Start the process with the flags that {@code docs/embedding.md} names.
     *
     * @return the mirror that the configuration names
     * @throws NetRaidException one sentence: what keeps the node from starting
     */
    public static NetRaidDevice open(NetRaidConfig config) throws NetRaidException {
        return EmbeddedNode.open(config);
    }
}
