/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.block.io;

import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.netraid.time.EventLoop;

/**
 * The writes of one disk through the page cache, done by one worker after another as long as that is quick: writers of one file wait for
 * one another in the kernel anyway, and to wake a worker for each write costs several times the write itself. A worker that has done the
 * last one looks for more for a moment before it sleeps, while writes come quickly ({@link BriefWait}).
 *
 * <p>Quick is what the lane sees, not what it hopes for: when more writes wait than were begun in the last {@value #TICK_NS} ns, because a
 * write is throttled, waits for a block to be read, or hangs, one more worker joins, and one more after each such tick.
 *
 * <p>{@link #add} and the ticks run on the loop, the writes on the workers. No order is kept between two writes.
 */
final class WriteLane {

    static final long TICK_NS = 2_000_000;

    private final DiskWorkers workers;
    private final EventLoop loop;
    private final int maxRunners;
    private final BriefWait wait;
    /** Filled by the loop; at most as many as the device lets be underway. */
    private final ConcurrentLinkedQueue<Runnable> waiting = new ConcurrentLinkedQueue<>();
    private final AtomicInteger runners = new AtomicInteger();
    private final AtomicInteger begun = new AtomicInteger();
    private final Runnable run = this::run;
    private final Runnable tick = this::tick;
    private final Supplier<Runnable> poll = waiting::poll;
    private int begunAtTick;
    private boolean ticking;

    WriteLane(DiskWorkers workers, EventLoop loop, BriefWait wait) {
        this.workers = workers;
        this.loop = loop;
        this.wait = wait;
        // one is left for syncs and reads, which must not wait for writes that hang
        this.maxRunners = Math.max(1, workers.threadCount() - 1);
    }

    void add(Runnable write) {
        waiting.add(write);
        if (runners.compareAndSet(0, 1)) {
            workers.execute(run);
        } else if (!ticking) {
            ticking = true;
            begunAtTick = begun.get();
            loop.schedule(TICK_NS, tick);
        }
    }

    private void tick() {
        int before = begunAtTick;
        begunAtTick = begun.get();
        int left = waiting.size();
        if (left > begunAtTick - before && runners.get() < maxRunners) {
            runners.incrementAndGet();
            workers.execute(run);
        }
        ticking = left > 0;
        if (ticking) {
            loop.schedule(TICK_NS, tick);
        }
    }

    private void run() {
        wait.begin();
        do {
            doAll();
            runners.decrementAndGet();
            // whoever has added one since then has seen this runner, and started no other
        } while (!waiting.isEmpty() && runners.compareAndSet(0, 1));
    }

    private void doAll() {
        Runnable write = next();
        while (write != null) {
            begun.incrementAndGet();
            write.run();
            write = next();
        }
    }

    private Runnable next() {
        Runnable write = waiting.poll();
        return write != null || !wait.isWorthwhile() ? write : wait.until(poll);
    }
}
