/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.mirror;

/** Who keeps a mirror from carrying out modifications. Each sets and lifts its own reason; the mirror runs when none is left. */
public enum IoReason {
    /** An operator, for a snapshot. */
    OPERATOR,
    /** The node has lost its quorum. */
    QUORUM,
    /** The mirror is going out of service. */
    LEAVING
}
