/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.decide;

/** Why a decision is asked for. */
public enum Request {
    /** By itself: the node has booted, or something it knows has changed. */
    AUTO,
    /** {@code mirror_action <tag> start}: a cluster manager or operator wants the mirror here. */
    START,
    /** {@code mirror_action <tag> force}. */
    FORCE,
    /** {@code force --i-accept-inconsistent-data}. */
    FORCE_INCONSISTENT;

    public boolean isForce() {
        return this == FORCE || this == FORCE_INCONSISTENT;
    }

    public boolean isOperator() {
        return this != AUTO;
    }
}
