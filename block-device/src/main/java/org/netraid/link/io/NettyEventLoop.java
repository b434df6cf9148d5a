/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.link.io;

import io.netty.util.concurrent.AbstractEventExecutor;
import io.netty.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.netraid.time.EventLoop;

/**
 * A Netty loop as the pure code sees it. A task that throws is reported and does not disturb the tasks after it.
 *
 * <p>{@link #execute} may be called from any thread and allocates nothing when called on the loop itself.
 */
public final class NettyEventLoop implements EventLoop {

    private final io.netty.channel.EventLoop netty;
    private final AbstractEventExecutor lazy;
    private final Consumer<Throwable> uncaught;
    /** Wrappers kept for reuse: tasks from other threads bring new ones, so without a bound every one of them would stay for ever. */
    static final int MAX_FREE_TASKS = 1024;

    /** Wrappers ready for reuse; touched on the loop's thread only. */
    private GuardedTask free;
    private int freeCount;
    private final LoopMemory memory = new LoopMemory();

    /**
     * @param netty the loop to run on
     * @param uncaught gets what a task or timer throws; called on the loop, must not throw
     */
    public NettyEventLoop(io.netty.channel.EventLoop netty, Consumer<Throwable> uncaught) {
        this.netty = netty;
        this.lazy = netty instanceof AbstractEventExecutor executor ? executor : null;
        this.uncaught = uncaught;
    }

    @Override
    public long nanoTime() {
        return System.nanoTime();
    }

    /** After the loop has been shut down the task is dropped: what it belonged to has ended too. */
    @Override
    public void execute(Runnable task) {
        GuardedTask guarded = guarded(task);
        try {
            netty.execute(guarded);
        } catch (RejectedExecutionException loopHasEnded) {
            guarded.task = null;
        }
    }

    @Override
    public void executeLazily(Runnable task) {
        if (lazy == null) {
            execute(task);
            return;
        }
        GuardedTask guarded = guarded(task);
        try {
            lazy.lazyExecute(guarded);
        } catch (RejectedExecutionException loopHasEnded) {
            guarded.task = null;
        }
    }

    private GuardedTask guarded(Runnable task) {
        GuardedTask guarded;
        if (netty.inEventLoop() && free != null) {
            guarded = free;
            free = guarded.next;
            freeCount--;
            guarded.next = null;
        } else {
            guarded = new GuardedTask();
        }
        guarded.task = task;
        return guarded;
    }

    /** After the loop has been shut down the timer never fires. */
    @Override
    public Timer schedule(long delayNs, Runnable task) {
        try {
            Future<?> pending = netty.schedule(() -> guard(task), Math.max(0, delayNs), TimeUnit.NANOSECONDS);
            return () -> pending.cancel(false);
        } catch (RejectedExecutionException loopHasEnded) {
            return () -> { };
        }
    }

    /** True on the loop's own thread. */
    public boolean isOnLoop() {
        return netty.inEventLoop();
    }

    /** On the loop. */
    int freeTasks() {
        return freeCount;
    }

    io.netty.channel.EventLoop netty() {
        return netty;
    }

    LoopMemory memory() {
        return memory;
    }

    /** Reports what code called by the loop has thrown. */
    void report(Throwable thrown) {
        uncaught.accept(thrown);
    }

    private void guard(Runnable task) {
        try {
            task.run();
        } catch (Throwable thrown) {
            uncaught.accept(thrown);
        }
    }

    private final class GuardedTask implements Runnable {
        private Runnable task;
        private GuardedTask next;

        @Override
        public void run() {
            Runnable toRun = task;
            task = null;
            if (freeCount < MAX_FREE_TASKS) {
                next = free;
                free = this;
                freeCount++;
            }
            guard(toRun);
        }
    }
}
