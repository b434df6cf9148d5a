/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.intentlog;

import java.util.ArrayDeque;
import org.netraid.block.BlockError;
import org.netraid.time.EventLoop;

/**
 * Who waits for the log, and the commits that serve them: while one runs ({@link LogCommitter}) the next gathers.
 */
final class GroupCommits {

    private final DiskIntentLog log;
    private final EventLoop loop;
    private final ColdWrites cold;
    private final GroupDelay delay = new GroupDelay();
    private SlotChanges gathering = new SlotChanges();
    private SlotChanges committing = new SlotChanges();
    private ArrayDeque<IntentWaiter> nextWaiters = new ArrayDeque<>();
    private ArrayDeque<IntentWaiter> waiters = new ArrayDeque<>();
    private boolean setBitsWanted;
    private boolean holding;
    private boolean pumpScheduled;
    /** Something has changed for those who wait while a commit was running. */
    private boolean pumpAgain;

    GroupCommits(DiskIntentLog log, EventLoop loop, ColdWrites cold) {
        this.log = log;
        this.loop = loop;
        this.cold = cold;
    }

    /** What the next commit changes. */
    SlotChanges gathering() {
        return gathering;
    }

    /** Set bits are wanted on disk with the next commit. */
    void wantBits() {
        setBitsWanted = true;
    }

    /** Hears of the next commit's end; to be followed by {@link #schedule}. */
    void add(IntentWaiter waiter) {
        nextWaiters.add(waiter);
    }

    /** Starts a commit soon, if there is anything to commit. */
    void schedule() {
        if (!pumpScheduled && !log.health.isFailed()) {
            pumpScheduled = true;
            loop.execute(() -> {
                pumpScheduled = false;
                pump();
            });
        }
    }

    /** True while nobody but cold writes waits, and more of them are about to come. */
    private boolean isHeldBack() {
        if (!nextWaiters.isEmpty() || gathering.count() > 0 || cold.hasHuge() || log.closing.hasBegun() || setBitsWanted) {
            return false;
        }
        long holdNs = delay.holdNs(loop.nanoTime(), cold.ordinaryCount());
        if (holdNs > 0 && !holding) {
            holding = true;
            loop.schedule(holdNs, () -> {
                holding = false;
                schedule();
            });
        }
        return holdNs > 0;
    }

    /** Starts the next commit if none is running; without anything to write its waiters are served at once. */
    private void pump() {
        if (log.committer.isRunning()) {
            pumpAgain = true;
            return;
        }
        if (log.health.isFailed() || log.closing.isClosed() || isHeldBack()) {
            return;
        }
        pumpAgain = false;
        ArrayDeque<IntentWaiter> gathered = nextWaiters;
        nextWaiters = waiters;
        waiters = gathered;
        setBitsWanted |= cold.admit(gathering, waiters);
        log.cooling.gather(gathering);
        SlotChanges changes = gathering;
        gathering = committing;
        committing = changes;
        gatherPages();
        if (log.committer.hasWork(committing)) {
            delay.commitStarted(loop.nanoTime());
            log.committer.start(committing, this::committed);
        } else {
            committed();
        }
    }

    private void gatherPages() {
        for (int i = 0; i < committing.count(); i++) {
            if (committing.evicted(i) >= 0) {
                log.committer.addPagesOf(committing.evicted(i));
            }
        }
        for (TargetSlot target : log.slots.all) {
            if (setBitsWanted || log.closing.hasBegun()) {
                log.committer.addPages(target.index, target.bitmap.setStale);
            }
            if (log.closing.hasBegun()) {
                log.committer.addPages(target.index, target.bitmap.clearStale);
            }
        }
        setBitsWanted = false;
    }

    private void committed() {
        for (int i = 0; i < committing.count(); i++) {
            log.table.markDurable(committing.slot(i), committing.extent(i));
        }
        if (committing.count() > 0) {
            log.cooling.arm();
            delay.commitEnded(loop.nanoTime(), waiters.size(), cold.ordinaryCount());
        }
        committing.clear();
        for (IntentWaiter waiter = waiters.poll(); waiter != null; waiter = waiters.poll()) {
            waiter.onIntent(!log.health.isFailed() ? BlockError.NONE : BlockError.EIO);
        }
        if (cold.isAdmissible() || pumpAgain && !cold.isEmpty() || !nextWaiters.isEmpty() || gathering.count() > 0) {
            schedule();
        } else if (log.closing.hasBegun()) {
            log.closing.goOn();
        }
    }

    /** The log takes nothing any more. */
    void refuseAll() {
        refuseAll(waiters);
        refuseAll(nextWaiters);
        refuseCold();
    }

    void refuseCold() {
        for (ColdWrites.Write write = cold.poll(); write != null; write = cold.poll()) {
            log.refuse(write.waiter());
        }
    }

    private void refuseAll(ArrayDeque<IntentWaiter> all) {
        for (IntentWaiter waiter = all.poll(); waiter != null; waiter = all.poll()) {
            log.refuse(waiter);
        }
    }
}
