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
 * @param silence whether nothing at all is copied in the moments in which it hears how long the application's writes take without it;
 *     false: the lowest rate goes on meanwhile, which hears less well, and lets a simulated short life have its copies beside the writes
 */
public record ResyncConfig(int windowRequests, int maxRequestBytes, long maxBytesPerSecond, long minBytesPerSecond, boolean silence) {

    public static final ResyncConfig DEFAULT = new ResyncConfig(16, 1 << 20, 0, 20_000L << 10);

    /** With moments of silence. */
    public ResyncConfig(int windowRequests, int maxRequestBytes, long maxBytesPerSecond, long minBytesPerSecond) {
        this(windowRequests, maxRequestBytes, maxBytesPerSecond, minBytesPerSecond, true);
    }

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
        return new ResyncConfig(windowRequests, maxRequestBytes, maxPerSecond, minPerSecond, silence);
    }

    /** The same without moments of silence. */
    public ResyncConfig withoutSilence() {
        return new ResyncConfig(windowRequests, maxRequestBytes, maxBytesPerSecond, minBytesPerSecond, false);
    }
}
