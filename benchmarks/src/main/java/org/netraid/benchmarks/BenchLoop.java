/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.benchmarks;

import java.util.ArrayDeque;
import java.util.PriorityQueue;
import org.netraid.time.EventLoop;

/** An event loop that the benchmark turns by hand: measures the work of the tasks, not a hand-off between threads. */
final class BenchLoop implements EventLoop {

    private final ArrayDeque<Runnable> tasks = new ArrayDeque<>(1024);
    private final PriorityQueue<Pending> timers = new PriorityQueue<>();

    @Override
    public long nanoTime() {
        return System.nanoTime();
    }

    @Override
    public void execute(Runnable task) {
        tasks.addLast(task);
    }

    @Override
    public Timer schedule(long delayNs, Runnable task) {
        Pending timer = new Pending(nanoTime() + delayNs, task);
        timers.add(timer);
        return timer;
    }

    /** Runs the tasks that are there, and timers that are due. */
    void turn() {
        Runnable task = tasks.pollFirst();
        while (task != null) {
            task.run();
            task = tasks.pollFirst();
        }
        Pending due = timers.peek();
        if (due != null && due.atNs - System.nanoTime() <= 0) {
            timers.remove();
            if (!due.cancelled) {
                due.task.run();
            }
        }
    }

    private static final class Pending implements Timer, Comparable<Pending> {
        private final long atNs;
        private final Runnable task;
        private boolean cancelled;

        Pending(long atNs, Runnable task) {
            this.atNs = atNs;
            this.task = task;
        }

        @Override
        public void cancel() {
            cancelled = true;
        }

        @Override
        public int compareTo(Pending other) {
            return Long.signum(atNs - other.atNs);
        }
    }
}
