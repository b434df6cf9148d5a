/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.intentlog;

import org.netraid.time.EventLoop;
import org.roaringbitmap.RoaringBitmap;

/** Writes bits that nobody waits for, some at a time. */
final class LazyBits {

    private static final int MAX_PAGES = 1024;

    private final DiskIntentLog log;
    private final EventLoop loop;
    private final long periodNs;
    private boolean scheduled;

    LazyBits(DiskIntentLog log, EventLoop loop, long periodNs) {
        this.log = log;
        this.loop = loop;
        this.periodNs = periodNs;
    }

    /** Bits may have changed. */
    void arm() {
        if (!scheduled && isWanted() && log.slots.hasStalePages()) {
            scheduled = true;
            loop.schedule(periodNs, this::write);
        }
    }

    private void write() {
        scheduled = false;
        if (!isWanted()) {
            return;
        }
        int room = MAX_PAGES;
        for (TargetSlot target : log.slots.all) {
            RoaringBitmap stale = RoaringBitmap.or(target.bitmap.setStale, target.bitmap.clearStale);
            RoaringBitmap some = stale.limit(room);
            room -= some.getCardinality();
            log.committer.addPages(target.index, some);
        }
        arm();
        log.commits.schedule();
    }

    private boolean isWanted() {
        return !log.health.isFailed() && !log.health.isDegraded() && !log.closing.hasBegun();
    }
}
