/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.block.io;

import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
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
 * <p>A worker that keeps doing small writes is tied to the loop's processor ({@link ProcessorTie}); then the loop offers that to it
 * before it looks for more events. Workers that a tick brings run where they like.
 *
 * <p>{@link #add} and the ticks run on the loop, the writes on the workers. No order is kept between two writes.
 */
final class WriteLane {

    static final long TICK_NS = 2_000_000;
    private static final int TOLD_WRITES = 8;
    private static final int TOLD_BYTES = 64 << 10;
    /** Of larger ones the copying takes longer than the rest: that is done beside the loop. */
    private static final int SMALL_BYTES = 64 << 10;
    /** Small writes after one another before a worker is tied, and after which it looks where the loop has gone. */
    static final int TIE_WRITES = 64;
    private static final long TIED_SLEEP_NS = 2_000_000;
    /** Writes after which the loop says where it is. */
    private static final int HERE_WRITES = 32;

    /** One write, on a worker. */
    interface Write {
        /** Writes, and puts itself where the loop will find it. @return bytes written, or -1 if that has failed */
        int perform();
    }

    private final DiskWorkers workers;
    private final EventLoop loop;
    private final int maxRunners;
    private final BriefWait wait;
    private final ProcessorTie tie;
    /** Held by the worker that is, or may be, tied. */
    private final AtomicBoolean tieTaken = new AtomicBoolean();
    /** The tied worker, while it sleeps. */
    private volatile Thread asleep;
    private int addsUntilHere;
    private final Runnable giveWay = this::giveWay;
    private boolean giveWayPosted;
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
     * @param tie of this lane alone
     * @param tellLoop on a worker: writes have ended
     * @param lookForEnded on the loop: takes those that have ended, told of or not
     */
    WriteLane(DiskWorkers workers, EventLoop loop, BriefWait wait, ProcessorTie tie, Runnable tellLoop, Runnable lookForEnded) {
        this.workers = workers;
        this.loop = loop;
        this.wait = wait;
        this.tie = tie;
        this.tellLoop = tellLoop;
        this.lookForEnded = lookForEnded;
        // one is left for syncs and reads, which must not wait for writes that hang
        this.maxRunners = Math.max(1, workers.threadCount() - 1);
    }

    void add(Write write) {
        if (--addsUntilHere < 0) {
            addsUntilHere = HERE_WRITES;
            tie.loopIsHere();
        }
        if (tie.isTied() && !giveWayPosted) {
            giveWayPosted = true;
            loop.execute(giveWay); // after what has come with this one
        }
        waiting.add(write);
        wakeTied();
        if (runners.compareAndSet(0, 1)) {
            workers.execute(run);
        } else if (!ticking) {
            ticking = true;
            begunAtTick = begun.get();
            loop.schedule(TICK_NS, tick);
        }
    }

    /** The worker waits for this processor, and the loop has nothing to do that is worth more than what the worker will bring. */
    private void giveWay() {
        giveWayPosted = false;
        Thread.yield();
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
        boolean soon = wait.begin();
        boolean mayTie = tieTaken.compareAndSet(false, true);
        do {
            doAll(mayTie, soon ? TIE_WRITES - 1 : 0);
            runners.decrementAndGet();
            // whoever has added one since then has seen this runner, and started no other
        } while (!waiting.isEmpty() && runners.compareAndSet(0, 1));
        if (mayTie) {
            tie.release();
            tieTaken.set(false);
        }
    }

    /** @param smallBefore small writes that may be counted from before the worker slept for a moment */
    private void doAll(boolean mayTie, int smallBefore) {
        int untold = 0;
        int untoldBytes = 0;
        int small = smallBefore;
        for (Write write = waiting.poll(); write != null; write = untold == 0 ? next() : waiting.poll()) {
            begun.incrementAndGet();
            int bytes = write.perform();
            untold++;
            untoldBytes += bytes;
            small = bytes <= SMALL_BYTES ? small + 1 : 0;
            if (mayTie && small % TIE_WRITES == 0) {
                tie(small > 0);
            }
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

    private void tie(boolean follow) {
        if (follow) {
            tie.follow();
        } else {
            tie.release();
        }
    }

    private Write next() {
        Write write = waiting.poll();
        if (write != null || !wait.isWorthwhile()) {
            return write;
        }
        write = wait.until(poll);
        return write == null && tie.isTiedHere() ? sleepTied() : write;
    }

    /** To be woken where it is costs less than to wake another worker elsewhere, for the pause of an application that goes on at once. */
    private Write sleepTied() {
        asleep = Thread.currentThread();
        Write write = waiting.poll(); // whoever adds one from here on sees that it sleeps
        if (write == null) {
            LockSupport.parkNanos(this, TIED_SLEEP_NS);
            write = waiting.poll();
        }
        asleep = null;
        wait.begin();
        return write;
    }

    private void wakeTied() {
        Thread worker = asleep;
        if (worker != null) {
            asleep = null;
            LockSupport.unpark(worker);
        }
    }
}
