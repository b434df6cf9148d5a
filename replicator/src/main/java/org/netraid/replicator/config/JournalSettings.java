/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.config;

/**
 * The journal of asynchronous targets.
 *
 * @param enabled false: what is queued for them is in memory only, and resynced instead of replayed after a crash
 * @param memoryBytes of the queued payloads so much stays in memory too, for targets that keep up
 */
public record JournalSettings(boolean enabled, long memoryBytes) {

    public static final JournalSettings DEFAULT = new JournalSettings(true, 16L << 20);

    public JournalSettings {
        Checks.range("journal memoryBytes", memoryBytes, 0, 16L << 30);
    }
}
