/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.control;

/**
 * What the resyncs of a mirror have cost since it went in service on this node, all targets together, and how fast they may go.
 *
 * @param localReadBytes read from the local disk: once for all targets that needed the bytes at the same time
 * @param sentBytes data sent, counted for each target
 * @param zeroBytes given to targets as zeros without data, counted for each target
 * @param equalBytes not sent because the target had them already, counted for each target
 * @param comparedBytes hashed on the local disk to find out what is equal
 * @param compareMillis time in which it was hashing: what that costs, on one core
 * @param maxBytesPerSecond ceiling for each target; 0: none
 * @param minBytesPerSecond what a resync may take beside the application, however slow that makes its writes
 * @param paceBytesPerSecond what the application's latency leaves at this moment; 0: no limit
 * @param quietP99Micros 99th percentile of the application's writes while the resyncs step aside; 0: not measured
 */
public record ResyncStatus(long localReadBytes, long sentBytes, long zeroBytes, long equalBytes, long comparedBytes,
        long compareMillis, long maxBytesPerSecond, long minBytesPerSecond, long paceBytesPerSecond, long quietP99Micros) {

    /** Of a mirror that is not in service here. */
    public static final ResyncStatus NONE = new ResyncStatus(0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
}
