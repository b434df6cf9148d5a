/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.nbd.client;

import java.util.function.LongConsumer;
import org.netraid.time.EventLoop;

/** How long the server may show no progress with the request that has waited longest. */
final class Patience {

    private final EventLoop loop;
    private final RequestAges ages;
    private final long longestNs;
    private final LongConsumer over;
    private final Runnable timerTask = this::onTimer;
    private EventLoop.Timer timer;
    private long patienceNs;
    private boolean stopped;

    /** @param over told how long the oldest request has waited, when that was too long */
    Patience(EventLoop loop, RequestAges ages, long longestNs, LongConsumer over) {
        this.loop = loop;
        this.ages = ages;
        this.longestNs = longestNs;
        this.patienceNs = longestNs;
        this.over = over;
    }

    /** From now on, also for what waits already; not longer than the configured time. */
    void limit(long timeoutNs) {
        patienceNs = Math.min(timeoutNs, longestNs);
        cancel();
        if (isWatching()) {
            timer = loop.schedule(Math.max(0, patienceNs - waitedNs()), timerTask);
        }
    }

    /** Requests may be under way. */
    void arm() {
        if (timer == null && isWatching()) {
            timer = loop.schedule(patienceNs, timerTask);
        }
    }

    /** Nothing is waited for any more. */
    void stop() {
        stopped = true;
    }

    void cancel() {
        if (timer != null) {
            timer.cancel();
            timer = null;
        }
    }

    private boolean isWatching() {
        return !stopped && ages.oldest() != null;
    }

    private long waitedNs() {
        return loop.nanoTime() - ages.oldest().progressNs;
    }

    private void onTimer() {
        timer = null;
        if (!isWatching()) {
            return;
        }
        long waitedNs = waitedNs();
        if (waitedNs >= patienceNs) {
            over.accept(waitedNs);
        } else {
            timer = loop.schedule(patienceNs - waitedNs, timerTask);
        }
    }
}
