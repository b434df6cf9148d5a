/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.mirror;

import java.util.Optional;
import org.netraid.intentlog.IntentLog;

/** Targets in place of the local disk: which of them have everything, while it is given up, and which can serve a read that it cannot. */
final class StandIns {

    /** Why a target gets nothing meanwhile. */
    static final String WAITS_FOR_LOCAL = "waits for the source's local disk, which has failed: mirror_action TAG attach";

    private final Mirror mirror;
    private final IntentLog log;
    private boolean withoutLocal;

    StandIns(Mirror mirror, IntentLog log) {
        this.mirror = mirror;
        this.log = log;
    }

    /** True while the local disk is given up: targets in sync are all there is. */
    boolean isWithoutLocal() {
        return withoutLocal;
    }

    /** Targets that could stand in for the local disk: they have everything. */
    int wholeMask() {
        int mask = 0;
        for (Leg leg : mirror.legs.all()) {
            mask |= leg.state == LegState.IN_SYNC && log.dirtyChunks(leg.slot) == 0 ? leg.bit() : 0;
        }
        return mask;
    }

    /** While the local disk is given up: the targets that stand in for it. */
    int copyMask() {
        int mask = 0;
        for (Leg leg : mirror.legs.all()) {
            mask |= leg.state == LegState.IN_SYNC ? leg.bit() : 0;
        }
        return mask;
    }

    /** Nobody else has what the application has written: this target must not be given up. */
    boolean isLastCopy(Leg leg) {
        return withoutLocal && copyMask() == leg.bit();
    }

    /** Why the target must stay; empty if another copy has everything too. */
    Optional<String> refuseLastCopy(Leg leg) {
        return isLastCopy(leg) ? Optional.of("target " + leg.nodeName() + " of mirror " + mirror.name() + " has the only copy: the "
                + "source's local disk has failed; bring that back first: mirror_action TAG attach") : Optional.empty();
    }

    /** Targets outside the mask get nothing more, since there is nothing left to resync them from. */
    void serveWithout(int copies) {
        withoutLocal = true;
        for (Leg leg : mirror.legs.all()) {
            mirror.legs.noteProtocol(leg);
            if (leg.replicates() && (copies & leg.bit()) == 0) {
                mirror.connections.detach(leg);
                leg.lastError = WAITS_FOR_LOCAL;
            }
        }
    }

    /** The local disk has everything again. */
    void serveWithLocal() {
        withoutLocal = false;
        for (Leg leg : mirror.legs.all()) {
            mirror.legs.noteProtocol(leg);
            if (leg.channel != null && leg.state == LegState.CONNECTED && !leg.paused && !leg.ahead) {
                leg.lastError = "";
                mirror.connections.offer(leg);
            }
        }
    }

    /** A target that has this range as the application knows it, without those tried; -1 if there is none. */
    int readableSlot(long offsetBytes, long lengthBytes, int triedMask) {
        for (Leg leg : mirror.legs.all()) {
            if (leg.state == LegState.IN_SYNC && (triedMask & leg.bit()) == 0 && !isDirty(leg.slot, offsetBytes, lengthBytes)
                    && !mirror.streams.writes().isLagging(leg.slot, offsetBytes, lengthBytes)) {
                return leg.slot;
            }
        }
        return -1;
    }

    /** True if a target will have the range as soon as its queue has passed. */
    boolean isLaggingCopy(long offsetBytes, long lengthBytes, int triedMask) {
        for (Leg leg : mirror.legs.all()) {
            if (leg.state == LegState.IN_SYNC && (triedMask & leg.bit()) == 0 && !isDirty(leg.slot, offsetBytes, lengthBytes)
                    && mirror.streams.writes().isLagging(leg.slot, offsetBytes, lengthBytes)) {
                return true;
            }
        }
        return false;
    }

    private boolean isDirty(int slot, long offsetBytes, long lengthBytes) {
        long dirty = log.nextDirtyChunk(slot, offsetBytes / log.chunkBytes());
        return dirty >= 0 && dirty <= (offsetBytes + lengthBytes - 1) / log.chunkBytes();
    }
}
