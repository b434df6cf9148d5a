/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.state;

/** What a node is doing for one mirror now. Not durable: a node that boots has no role until the decision table gives it one. */
public enum Role {
    /** Out of service and not serving a source. */
    STOPPED,
    /** Finding out what the others know, or changing role. */
    DECIDING,
    /** In service: the application writes here. */
    SOURCE,
    /** Its disk belongs to a source on another node. */
    TARGET,
    /** A rule forbids this node to start; the status says which. */
    BLOCKED
}
