/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.config;

import org.netraid.resync.ResyncConfig;

/**
 * The resync of one target.
 *
 * @param maxBytesPerSecond never faster than this; 0 = no limit (LKDR_SPEED_LIMIT)
 * @param minBytesPerSecond not slower than this for the application's sake; 0 = may stand still (LKDR_SPEED_LIMIT_MIN)
 * @param chunksInFlight requests of up to 1 MiB on their way to a target at the same time
 */
public record ResyncSettings(long maxBytesPerSecond, long minBytesPerSecond, int chunksInFlight) {

    public static final ResyncSettings DEFAULT = new ResyncSettings(0, 20_000L << 10, 16);

    public ResyncSettings {
        Checks.range("maxBytesPerSecond", maxBytesPerSecond, 0, 1L << 50);
        Checks.range("minBytesPerSecond", minBytesPerSecond, 0, maxBytesPerSecond == 0 ? 1L << 50 : maxBytesPerSecond);
        Checks.range("chunksInFlight", chunksInFlight, 1, 64);
    }

    /** The same for the resync. */
    public ResyncConfig engine() {
        return new ResyncConfig(chunksInFlight, ResyncConfig.DEFAULT.maxRequestBytes(), maxBytesPerSecond, minBytesPerSecond);
    }
}
