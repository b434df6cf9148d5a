/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.config;

/**
 * The resync of one target.
 *
 * @param maxBytesPerSecond never faster than this; 0 = no limit (LKDR_SPEED_LIMIT)
 * @param minBytesPerSecond not slower than this for the application's sake; 0 = may stand still (LKDR_SPEED_LIMIT_MIN)
 * @param chunksInFlight chunks copied at the same time
 */
public record ResyncSettings(long maxBytesPerSecond, long minBytesPerSecond, int chunksInFlight) {

    public static final ResyncSettings DEFAULT = new ResyncSettings(500_000L << 10, 20_000L << 10, 16);

    public ResyncSettings {
        Checks.range("maxBytesPerSecond", maxBytesPerSecond, 0, 1L << 50);
        Checks.range("minBytesPerSecond", minBytesPerSecond, 0, maxBytesPerSecond == 0 ? 1L << 50 : maxBytesPerSecond);
        Checks.range("chunksInFlight", chunksInFlight, 1, 1024);
    }
}
