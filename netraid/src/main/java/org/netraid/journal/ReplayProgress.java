/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.journal;

/**
 * The replay of what an earlier life of the source has left for one target.
 *
 * @param comparing the target is being asked how far it had come
 * @param doneRecords replayed
 * @param totalRecords in the journal to be gone through; those of other targets are counted as well
 */
public record ReplayProgress(boolean comparing, long doneRecords, long totalRecords) {
}
