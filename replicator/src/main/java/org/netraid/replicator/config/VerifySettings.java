/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.config;

/**
 * Comparing the targets with the source.
 *
 * @param everyNs each target is compared so often, by itself; 0: only when an operator asks
 * @param maxBytesPerSecond never faster than this; 0 = no limit
 */
public record VerifySettings(long everyNs, long maxBytesPerSecond) {

    public static final VerifySettings DEFAULT = new VerifySettings(0, 100L << 20);

    /** More often would be all the time. */
    public static final long MIN_EVERY_NS = 60_000_000_000L;

    public VerifySettings {
        if (everyNs != 0) {
            Checks.range("verify everyNs", everyNs, MIN_EVERY_NS, Long.MAX_VALUE);
        }
        Checks.range("verify maxBytesPerSecond", maxBytesPerSecond, 0, 1L << 50);
    }
}
