/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.sim;

/**
 * Pace and limits of simulated links.
 *
 * @param minDelayNs shortest way of a segment
 * @param maxDelayNs longest way of a segment
 * @param windowBytes most bytes sent and not taken by the other side's handler
 * @param queueBytes from here on {@code isWritable} is false; true again at half of it
 * @param fragmentPermille how often a segment is cut to a few bytes instead of all that fits
 */
public record SimLinkOptions(long minDelayNs, long maxDelayNs, int windowBytes, int queueBytes, int fragmentPermille) {

    public SimLinkOptions {
        if (minDelayNs < 0 || maxDelayNs < minDelayNs || windowBytes < 1 || queueBytes < 1) {
            throw new IllegalArgumentException("link from " + minDelayNs + " to " + maxDelayNs + " ns, window " + windowBytes
                    + ", queue " + queueBytes);
        }
    }

    /** 20 to 300 µs, 64 KiB window, 64 KiB queue, one segment in ten fragmented. */
    public static SimLinkOptions defaults() {
        return new SimLinkOptions(20_000, 300_000, 64 << 10, 64 << 10, 100);
    }
}
