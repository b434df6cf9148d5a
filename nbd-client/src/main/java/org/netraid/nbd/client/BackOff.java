/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.nbd.client;

import java.util.function.LongUnaryOperator;

/**
 * Waiting times that double from a first one up to a largest one, each shortened at random by up to a half, so that many
 * clients of one server do not come back in step.
 */
public final class BackOff {

    private final long firstNs;
    private final long maxNs;
    private final LongUnaryOperator random;
    private long nextNs;

    /** @param random gives a number from 0 up to, but not including, its argument */
    public BackOff(long firstNs, long maxNs, LongUnaryOperator random) {
        if (firstNs < 2 || maxNs < firstNs) {
            throw new IllegalArgumentException("back-off from " + firstNs + " to " + maxNs + " ns");
        }
        this.firstNs = firstNs;
        this.maxNs = maxNs;
        this.random = random;
        this.nextNs = firstNs;
    }

    /** How long to wait before the next attempt. */
    public long nextDelayNs() {
        long ceiling = nextNs;
        nextNs = nextNs > maxNs / 2 ? maxNs : nextNs * 2;
        return ceiling - random.applyAsLong(ceiling / 2);
    }

    /** After a success: the next wait is the first one again. */
    public void reset() {
        nextNs = firstNs;
    }
}
