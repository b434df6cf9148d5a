/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
/**
 * The words between an operator and a node: commands in, results and status out.
 *
 * <p>Pure values and interfaces; no behaviour. Written by the command line and the control server, carried between nodes by
 * the peer channel, carried out by {@code org.netraid.replicator.node}. Operators' words are DataKeeper's; {@code docs/failover.md}
 * maps them to the engine's.
 *
 * <p><b>Stable</b>: what is public here changes only with a line in the change log.
 */
package org.netraid.replicator.control;
