/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.control;

/**
 * The journal of the asynchronous targets, on their source.
 *
 * @param open false: there is none; queues are in memory
 * @param diskBytes what it takes on disk
 * @param records writes that some target has still to get or to flush
 * @param memoryBytes memory for queued payloads
 * @param problem why it takes no records now, and what to do; "" if it does
 */
public record JournalReport(boolean open, long diskBytes, long records, long memoryBytes, String problem) {

    public static final JournalReport NONE = new JournalReport(false, 0, 0, 0, "");
}
