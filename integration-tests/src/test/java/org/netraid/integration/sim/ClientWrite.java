/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.integration.sim;

/** One modification of the client, as its history knows it. Times are history ticks. */
final class ClientWrite {

    static final long RUNNING = Long.MAX_VALUE;

    final long stamp;
    final long invoked;
    /** Sectors [first, end) that it modifies. */
    final int firstSector;
    final int endSector;
    long ended = RUNNING;
    /** It has certainly happened: acknowledged, and not a trim (whose content is undefined). */
    boolean definite;
    /** A completed flush or FUA covers it. */
    boolean durable;

    ClientWrite(long stamp, long invoked, int firstSector, int endSector) {
        this.stamp = stamp;
        this.invoked = invoked;
        this.firstSector = firstSector;
        this.endSector = endSector;
    }

    boolean wasAcknowledgedBefore(long tick) {
        return definite && ended < tick;
    }

    @Override
    public String toString() {
        return "write " + stamp + " [" + invoked + ".." + (ended == RUNNING ? "running" : ended) + (definite ? " ok" : "")
                + (durable ? " durable" : "") + "]";
    }
}
