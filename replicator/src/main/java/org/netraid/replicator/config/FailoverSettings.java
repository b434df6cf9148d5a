/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.config;

/**
 * Who may start, and when.
 *
 * @param waitForPreviousSourceNs how long other targets wait for the bitmap of a source that is away before they get a full resync:
 *     0 = not at all, {@link #FOR_EVER} = until it returns or {@code fullresync} (LKDR_WAIT_FOR_PREVIOUS_SOURCE_TIMEOUT)
 */
public record FailoverSettings(long waitForPreviousSourceNs) {

    /** Value of {@code waitForPreviousSourceNs}. */
    public static final long FOR_EVER = -1;

    public static final FailoverSettings DEFAULT = new FailoverSettings(FOR_EVER);

    public FailoverSettings {
        Checks.range("waitForPreviousSourceNs", waitForPreviousSourceNs, FOR_EVER, Long.MAX_VALUE);
    }
}
