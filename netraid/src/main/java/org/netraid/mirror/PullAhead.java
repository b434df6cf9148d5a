/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.mirror;

import org.netraid.time.EventLoop;

/**
 * What becomes of a target whose queue is over its limit, where the limit does not say that the application waits: it is disconnected, or
 * the source pulls ahead of it (DRBD's word): it keeps its connection, misses writes for a while and is resynced then.
 */
final class PullAhead {

    private static final long MIN_AHEAD_NS = 1_000_000_000L;
    private static final long MAX_AHEAD_NS = 60_000_000_000L;

    private final Mirror mirror;
    private final EventLoop loop;

    PullAhead(Mirror mirror, EventLoop loop) {
        this.mirror = mirror;
        this.loop = loop;
    }

    /** The target's queue is over its limit, and the limit does not say that the application waits. */
    void fellBehind(int slot, String why) {
        Leg leg = mirror.legs.leg(slot);
        if (mirror.standIns.isLastCopy(leg)) {
            return;
        }
        if (leg.config.queue().whenFull() == QueueLimit.WhenFull.DISCONNECT) {
            mirror.connections.lose(slot, why);
            return;
        }
        if (mirror.catchUps.take(leg)) {
            return;
        }
        CopyChannel channel = leg.channel;
        leg.timesAhead = loop.nanoTime() - leg.inSyncNs < MAX_AHEAD_NS ? leg.timesAhead + 1 : 1;
        leg.lastError = why;
        mirror.connections.detach(leg);
        leg.ahead = true;
        mirror.listeners.legPulledAhead(slot, why);
        loop.schedule(aheadNs(leg), () -> {
            if (leg.channel == channel && leg.ahead && !leg.paused) {
                leg.ahead = false;
                mirror.connections.offer(leg);
            }
        });
    }

    /** Gives up every target that still has something queued. */
    void dropBacklogs(String reason) {
        for (int rest = mirror.streams.backlogMask(); rest != 0; rest &= rest - 1) {
            mirror.connections.lose(Integer.numberOfTrailingZeros(rest), reason);
        }
    }

    /** One second, doubled each time that the target was in sync for less than a minute. */
    private static long aheadNs(Leg leg) {
        return Math.min(MAX_AHEAD_NS, MIN_AHEAD_NS << Math.min(leg.timesAhead - 1, 10));
    }
}
