/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.intentlog;

import org.netraid.intentlog.format.Superblock;

/** What opening a log has found or made: the start of its life in memory. */
record OpenedLog(IntentLogLayout layout, TargetSlots slots, ExtentTable table, Superblock superblock, long ringSequence,
        long pageSequence, IntentLog.Recovery recovery) {
}
