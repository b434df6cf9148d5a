/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.link.io;

import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/**
 * The part of TLS handshakes that computes for milliseconds, kept off the loops. Bounded: when more handshakes wait than fit, further
 * ones fail, and a loop is never held up by a crowd of newcomers.
 */
final class TlsTasks implements Executor, AutoCloseable {

    private static final int MAX_WAITING = 1024;
    private static final long IDLE_SECONDS = 10;

    private final ThreadPoolExecutor threads;

    TlsTasks(String threadName) {
        threads = new ThreadPoolExecutor(2, 2, IDLE_SECONDS, TimeUnit.SECONDS, new ArrayBlockingQueue<>(MAX_WAITING), task -> {
            Thread thread = new Thread(task, threadName);
            thread.setDaemon(true);
            return thread;
        });
        threads.allowCoreThreadTimeOut(true);
    }

    @Override
    public void execute(Runnable task) {
        threads.execute(task);
    }

    @Override
    public void close() {
        threads.shutdown();
    }
}
