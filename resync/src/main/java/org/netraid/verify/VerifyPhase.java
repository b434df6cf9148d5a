/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.verify;

/** Where a verify stands. */
public enum VerifyPhase {
    RUNNING,
    /** Everything was compared. */
    DONE,
    /** Ended early: an operator stopped it, or the target or the mirror left service. */
    STOPPED
}
