/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.mirror;

import org.netraid.time.EventLoop;

/**
 * How much has been written since the last flush round began, and when the engine should run one itself: after some megabytes, after
 * some time, or when the intent log runs out of cool extents.
 */
final class WriteEpoch {

    private final EventLoop loop;
    private final long flushBytes;
    private final long flushIntervalNs;
    private final Runnable onInterval;
    private final Runnable due;
    private long bytes;
    private boolean open;
    private EventLoop.Timer timer;

    /** @param due runs when the interval has passed with something unflushed */
    WriteEpoch(EventLoop loop, long flushBytes, long flushIntervalNs, Runnable due) {
        this.loop = loop;
        this.flushBytes = flushBytes;
        this.flushIntervalNs = flushIntervalNs;
        this.due = due;
        this.onInterval = this::onInterval;
    }

    /** Something was written, or waits for a flush for another reason. */
    void add(long writtenBytes) {
        bytes += writtenBytes;
        open = true;
        if (timer == null) {
            timer = loop.schedule(flushIntervalNs, onInterval);
        }
    }

    /** A flush round begins that covers everything so far. */
    void close() {
        bytes = 0;
        open = false;
    }

    boolean isFull() {
        return bytes >= flushBytes;
    }

    void stop() {
        if (timer != null) {
            timer.cancel();
            timer = null;
        }
    }

    private void onInterval() {
        timer = null;
        if (open) {
            due.run();
        }
    }
}
