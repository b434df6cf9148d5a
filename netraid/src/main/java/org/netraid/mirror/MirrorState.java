/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.mirror;

/** What a mirror does with requests. */
public enum MirrorState {
    /** Serves everything. */
    RUNNING,
    /** Reads are served, modifications and flushes wait or end with EIO; {@link Mirror#ioReasons} says why. */
    SUSPENDED,
    /** Local disk or intent log can no longer be trusted: modifications and flushes end with EIO, reads are served. */
    FAILED,
    /** Refuses everything with ESHUTDOWN. */
    CLOSED
}
