/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.mirror;

import java.util.Optional;

/** Replication of a target that an operator has paused: the connection stays, what is written meanwhile is dirty. Outlives connections. */
final class LegPauses {

    private final Mirror mirror;

    LegPauses(Mirror mirror) {
        this.mirror = mirror;
    }

    Optional<String> pause(int slot) {
        Leg leg = mirror.legs.leg(slot);
        if (leg.config == null) {
            return Optional.of("mirror " + mirror.name() + " has no target in slot " + slot);
        }
        if (leg.paused) {
            return Optional.of("target " + leg.nodeName() + " of mirror " + mirror.name() + " is paused already");
        }
        if (mirror.standIns.isLastCopy(leg)) {
            return mirror.standIns.refuseLastCopy(leg);
        }
        leg.paused = true;
        if (leg.replicates()) {
            // What is flushed need not be sent again.
            mirror.flushAll((error, detail) -> pauseNow(leg));
        } else {
            pauseNow(leg);
        }
        return Optional.empty();
    }

    private void pauseNow(Leg leg) {
        if (leg.paused) {
            mirror.connections.detach(leg);
            mirror.listeners.legPaused(leg.slot);
        }
    }

    Optional<String> resume(int slot) {
        Leg leg = mirror.legs.leg(slot);
        if (!leg.paused) {
            return Optional.of("target " + (leg.config == null ? "in slot " + slot : leg.nodeName()) + " of mirror " + mirror.name()
                    + " is not paused");
        }
        leg.paused = false;
        if (leg.channel != null && !leg.replicates()) {
            mirror.connections.offer(leg);
        }
        return Optional.empty();
    }
}
