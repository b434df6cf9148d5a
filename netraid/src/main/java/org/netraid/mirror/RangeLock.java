/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.mirror;

/**
 * One party's claim on a byte range; reusable, so that a write allocates nothing. Also the node of the tree in
 * {@link RangeLocks}, which owns every field.
 */
public final class RangeLock {

    /** Told when a claim that had to wait is granted; never inside {@link RangeLocks#acquire}. */
    @FunctionalInterface
    public interface Holder {
        void onLocked(RangeLock lock);
    }

    enum State { FREE, WAITING, GRANTED, HELD }

    final Holder holder;
    State state = State.FREE;
    long startBytes;
    long endBytes;
    boolean shared;
    /** Order of arrival: who came first goes first. */
    long sequence;
    /** Earlier claims that overlap and conflict. */
    int blockers;

    // the tree
    int priority;
    long maxEndBytes;
    RangeLock left;
    RangeLock right;
    /** Link in the list of claims whose holders are to be told. */
    RangeLock nextGranted;

    public RangeLock(Holder holder) {
        this.holder = holder;
    }

    /** True from the grant to the release. */
    public boolean isHeld() {
        return state == State.HELD;
    }

    /** True if no claim is made with it. */
    public boolean isFree() {
        return state == State.FREE;
    }

    boolean overlaps(long start, long end) {
        return startBytes < end && start < endBytes;
    }

    boolean conflictsWith(RangeLock other) {
        return !(shared && other.shared);
    }

    @Override
    public String toString() {
        return state + " [" + startBytes + "," + endBytes + ") #" + sequence;
    }
}
