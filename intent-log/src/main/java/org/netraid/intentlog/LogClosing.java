/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.intentlog;

import org.netraid.block.BlockError;

/** The end of a log that works: every bit is written, and where nothing is open it is marked clean. */
final class LogClosing {

    private final DiskIntentLog log;
    private boolean begun;
    private boolean closed;
    private IntentWaiter waiter;

    LogClosing(DiskIntentLog log) {
        this.log = log;
    }

    boolean hasBegun() {
        return begun;
    }

    boolean isClosed() {
        return closed;
    }

    void begin(IntentWaiter whenClosed) {
        begun = true;
        log.cooling.stop();
        waiter = whenClosed;
        log.commits.refuseCold();
        log.cold.forgetAttempts();
        log.commits.schedule();
    }

    /** The log has failed for good. */
    void refuse() {
        if (waiter != null) {
            log.refuse(waiter);
            waiter = null;
        }
    }

    /** A commit has ended, and nobody waits for another. */
    void goOn() {
        if (log.health.isDegraded()) {
            end();
            return;
        }
        boolean quiet = log.table.activeWrites() == 0 && !log.huge.isActive() && !log.slots.hasUnflushedWrites();
        if (!log.slots.hasStalePages() && quiet && !log.committer.isMarkedClean()) {
            log.committer.markClean();
            log.commits.schedule();
        } else if (log.slots.hasStalePages()) {
            log.commits.schedule();
        } else {
            end();
        }
    }

    private void end() {
        closed = true;
        IntentWaiter told = waiter;
        waiter = null;
        told.onIntent(BlockError.NONE);
    }
}
