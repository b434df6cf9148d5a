/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.journal;

/**
 * The replay of what an earlier life of the source has left for one target.
 *
 * @param comparing the target is being asked how far it had come
 * @param doneBytes replayed
 * @param totalBytes to be replayed, as far as known
 */
public record ReplayProgress(boolean comparing, long doneBytes, long totalBytes) {
}
