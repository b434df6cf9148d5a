/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.node;

import java.util.function.LongSupplier;
import org.netraid.fault.FaultPoints;
import org.netraid.link.LinkFactory;
import org.netraid.replicator.config.ClusterConfig;
import org.netraid.replicator.quorum.QuorumGuard;
import org.netraid.store.StateFolder;
import org.netraid.time.EventLoop;
import org.netraid.time.WallClock;

/**
 * Everything a node is made of.
 *
 * @param config the cluster
 * @param node which of its nodes this is
 * @param secret the cluster's secret
 * @param folder this node's state folder, of this node alone
 * @param disks opens its disks
 * @param links its network
 * @param loop its event loop; links and disks complete on it
 * @param wallClock for event times
 * @param random unpredictable in production: generations, tokens and nonces are made of it
 * @param tls what its links are secured with
 * @param hooks calls an operator's programs
 * @param faults planted defects, for tests
 * @param quorum answers for mirrors with {@code quorum = "embedded"}
 */
public record NodeEnvironment(ClusterConfig config, String node, byte[] secret, StateFolder folder, DiskOpener disks, LinkFactory links,
        EventLoop loop, WallClock wallClock, LongSupplier random, NodeTls tls, HookRunner hooks, FaultPoints faults, QuorumGuard quorum) {

    /** A node without planted defects, around which no program answers for its quorum. */
    public NodeEnvironment(ClusterConfig config, String node, byte[] secret, StateFolder folder, DiskOpener disks, LinkFactory links,
            EventLoop loop, WallClock wallClock, LongSupplier random, NodeTls tls, HookRunner hooks) {
        this(config, node, secret, folder, disks, links, loop, wallClock, random, tls, hooks, FaultPoints.NONE, QuorumGuard.ABSENT);
    }

    /** A node in a cluster without TLS and hooks. */
    public NodeEnvironment(ClusterConfig config, String node, byte[] secret, StateFolder folder, DiskOpener disks, LinkFactory links,
            EventLoop loop, WallClock wallClock, LongSupplier random) {
        this(config, node, secret, folder, disks, links, loop, wallClock, random, NodeTls.NONE, HookRunner.NONE);
    }
}
