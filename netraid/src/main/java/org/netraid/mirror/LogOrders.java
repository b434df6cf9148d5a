/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.mirror;

import org.netraid.intentlog.IntentLog;
import org.netraid.intentlog.IntentWaiter;
import org.netraid.intentlog.SlotState;

/**
 * What the intent log is told of the targets: who is stale, who needs everything, who is free. Until it is durable no write that such a
 * target misses can end (G5), and nothing is copied to it.
 */
final class LogOrders {

    private final Mirror mirror;
    private final IntentLog log;
    private int stalePendingMask;

    LogOrders(Mirror mirror, IntentLog log) {
        this.mirror = mirror;
        this.log = log;
    }

    /** Slots of which the log has not yet confirmed that they are stale. */
    int stalePendingMask() {
        return stalePendingMask;
    }

    /** A write is about to go out without these targets: the log must know of each that it is stale. */
    void noteMissed(int slotMask) {
        for (Leg leg : mirror.legs.all()) {
            if ((slotMask & leg.bit()) != 0 && !leg.stale) {
                if (leg.replicates()) {
                    // only this write goes past it: for the log it stays connected, else no chunk that the resync sends would ever be clean
                    setSlot(leg, SlotState.STALE, null);
                } else {
                    declareStale(leg);
                }
            }
        }
    }

    /** The target gets no writes any more: it is lost to the log, too. */
    void declareStale(Leg leg) {
        leg.stale = true;
        ordered(leg);
        log.targetLost(leg.slot, orderDone(leg, null));
    }

    /** Sets the slot; the task runs once that is durable. */
    void setSlot(Leg leg, SlotState state, Runnable then) {
        leg.stale = state != SlotState.TRACKING;
        ordered(leg);
        log.setSlot(leg.slot, leg.nodeName(), state, orderDone(leg, then));
    }

    private void ordered(Leg leg) {
        leg.logOrders++;
        stalePendingMask |= leg.bit();
    }

    private IntentWaiter orderDone(Leg leg, Runnable then) {
        return error -> {
            leg.logOrders--;
            if (error.isError()) {
                mirror.life.fail("the intent log could not record that target " + leg.nodeName() + " is out of sync (" + error + ")");
                mirror.news.staleFailed(leg.slot);
            }
            if (leg.logOrders == 0) {
                stalePendingMask &= ~leg.bit();
                mirror.news.staleDurable(leg.slot);
            }
            if (then != null && !error.isError()) {
                then.run();
            } else if (leg.logOrders == 0 && leg.offerWhenDurable && leg.channel != null && !leg.paused && !leg.ahead && !error.isError()) {
                mirror.connections.offer(leg);
            }
        };
    }
}
