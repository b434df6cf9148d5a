/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.time;

/**
 * The one thread of a mirror, seen from pure code: everything that belongs to the mirror runs as tasks
 * and timers of its loop, one after the other. Netty's loop in the daemon, a seeded scheduler in the
 * simulator.
 */
public interface EventLoop extends NanoClock {

    /**
     * Runs the task later on this loop, never inside this call, in submission order among tasks. This and
     * {@link #executeLazily} may be called from another thread, no other method.
     */
    void execute(Runnable task);

    /** As {@link #execute}, but a loop that sleeps need not wake for it: the task may wait until something else wakes it. */
    default void executeLazily(Runnable task) {
        execute(task);
    }

    /**
     * Runs the task once, {@code delayNs} from now or a little later.
     *
     * @return handle to cancel it
     */
    Timer schedule(long delayNs, Runnable task);

    /** A pending timer. */
    interface Timer {
        /** The task will not run any more, unless it already has; calling again does nothing. */
        void cancel();
    }
}
