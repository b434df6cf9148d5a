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
 * @param regionsNs how often the source tells its targets what all of them have flushed, so that they need not remember it any longer; 0:
 *     targets remember nothing, and survivors of a source always need it
 * @param quorum who besides the node has a say
 */
public record FailoverSettings(long waitForPreviousSourceNs, long regionsNs, QuorumSettings quorum) {

    /** Value of {@code waitForPreviousSourceNs}. */
    public static final long FOR_EVER = -1;

    public static final FailoverSettings DEFAULT = new FailoverSettings(FOR_EVER, 5_000_000_000L);

    public FailoverSettings {
        Checks.range("waitForPreviousSourceNs", waitForPreviousSourceNs, FOR_EVER, Long.MAX_VALUE);
        Checks.range("regionsNs", regionsNs, 0, Long.MAX_VALUE);
    }

    /** With the usual interval for what targets remember. */
    public FailoverSettings(long waitForPreviousSourceNs) {
        this(waitForPreviousSourceNs, 5_000_000_000L);
    }

    /** Without quorum. */
    public FailoverSettings(long waitForPreviousSourceNs, long regionsNs) {
        this(waitForPreviousSourceNs, regionsNs, QuorumSettings.NONE);
    }

    public FailoverSettings withQuorum(QuorumSettings value) {
        return new FailoverSettings(waitForPreviousSourceNs, regionsNs, value);
    }
}
