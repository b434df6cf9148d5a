/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.intentlog;

import java.util.ArrayDeque;

/** Writes that wait for their extents to become hot: ordinary ones, and huge ones that are tracked by bits instead. */
final class ColdWrites {

    /** One waiting write. */
    record Write(long offsetBytes, long lengthBytes, IntentWaiter waiter) {
        int firstExtent() {
            return (int) (offsetBytes / IntentLogLayout.EXTENT_BYTES);
        }

        int lastExtent() {
            return (int) ((offsetBytes + lengthBytes - 1) / IntentLogLayout.EXTENT_BYTES);
        }
    }

    /** Failed attempts after which even hot writes queue behind the one that finds no extent. */
    private static final int PATIENCE = 2;
    /** Extents that one commit makes hot. */
    private static final int MAX_CHANGES = 64;

    private final ExtentTable table;
    private final TargetSlots slots;
    private final HugeWrites active;
    private final ArrayDeque<Write> ordinary = new ArrayDeque<>();
    private final ArrayDeque<Write> huge = new ArrayDeque<>();

    private int failedAttempts;
    private long total;

    /** @param active the huge write that goes on now, if there is one */
    ColdWrites(ExtentTable table, TargetSlots slots, HugeWrites active) {
        this.table = table;
        this.slots = slots;
        this.active = active;
    }

    void add(Write write, boolean isHuge) {
        total++;
        (isHuge ? huge : ordinary).add(write);
    }

    /** How many have ever waited. */
    long total() {
        return total;
    }

    int ordinaryCount() {
        return ordinary.size();
    }

    boolean hasHuge() {
        return !huge.isEmpty();
    }

    /** The first has found no extent for it: it needs others to end, or a flush. */
    boolean isStuck() {
        return failedAttempts > 0;
    }

    /** True until hot writes have overtaken the first for long enough. */
    boolean letsHotPass() {
        return failedAttempts < PATIENCE;
    }

    void forgetAttempts() {
        failedAttempts = 0;
    }

    /** True if an attempt to {@link #admit} could get somewhere, though nothing else has changed. */
    boolean isAdmissible() {
        return !ordinary.isEmpty() && failedAttempts == 0 || !huge.isEmpty() && !active.isActive();
    }

    /**
     * Gives extents to those that come first, as far as there are some.
     *
     * @param changes of the next commit, which makes the extents hot
     * @param waiters hear of that commit
     * @return true if bits have to be written for a huge one
     */
    boolean admit(SlotChanges changes, ArrayDeque<IntentWaiter> waiters) {
        boolean needsBits = admitHuge(waiters);
        admitOrdinary(changes, waiters);
        return needsBits;
    }

    private boolean admitHuge(ArrayDeque<IntentWaiter> waiters) {
        if (active.isActive() || huge.isEmpty()) {
            return false;
        }
        Write write = huge.poll();
        active.begin(write);
        waiters.add(write.waiter());
        return true;
    }

    private void admitOrdinary(SlotChanges changes, ArrayDeque<IntentWaiter> waiters) {
        while (!ordinary.isEmpty() && changes.count() < MAX_CHANGES) {
            Write write = ordinary.peek();
            if (!table.acquire(write.firstExtent(), write.lastExtent(), slots.flushedByAll(), changes)) {
                failedAttempts++;
                return;
            }
            failedAttempts = 0;
            waiters.add(ordinary.poll().waiter());
        }
    }

    /** Takes out any; null if there is none. */
    Write poll() {
        Write write = ordinary.poll();
        return write != null ? write : huge.poll();
    }

    boolean isEmpty() {
        return ordinary.isEmpty() && huge.isEmpty();
    }
}
