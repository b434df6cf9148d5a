/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.integration.sim;

import java.util.List;
import org.netraid.block.BlockError;
import org.netraid.intentlog.DiskIntentLog;
import org.netraid.intentlog.IntentLog;
import org.netraid.intentlog.IntentWaiter;
import org.netraid.intentlog.SlotState;
import org.netraid.sim.SimDisk;
import org.netraid.sim.SimLoop;
import org.netraid.sim.SimRandom;
import org.netraid.sim.SimScheduler;

/**
 * {@code intent_log_failure} of the source. In some runs it is "degrade": what the node notes in its state folder, after a while and
 * sometimes not at all, is kept here, and an operator puts the log on its disk again some time later.
 */
final class LogPolicy {

    private static final long NOTE_NS = 2_000_000L;
    private static final long REPAIR_NS = 300_000_000L;

    private final SimScheduler scheduler;
    private final SimDisk logDisk;
    private final SimRandom random;
    private final boolean degrades;
    private boolean noted;

    LogPolicy(SimScheduler scheduler, SimDisk logDisk) {
        this.scheduler = scheduler;
        this.logDisk = logDisk;
        random = scheduler.random("log.policy");
        degrades = random.chance(400);
    }

    /** Durable: the log is not to be believed, every target needs a full resync. */
    boolean isNoted() {
        return noted;
    }

    void apply(DiskIntentLog log, SimLoop life) {
        if (degrades) {
            log.onDeviceFailure((detail, recorded) -> note(log, life, detail, recorded));
        }
    }

    private void note(DiskIntentLog log, SimLoop life, String detail, IntentWaiter recorded) {
        scheduler.record("source notes that its log has failed: " + detail);
        life.schedule(random.nextLong(NOTE_NS), () -> {
            noted = !random.chance(50);
            recorded.onIntent(noted ? BlockError.NONE : BlockError.EIO);
            repairLater(log, life);
        });
    }

    private void repairLater(DiskIntentLog log, SimLoop life) {
        life.schedule(random.nextLong(REPAIR_NS), () -> {
            if (log.degraded().isEmpty() || !log.failure().isEmpty()) {
                return;
            }
            scheduler.record("operator puts the log on its disk again");
            log.reattach(logDisk.attach(life), error -> {
                if (error.isError()) {
                    repairLater(log, life);
                } else {
                    noted = false;
                }
            });
        });
    }

    /** The node found its note: a new log, in which every target needs a full resync. */
    void startAnew(IntentLog log, List<TargetNode> targets, Runnable done) {
        int[] open = {targets.size()};
        for (TargetNode target : targets) {
            log.setSlot(target.slot, target.name, SlotState.FULL_RESYNC, error -> {
                open[0] -= error.isError() ? 0 : 1;
                if (open[0] == 0) {
                    noted = false;
                    done.run();
                }
            });
        }
    }
}
