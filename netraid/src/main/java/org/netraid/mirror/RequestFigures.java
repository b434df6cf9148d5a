/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.mirror;

/** What the requests of a mirror have done since it was made. */
final class RequestFigures {

    long bytesRead;
    long bytesWritten;
    long flushes;
    /** Of the modifications. */
    final WriteLatency writeLatency = new WriteLatency();
}
