/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.mirror;

import java.util.Optional;
import org.netraid.intentlog.IntentLog;
import org.netraid.intentlog.SlotState;
import org.netraid.time.EventLoop;

/** Resyncs as the mirror sees them: when a target begins to get writes again, when no write can go past it any more, when it is in sync. */
final class LegResyncs {

    private final Mirror mirror;
    private final IntentLog log;
    private final EventLoop loop;

    LegResyncs(Mirror mirror, IntentLog log, EventLoop loop) {
        this.mirror = mirror;
        this.log = log;
        this.loop = loop;
    }

    /** The target is durably marked inconsistent: from now on it gets every write. */
    Optional<String> beginResync(int slot) {
        Leg leg = mirror.legs.leg(slot);
        if (leg.state != LegState.CONNECTED || leg.paused || leg.channel.orphans() > 0
                || mirror.replays.isRunning(slot)) {
            return Optional.of("target " + leg.nodeName() + " of mirror " + mirror.name() + " is " + leg.shownState().words()
                    + ", not waiting for a resync");
        }
        if (mirror.standIns.isWithoutLocal()) {
            return Optional.of("target " + leg.nodeName() + " of mirror " + mirror.name() + " " + StandIns.WAITS_FOR_LOCAL);
        }
        mirror.connections.replicate(leg, LegState.RESYNCING);
        leg.settling = true;
        mirror.listeners.resyncStarted(slot);
        settleSoon();
        return Optional.empty();
    }

    /** The target has everything, flushed, and is marked so. */
    Optional<String> endResync(int slot) {
        Leg leg = mirror.legs.leg(slot);
        if (leg.state != LegState.RESYNCING || leg.settling || log.slotState(slot) != SlotState.TRACKING) {
            return Optional.of("target " + leg.nodeName() + " of mirror " + mirror.name() + " is " + leg.shownState().words()
                    + " and " + log.slotState(slot) + " in the intent log: its resync cannot end");
        }
        leg.stale = false;
        leg.copy = leg.copy.inSync();
        leg.state = LegState.IN_SYNC;
        leg.inSyncNs = loop.nanoTime();
        mirror.catchUps.forget(slot);
        leg.flushFailed = false;
        leg.lastError = "";
        mirror.streams.journal().inSync(slot);
        mirror.listeners.legInSync(slot);
        return Optional.empty();
    }

    /** Its content is unknown: everything is sent, at once if it is connected. */
    Optional<String> fullResync(int slot) {
        Leg leg = mirror.legs.leg(slot);
        if (leg.config == null) {
            return Optional.of("mirror " + mirror.name() + " has no target in slot " + slot);
        }
        if (mirror.standIns.isLastCopy(leg)) {
            return mirror.standIns.refuseLastCopy(leg);
        }
        mirror.connections.detach(leg);
        mirror.replays.forget(slot, "everything is sent to it");
        mirror.orders.setSlot(leg, SlotState.FULL_RESYNC, () -> {
            if (leg.channel != null && !leg.paused && leg.state == LegState.CONNECTED) {
                mirror.connections.offer(leg);
            }
        });
        return Optional.empty();
    }

    void settleSoon() {
        loop.execute(this::checkSettled);
    }

    /** Tells of each target that no write under way can miss any more. */
    void checkSettled() {
        for (Leg leg : mirror.legs.all()) {
            if (leg.settling && !mirror.news.isMissed(leg.bit())) {
                leg.settling = false;
                mirror.listeners.legSettled(leg.slot);
            }
        }
    }
}
