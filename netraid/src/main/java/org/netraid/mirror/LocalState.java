/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.mirror;

/** How the local disk takes part. */
public enum LocalState {
    /** Serves reads and gets every write. */
    ATTACHED,
    /** Given up after an error: targets serve. */
    DETACHED,
    /** A new or repaired disk gets every write and is being filled; targets serve the reads. */
    FILLING
}
