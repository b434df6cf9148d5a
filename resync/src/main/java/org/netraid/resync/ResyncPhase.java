/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.resync;

/** The steps of a resync, in order. */
public enum ResyncPhase {
    /** The target is being marked inconsistent. */
    MARKING,
    /** Dirty chunks are being copied. */
    COPYING,
    /** Everything is copied: waiting for the flush and for writes that began before the target was connected. */
    SETTLING,
    /** The log and the target are being told that they are in sync. */
    FINISHING,
    /** In sync. */
    DONE,
    /** Given up: the target is lost, paused or refused. What was copied and flushed stays so. */
    CANCELLED
}
