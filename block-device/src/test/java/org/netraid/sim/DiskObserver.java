/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.sim;

import org.netraid.block.BlockCommand;

/** Watches a {@link SimDisk} for checkers. It must not submit requests; it may throw to fail the run or to crash a node. */
public interface DiskObserver {

    /** Part or all of a modifying command is about to become visible. */
    default void beforeApply(SimDisk disk, BlockCommand command, long offsetBytes, long lengthBytes) {
    }

    /** Content that reads see has changed in this range (by a command, rot or a crash). */
    default void contentChanged(SimDisk disk, long offsetBytes, long lengthBytes) {
    }

    /** Content that is sure to survive a power cut has changed in this range (by a flush, FUA or a crash). */
    default void durableChanged(SimDisk disk, long offsetBytes, long lengthBytes) {
    }
}
