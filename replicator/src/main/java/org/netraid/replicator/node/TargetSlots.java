/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.node;

import java.util.List;
import java.util.Set;
import org.netraid.intentlog.IntentLog;
import org.netraid.intentlog.SlotState;

/** Which slot of the intent log is whose: found by name, so that what is known of a target outlives the node's time out of service. */
final class TargetSlots {

    private final IntentLog log;
    private final List<TargetConnection> targets;

    /** @param targets those that have a slot already, named in the log or not yet */
    TargetSlots(IntentLog log, List<TargetConnection> targets) {
        this.log = log;
        this.targets = targets;
    }

    /** The node's slot, or a free one. There are as many as a mirror may have targets. */
    int of(String node) {
        int free = -1;
        for (int slot = 0; slot < IntentLog.MAX_SLOTS; slot++) {
            boolean unused = log.slotState(slot) == SlotState.UNUSED;
            if (!unused && log.slotName(slot).equals(node)) {
                return slot;
            }
            if (free < 0 && unused && isFree(slot)) {
                free = slot;
            }
        }
        return free;
    }

    private boolean isFree(int slot) {
        return targets.stream().noneMatch(target -> target.slot == slot);
    }

    /** Gives up what the log knows of nodes that are no longer in the configuration. */
    void releaseOthers(Set<String> members, Steps steps) {
        for (int slot = 0; slot < IntentLog.MAX_SLOTS; slot++) {
            if (log.slotState(slot) != SlotState.UNUSED && !members.contains(log.slotName(slot))) {
                steps.begin();
                log.setSlot(slot, "", SlotState.UNUSED, steps::end);
            }
        }
    }
}
