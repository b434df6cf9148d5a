/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.link.io;

import io.netty.channel.SelectStrategy;
import io.netty.util.IntSupplier;
import java.util.function.LongSupplier;

/**
 * Looks for events a little longer before the loop sleeps, while events have been coming quickly: to be woken costs the loop, and whoever
 * wakes it, more than most of what they then do. A loop that has slept for longer does not spin again before it has been woken soon
 * after it fell asleep, so that an idle one, or one that waits for a slow line, costs nothing.
 *
 * <p>Between two looks the processor is offered to others. On the loop's thread only.
 */
final class BriefSpin implements SelectStrategy {

    /** Longer than an answer of another process on the same machine takes. */
    static final long SPIN_NS = 50_000;
    /** Asleep, woken and at work for less than this: spinning would have met the event. */
    static final long SHORT_NS = 2 * SPIN_NS;
    private static final long NEVER = Long.MIN_VALUE;

    private final LongSupplier nanoTime;
    private final Runnable yield;
    private long spinningSinceNs = NEVER;
    private long asleepSinceNs = NEVER;
    private boolean worthwhile;

    BriefSpin() {
        this(System::nanoTime, Thread::yield);
    }

    BriefSpin(LongSupplier nanoTime, Runnable yield) {
        this.nanoTime = nanoTime;
        this.yield = yield;
    }

    @Override
    public int calculateStrategy(IntSupplier ready, boolean hasTasks) throws Exception {
        long now = nanoTime.getAsLong();
        if (asleepSinceNs != NEVER) {
            worthwhile = now - asleepSinceNs < SHORT_NS;
            asleepSinceNs = NEVER;
        }
        if (hasTasks || worthwhile) {
            int events = ready.get();
            if (hasTasks || events != 0) {
                spinningSinceNs = NEVER;
                return events;
            }
            if (spinningSinceNs == NEVER) {
                spinningSinceNs = now;
            }
            if (now - spinningSinceNs < SPIN_NS) {
                yield.run();
                return CONTINUE;
            }
        }
        spinningSinceNs = NEVER;
        asleepSinceNs = now;
        return SELECT;
    }
}
