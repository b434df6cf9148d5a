/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.mirror;

import java.util.ArrayDeque;

/** Those who wait for everything that was queued when they came. */
final class PassWaiters {

    private record Waiter(long sequence, Runnable passed) {
    }

    private final LaggingWrites writes;
    private final ArrayDeque<Waiter> waiters = new ArrayDeque<>();

    PassWaiters(LaggingWrites writes) {
        this.writes = writes;
    }

    /** Runs the task once everything that is queued now has ended; at once, if nothing is. */
    void await(Runnable task) {
        if (writes.isEmpty()) {
            task.run();
        } else {
            waiters.addLast(new Waiter(writes.lastSequence(), task));
        }
    }

    /** Writes have ended. */
    void tell() {
        while (!waiters.isEmpty() && (writes.isEmpty() || writes.first().sequence > waiters.peekFirst().sequence())) {
            waiters.removeFirst().passed().run();
        }
    }
}
