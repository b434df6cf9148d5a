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
 * <p>While more writes wait the loop is told of several ends at a time, so that it answers several at a time; an error, and what has
 * ended by a tick, is told at once.
 *
 * <p>{@link #add} and the ticks run on the loop, the writes on the workers. No order is kept between two writes.
 */
final class WriteLane {

    static final long TICK_NS = 2_000_000;
    private static final int TOLD_WRITES = 8;
    private static final int TOLD_BYTES = 64 << 10;

    /** One write, on a worker. */
    interface Write {
        /** Writes, and puts itself where the loop will find it. @return bytes written, or -1 if that has failed */
        int perform();
    }

    private final DiskWorkers workers;
    private final EventLoop loop;
    private final int maxRunners;
    private final BriefWait wait;
    private final Runnable tellLoop;
    private final Runnable lookForEnded;
    /** Filled by the loop; at most as many as the device lets be underway. */
    private final ConcurrentLinkedQueue<Write> waiting = new ConcurrentLinkedQueue<>();
    private final AtomicInteger runners = new AtomicInteger();
    private final AtomicInteger begun = new AtomicInteger();
    private final Runnable run = this::run;
    private final Runnable tick = this::tick;
    private final Supplier<Write> poll = waiting::poll;
    private int begunAtTick;
    private boolean ticking;

    /**
     * @param tellLoop on a worker: writes have ended
     * @param lookForEnded on the loop: takes those that have ended, told of or not
     */
    WriteLane(DiskWorkers workers, EventLoop loop, BriefWait wait, Runnable tellLoop, Runnable lookForEnded) {
        this.workers = workers;
        this.loop = loop;
        this.wait = wait;
        this.tellLoop = tellLoop;
        this.lookForEnded = lookForEnded;
        // one is left for syncs and reads, which must not wait for writes that hang
        this.maxRunners = Math.max(1, workers.threadCount() - 1);
    }

    void add(Write write) {
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
        // A write that waits now may hang later, behind others that have ended: hence one more tick, after which none can be untold.
        ticking = left > 0;
        if (ticking) {
            loop.schedule(TICK_NS, tick);
        }
        lookForEnded.run();
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
        int untold = 0;
        int untoldBytes = 0;
        for (Write write = waiting.poll(); write != null; write = untold == 0 ? next() : waiting.poll()) {
            begun.incrementAndGet();
            int bytes = write.perform();
            untold++;
            untoldBytes += bytes;
            if (bytes < 0 || untold == TOLD_WRITES || untoldBytes >= TOLD_BYTES || waiting.isEmpty()) {
                tellLoop.run();
                untold = 0;
                untoldBytes = 0;
            }
        }
        if (untold > 0) {
            tellLoop.run(); // another worker has taken what was waiting
        }
    }

    private Write next() {
        Write write = waiting.poll();
        return write != null || !wait.isWorthwhile() ? write : wait.until(poll);
    }
}
