/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.mirror;

import org.netraid.block.BlockError;
import org.netraid.intentlog.IntentLog;

/** What becomes of a target, or of the local disk's record, told to every request in work. */
final class LegNews {

    private final Mirror mirror;
    private final RequestWalk walk;
    private final ActiveRequests active;

    LegNews(Mirror mirror, RequestWalk walk, ActiveRequests active) {
        this.mirror = mirror;
        this.walk = walk;
        this.active = active;
    }

    /** Every request in work now, the oldest first. One that ends lets others go on, which may end too: so the next is looked for anew. */
    private void tellAll(RequestEvent event, int slot) {
        long newest = active.newest();
        for (MirrorRequest request = active.first(); request != null && request.number <= newest; ) {
            long told = request.number;
            walk.onEvent(request, event, slot);
            request = active.after(told);
        }
    }

    /** A target does not replicate any more: every request that counted on it hears of it. */
    void stopped(int slot) {
        mirror.streams.onLegStopped(slot);
        tellAll(RequestEvent.TARGET_LOST, slot);
    }

    /** That the target misses writes is durable. */
    void staleDurable(int slot) {
        tellAll(RequestEvent.TARGET_STALE_DURABLE, slot);
    }

    /**
     * The disk is given up, and what is queued for the targets that stand in for it is the only other copy: from here on no write is
     * acknowledged before it has left the queue, whether the disk has it or not.
     */
    void localGivenUp() {
        boolean anyHeld = false;
        for (MirrorRequest request = active.first(); request != null; request = request.next) {
            if (request.state == MirrorRequest.State.COPYING && request.lagging != null) {
                request.pendingMask |= request.lagging.pendingMask;
            } else if (request.state == MirrorRequest.State.HOLDING && request.command.modifies()) {
                request.staleMask |= Mirror.QUEUE_BIT;
                anyHeld = true;
            }
        }
        if (anyHeld) {
            mirror.streams.whenPassed(this::queuePassed);
        }
    }

    private void queuePassed() {
        tellAll(RequestEvent.QUEUE_PASSED, IntentLog.LOCAL);
    }

    /** That the local disk misses writes is durable, or the mirror has failed because it could not be made so. */
    void localMarked() {
        for (MirrorRequest request = active.first(); request != null; request = request.next) {
            if ((request.staleMask & Mirror.LOCAL_BIT) != 0 && mirror.life.state() == MirrorState.FAILED) {
                request.fail(BlockError.EIO, mirror.life.failure());
            }
        }
        tellAll(RequestEvent.LOCAL_STALE_DURABLE, IntentLog.LOCAL);
    }

    /** What waits for the log to know of the target's absence can never be promised any more. */
    void staleFailed(int slot) {
        for (MirrorRequest request = active.first(); request != null; request = request.next) {
            if ((request.staleMask & 1 << slot) != 0) {
                request.fail(BlockError.EIO, mirror.life.failure());
            }
        }
    }

    /** A slot is in use from now on: what is under way misses it. */
    void added(int slot) {
        mirror.streams.onLegAdded(slot);
        for (MirrorRequest request = active.first(); request != null; request = request.next) {
            if (request.state == MirrorRequest.State.COPYING) {
                request.missedMask |= 1 << slot;
                request.staleMask |= mirror.orders.stalePendingMask() & 1 << slot;
            }
        }
    }

    /** Nobody needs to have anything in this slot any more. */
    void removed(int slot) {
        for (MirrorRequest request = active.first(); request != null; request = request.next) {
            request.missedMask &= ~(1 << slot);
        }
    }

    /** True if a write under way goes to the copies without this target. */
    boolean isMissed(int bit) {
        for (MirrorRequest request = active.first(); request != null; request = request.next) {
            if (request.state == MirrorRequest.State.COPYING && (request.missedMask & bit) != 0) {
                return true;
            }
        }
        return false;
    }
}
