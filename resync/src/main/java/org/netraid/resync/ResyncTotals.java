/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.resync;

/**
 * What the resyncs of a mirror have cost since it went in service, all targets together.
 *
 * @param localBytesRead read from the local disk; a chunk that several targets need at the same time counts once
 * @param bytesSent payload sent to targets; counts once for each target
 * @param bytesAsZeros sent as WRITE_ZEROES, once for each target
 * @param bytesEqual not sent because the target had them already, once for each target
 * @param bytesCompared hashed on the local disk to find out
 * @param comparingNs time in which it was hashing
 * @param paceBytesPerSecond what the application's latency leaves to the resyncs at this moment; 0: no limit, or nothing runs
 * @param quietP99Ns 99th percentile of the application's writes while the resyncs step aside; 0 while unknown
 */
public record ResyncTotals(long localBytesRead, long bytesSent, long bytesAsZeros, long bytesEqual, long bytesCompared,
        long comparingNs, long paceBytesPerSecond, long quietP99Ns) {

    public static final ResyncTotals NONE = new ResyncTotals(0, 0, 0, 0, 0, 0, 0, 0);
}
