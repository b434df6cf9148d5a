/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.mirror;

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

    /** True while what the target was sent through its queue is still on its way there. */
    boolean isDraining(int slot) {
        return (skippingMask & mirror.streams.backlogMask() & 1 << slot) != 0 && !copiesPastQueue;
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
        offeredMask &= ~leg.bit();
        skippingMask &= ~leg.bit();
        holdingMask |= leg.bit();
        leg.settling = true;
    }

    void forget(int slot) {
        offeredMask &= ~(1 << slot);
        skippingMask &= ~(1 << slot);
        holdingMask &= ~(1 << slot);
    }
}
