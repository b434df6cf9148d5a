/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.nbd.server;

import java.util.ArrayDeque;
import org.netraid.nbd.wire.NbdCommand;

/**
 * The order that a client's barriers impose on its modifications and flushes: what stands behind a barrier waits here, in memory, until
 * all modifications before it have ended. If one of them has failed, the order is broken, and nothing behind the barrier is carried out:
 * the export is left as it was at some moment of the client's stream.
 *
 * <pre>
 *   W1 W2 | W3 F | W4          W1 and W2 with the device, in any order; the rest is held
 *   ─────────────►             the first barrier ends with W2; then W3 and the flush run, and so on
 * </pre>
 *
 * <p>Costs nothing while there is no barrier: nothing is held then.
 */
final class OrderedStream {

    /** What becomes of that which was held. */
    interface Owner {
        /** Its turn has come. */
        void runHeld(RequestSlot slot);

        /** A barrier is passed, or, if broken, anything is given up. */
        void endHeld(RequestSlot slot, boolean broken);
    }

    private final Owner owner;
    private final ArrayDeque<RequestSlot> held = new ArrayDeque<>();
    /** Modifications with the device; those behind a barrier that is not passed are not among them. */
    private int running;
    private boolean failed;
    private boolean broken;

    OrderedStream(Owner owner) {
        this.owner = owner;
    }

    /** True for the commands that barriers order. */
    static boolean isOrdered(int type) {
        return RequestRules.modifies(type) || type == NbdCommand.FLUSH || type == NbdCommand.BARRIER;
    }

    /** True if a command has to go through {@link #hold} instead of to the device. */
    boolean holds(int type) {
        return type == NbdCommand.BARRIER || (broken || !held.isEmpty()) && isOrdered(type);
    }

    /** Takes a command; it may run or end inside this call. */
    void hold(RequestSlot slot) {
        held.add(slot);
        drain();
    }

    void onStarted(int type) {
        running += RequestRules.modifies(type) ? 1 : 0;
    }

    /** A modification was refused before it came to the device. */
    void onRefused(int type) {
        failed |= RequestRules.modifies(type);
    }

    void onEnded(int type, boolean error) {
        if (RequestRules.modifies(type)) {
            running--;
            failed |= error;
            drain();
        }
    }

    boolean isBroken() {
        return broken;
    }

    private void drain() {
        for (RequestSlot slot = held.peek(); slot != null; slot = held.peek()) {
            boolean barrier = slot.type == NbdCommand.BARRIER;
            if (barrier && running > 0) {
                return;
            }
            held.poll();
            broken |= barrier && failed;
            if (barrier || broken) {
                owner.endHeld(slot, broken);
            } else {
                owner.runHeld(slot);
            }
        }
    }
}
