/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.resync;

/**
 * How a resync goes about its work.
 *
 * @param windowRequests chunk runs in flight per target at one time
 * @param busyWindowRequests the same while the application is writing
 * @param maxRequestBytes longest chunk run copied at once; a chunk that is larger is copied whole
 * @param maxBytesPerSecond ceiling of the rate per target; 0 for none (DataKeeper: LKDR_SPEED_LIMIT)
 */
public record ResyncConfig(int windowRequests, int busyWindowRequests, int maxRequestBytes, long maxBytesPerSecond) {

    public static final ResyncConfig DEFAULT = new ResyncConfig(16, 4, 256 << 10, 0);

    public ResyncConfig {
        if (windowRequests < 1 || windowRequests > 64 || busyWindowRequests < 1 || busyWindowRequests > windowRequests) {
            throw new IllegalArgumentException("resync window of " + windowRequests + " requests, " + busyWindowRequests
                    + " while the application writes: 1 to 64, and the second not above the first");
        }
        if (maxRequestBytes < 4096 || maxRequestBytes > 1 << 20) {
            throw new IllegalArgumentException("resync request of " + maxRequestBytes + " bytes is not from 4096 to 1048576");
        }
        if (maxBytesPerSecond < 0) {
            throw new IllegalArgumentException("resync rate " + maxBytesPerSecond + " is negative");
        }
    }
}
