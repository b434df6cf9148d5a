/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.config;

import org.netraid.mirror.QueueLimit;

/**
 * The connections from a source to its targets.
 *
 * @param requestTimeoutNs a target that leaves a request unanswered for this long is lost; the application waits no longer
 *     than that (NBD_XMIT_TIMEOUT)
 * @param connectNs an attempt to connect, including the NBD handshake, may take this long
 * @param reconnectNs pause between attempts
 * @param requests application requests in flight in the mirror; more wait
 * @param flushIntervalNs the mirror flushes its targets at least this often while extents wait for it
 * @param queue how far a target of protocol A may lag behind
 * @param journal where what is queued for it is kept
 */
public record TargetSettings(long requestTimeoutNs, long connectNs, long reconnectNs, int requests, long flushIntervalNs,
        QueueLimit queue, JournalSettings journal) {

    public static final TargetSettings DEFAULT =
            new TargetSettings(6_000_000_000L, 5_000_000_000L, 1_000_000_000L, 256, 200_000_000L, QueueLimit.DEFAULT,
                    JournalSettings.DEFAULT);

    /** With the default queue. */
    public TargetSettings(long requestTimeoutNs, long connectNs, long reconnectNs, int requests, long flushIntervalNs) {
        this(requestTimeoutNs, connectNs, reconnectNs, requests, flushIntervalNs, QueueLimit.DEFAULT, JournalSettings.DEFAULT);
    }

    public TargetSettings {
        Checks.range("requestTimeoutNs", requestTimeoutNs, 1_000_000L, 600_000_000_000L);
        Checks.range("connectNs", connectNs, 1_000_000L, 600_000_000_000L);
        Checks.range("reconnectNs", reconnectNs, 1_000_000L, 600_000_000_000L);
        Checks.range("requests", requests, 1, 4096);
        Checks.range("flushIntervalNs", flushIntervalNs, 1_000_000L, 60_000_000_000L);
    }
}
