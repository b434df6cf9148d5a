/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.resync;

/**
 * Bounds within which a resync finds its own way; none of them needs to be set.
 *
 * @param windowRequests most chunk runs in flight per target
 * @param maxRequestBytes longest chunk run copied at once; a chunk that is larger is copied whole
 * @param maxBytesPerSecond ceiling of the rate per target; 0 for none (DataKeeper: LKDR_SPEED_LIMIT)
 * @param minBytesPerSecond rate that the resync may take beside the application, however slow that makes its writes; 0 for hardly
 *     any (DataKeeper: LKDR_SPEED_LIMIT_MIN)
 */
public record ResyncConfig(int windowRequests, int maxRequestBytes, long maxBytesPerSecond, long minBytesPerSecond) {

    public static final ResyncConfig DEFAULT = new ResyncConfig(16, 1 << 20, 0, 20_000L << 10);

    public ResyncConfig {
        if (windowRequests < 1 || windowRequests > 64) {
            throw new IllegalArgumentException("resync window of " + windowRequests + " requests is not from 1 to 64");
        }
        if (maxRequestBytes < 4096 || maxRequestBytes > 1 << 20) {
            throw new IllegalArgumentException("resync request of " + maxRequestBytes + " bytes is not from 4096 to 1048576");
        }
        if (maxBytesPerSecond < 0 || minBytesPerSecond < 0 || maxBytesPerSecond > 0 && minBytesPerSecond > maxBytesPerSecond) {
            throw new IllegalArgumentException("resync rates from " + minBytesPerSecond + " to " + maxBytesPerSecond
                    + " bytes per second: neither is negative, and the lowest is not above the highest (0: no highest)");
        }
    }

    /** The same with other limits of the rate. */
    public ResyncConfig withRates(long maxPerSecond, long minPerSecond) {
        return new ResyncConfig(windowRequests, maxRequestBytes, maxPerSecond, minPerSecond);
    }
}
