/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.intentlog.cli;

import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.netraid.time.EventLoop;

/** The main thread as an event loop: runs tasks while a command waits for something. Timers never fire; the tool closes what it opens. */
final class ToolLoop implements EventLoop {

    private static final long PATIENCE_SECONDS = 60;

    private final LinkedBlockingQueue<Runnable> tasks = new LinkedBlockingQueue<>();

    void runUntil(BooleanSupplier done) throws ToolFailure {
        try {
            while (!done.getAsBoolean()) {
                Runnable task = tasks.poll(PATIENCE_SECONDS, TimeUnit.SECONDS);
                if (task == null) {
                    throw new ToolFailure(BitmapTool.FAILED, "the disk has not answered for " + PATIENCE_SECONDS + " seconds");
                }
                task.run();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new ToolFailure(BitmapTool.FAILED, "interrupted");
        }
    }

    @Override
    public void execute(Runnable task) {
        tasks.add(task);
    }

    @Override
    public Timer schedule(long delayNs, Runnable task) {
        return () -> { };
    }

    @Override
    public long nanoTime() {
        return System.nanoTime();
    }
}
