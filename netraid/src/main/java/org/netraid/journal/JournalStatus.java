/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.journal;

/**
 * The journal of a mirror at one moment, for status and metrics.
 *
 * @param isOpen false: what is queued is kept in memory only
 * @param diskBytes what it takes on disk
 * @param records records that some target has still to get or to flush
 * @param memoryBytes memory that queued payloads take
 * @param problem why it does not take records now; "" if it does
 */
public record JournalStatus(boolean isOpen, long diskBytes, long records, long memoryBytes, String problem) {
}
