/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
/**
 * A node of the cluster: boots from (configuration, name, state folder, disks, links, loop, clock, randomness) and crashes by being
 * dropped.
 *
 * <p>Pure: everything it touches comes through SPIs, so that whole clusters run in one thread in the simulator. {@link
 * org.netraid.replicator.node.ReplicatorNode} is the public face and routes; one {@code VolumeAgent} per mirror decides and changes roles;
 * {@code SourceSide} is the mirror in service with a {@code TargetConnection} per target; {@code TargetSide} is a disk that belongs to
 * a source elsewhere. All on the node's one event loop.
 *
 * <p>Rules: {@code docs/failover.md}.
 */
package org.netraid.replicator.node;
