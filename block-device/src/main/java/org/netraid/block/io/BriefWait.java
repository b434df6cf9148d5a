/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.block.io;

import java.util.function.LongSupplier;
import java.util.function.Supplier;

/**
 * Whether it pays a worker to look for more work for a moment before it sleeps: only while work has been coming within a moment of
 * falling asleep, so that a disk that is seldom written costs nothing. Between two looks the processor is offered to others. Never with
 * one processor: there whoever brings the work would wait for the look to end.
 *
 * <p>On the workers' threads. Several may ask at once; what one of them learns of another's sleep may then be late by a turn, which
 * costs a look or a wake-up and no more.
 */
final class BriefWait {

    /** Longer than an application on the same machine takes from an answer to its next request. */
    static final long LOOK_NS = 50_000;
    private static final long NEVER = Long.MIN_VALUE;

    private final LongSupplier nanoTime;
    private final Runnable yield;
    private final boolean possible;
    private volatile boolean worthwhile;
    private volatile long asleepSinceNs = NEVER;

    BriefWait() {
        this(System::nanoTime, Thread::yield, Runtime.getRuntime().availableProcessors() > 1);
    }

    BriefWait(LongSupplier nanoTime, Runnable yield, boolean possible) {
        this.nanoTime = nanoTime;
        this.yield = yield;
        this.possible = possible;
    }

    /** A worker was woken. @return whether that was soon after it, or another one, fell asleep */
    boolean begin() {
        long since = asleepSinceNs;
        worthwhile = possible && since != NEVER && nanoTime.getAsLong() - since < 2 * LOOK_NS;
        return worthwhile;
    }

    boolean isWorthwhile() {
        if (!worthwhile) {
            asleepSinceNs = nanoTime.getAsLong();
        }
        return worthwhile;
    }

    /** @return what came, or null: then the worker goes to sleep */
    <T> T until(Supplier<T> source) {
        long begin = nanoTime.getAsLong();
        long now = begin;
        while (now - begin < LOOK_NS) {
            yield.run();
            T found = source.get();
            if (found != null) {
                return found;
            }
            now = nanoTime.getAsLong();
        }
        asleepSinceNs = now;
        return null;
    }
}
