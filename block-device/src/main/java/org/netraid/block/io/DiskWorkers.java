/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.block.io;

import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A fixed number of daemon threads for disk calls that may block, shared by the devices of one process.
 *
 * <p>Bounded without a refusal in mid-flight: a device reserves its share of the queue when it opens and never has more
 * than that underway; it keeps the rest of its requests itself, and those are bounded by its users' request pools.
 */
public final class DiskWorkers implements AutoCloseable {

    private static final int MAX_THREADS = 256;
    private static final long SHUTDOWN_SECONDS = 10;
    /** Idle threads end: every disk of a daemon may have workers of its own. */
    private static final long IDLE_SECONDS = 60;

    private final ThreadPoolExecutor threads;
    private final int capacity;
    private final AtomicInteger reserved = new AtomicInteger();

    /** With room for 4096 calls underway. */
    public DiskWorkers(String threadName, int threadCount) {
        this(threadName, threadCount, 4096);
    }

    /**
     * @param threadName threads are called {@code NAME-1}, {@code NAME-2} and so on
     * @param capacity most calls waiting or running, over all devices
     */
    public DiskWorkers(String threadName, int threadCount, int capacity) {
        if (threadCount < 1 || threadCount > MAX_THREADS || capacity < threadCount) {
            throw new IllegalArgumentException("disk workers: " + threadCount + " threads (1 to " + MAX_THREADS
                    + ") with room for " + capacity + " calls");
        }
        this.capacity = capacity;
        AtomicInteger number = new AtomicInteger();
        threads = new ThreadPoolExecutor(threadCount, threadCount, IDLE_SECONDS, TimeUnit.SECONDS,
                new ArrayBlockingQueue<>(capacity), task -> {
            Thread thread = new Thread(task, threadName + "-" + number.incrementAndGet());
            thread.setDaemon(true);
            return thread;
        });
        threads.allowCoreThreadTimeOut(true);
    }

    public int threadCount() {
        return threads.getCorePoolSize();
    }

    /** @return false if the room is taken */
    boolean reserve(int calls) {
        for (;;) {
            int before = reserved.get();
            if (calls > capacity - before) {
                return false;
            }
            if (reserved.compareAndSet(before, before + calls)) {
                return true;
            }
        }
    }

    void unreserve(int calls) {
        reserved.addAndGet(-calls);
    }

    /** Runs the call on a worker. Only within a reservation, so that there is always room. */
    void execute(Runnable call) {
        threads.execute(call);
    }

    /** Ends the threads when the calls already given have ended; waits for that, but not for ever. */
    @Override
    public void close() {
        threads.shutdown();
        try {
            threads.awaitTermination(SHUTDOWN_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
