/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.mirror;

import org.netraid.intentlog.IntentLog;

/**
 * Targets in a resync for which the application writes faster than they take it, and which it need not wait for ({@code pull-ahead}).
 *
 * <pre>
 *            offer               take: the queue is full            hold
 *  (writes) ------> (OFFERED) ---------------------------> SKIPPING ----> HOLDING ---> in sync
 *           <------
 *           withdraw
 * </pre>
 *
 * While a target is SKIPPING no write goes to it; what it misses is dirty and belongs to the resync's next pass, however often it is
 * written. What was queued goes first: a resync's copy that overtook it would be overwritten by older bytes. While it is HOLDING it gets
 * every write again, and one that finds the queue full waits for it, so that the last pass ends. On the mirror's loop.
 */
final class CatchUps {

    private final Mirror mirror;
    private final boolean copiesPastQueue;
    private int offeredMask;
    private int skippingMask;
    private int holdingMask;
    /** For each slot the last write that was queued before it was held, while that may be on its way; 0: none is. */
    private final long[] drainsTo = new long[IntentLog.MAX_SLOTS];

    CatchUps(Mirror mirror, boolean copiesPastQueue) {
        this.mirror = mirror;
        this.copiesPastQueue = copiesPastQueue;
    }

    int skippingMask() {
        return skippingMask;
    }

    boolean isHolding(int slot) {
        return (holdingMask & 1 << slot) != 0;
    }

    /**
     * True while something is queued for the target from before writes went past it: what the local disk shows may be newer than that, and
     * nothing comes after it that would be newer again.
     */
    boolean isDraining(int slot) {
        if (copiesPastQueue) {
            return false;
        }
        if ((skippingMask & mirror.streams.backlogMask() & 1 << slot) != 0) {
            return true;
        }
        if (drainsTo[slot] != 0 && !mirror.streams.writes().isPendingUpTo(slot, drainsTo[slot])) {
            drainsTo[slot] = 0;
        }
        return drainsTo[slot] != 0;
    }

    /** From now on writes may go past the target; the resync promises to find them. */
    void offer(int slot) {
        if ((holdingMask & 1 << slot) == 0) {
            offeredMask |= 1 << slot;
        }
    }

    void withdraw(int slot) {
        offeredMask &= ~(1 << slot);
    }

    /** The target's queue is full. @return false if that has to end the resync */
    boolean take(Leg leg) {
        if (leg.state != LegState.RESYNCING || ((offeredMask | holdingMask) & leg.bit()) == 0) {
            return false;
        }
        if ((holdingMask & leg.bit()) == 0) {
            skippingMask |= leg.bit();
            mirror.streams.releaseWaiting(leg);
        }
        return true;
    }

    /** No write goes past the target any more; {@link MirrorListener#legSettled} tells when those that did have ended. */
    void hold(Leg leg) {
        drainsTo[leg.slot] = isDraining(leg.slot) ? mirror.streams.writes().lastSequence() : 0;
        offeredMask &= ~leg.bit();
        skippingMask &= ~leg.bit();
        holdingMask |= leg.bit();
        leg.settling = true;
    }

    void forget(int slot) {
        offeredMask &= ~(1 << slot);
        skippingMask &= ~(1 << slot);
        holdingMask &= ~(1 << slot);
        drainsTo[slot] = 0;
    }
}
