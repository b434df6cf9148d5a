/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.integration.sim;

import org.netraid.intentlog.IntentLog;
import org.netraid.journal.AsyncJournal;
import org.netraid.journal.SimJournalStore;
import org.netraid.mirror.Mirror;
import org.netraid.mirror.MirrorListener;
import org.netraid.sim.CrashMode;
import org.netraid.sim.SimRandom;
import org.netraid.sim.SimScheduler;

/** The simulated source's journal: two of three runs have one, with a window drawn from the seed, and a disk that is full at times. */
final class NodeJournal {

    private static final long GENERATION = 7;

    private final SimScheduler scheduler;
    private final SimRandom random;
    private final SimJournalStore store = new SimJournalStore();
    private final boolean exists;
    private final long windowBytes;
    private final boolean calm;
    private int replays;

    /** @param always the run looks for what goes wrong with replays */
    NodeJournal(SimScheduler scheduler, boolean always) {
        this.scheduler = scheduler;
        this.random = scheduler.random("journal");
        this.exists = always || random.chance(667);
        this.calm = exists && (always || random.chance(400));
        this.windowBytes = random.nextBoolean() ? 0 : random.between(1, 64) << 10;
    }

    /** True if little else than kills shall happen in this run: else targets are seldom in sync when the source dies. */
    boolean isCalm() {
        return calm;
    }

    /** Queues replayed in this run, in whole or in part. */
    int replays() {
        return replays;
    }

    void use(Mirror mirror) {
        if (!exists) {
            return;
        }
        store.open();
        mirror.setGeneration(GENERATION);
        mirror.useJournal(store.current(), store.left(), windowBytes);
        mirror.addListener(new MirrorListener() {
            @Override
            public void journalNews(String text) {
                replays += text.contains("replayed ") && !text.contains("not replayed") ? 1 : 0;
                scheduler.record("journal: " + text);
            }
        });
    }

    /** What a target says that its copy is of: mostly that which the journal follows on. */
    long generationOfTarget() {
        return random.chance(50) ? GENERATION + 1 : random.chance(20) ? AsyncJournal.NO_TOKEN : GENERATION;
    }

    /** Now and then the disk is full, or not any more. */
    void strike() {
        if (exists && store.current() != null && random.chance(100)) {
            store.current().full = !store.current().full;
        }
    }

    /** True if a kill of the source now would leave something to replay. */
    boolean hasBacklog() {
        AsyncJournal now = exists ? store.current() : null;
        for (int slot = 0; now != null && slot < IntentLog.MAX_SLOTS; slot++) {
            if (now.isAttached(slot) && now.lastSequence() > now.flushedSequence(slot)) {
                return true;
            }
        }
        return false;
    }

    void crash(CrashMode mode) {
        if (mode == CrashMode.PROCESS_KILL) {
            store.kill(random.nextBoolean() ? 0 : (int) random.between(1, 600));
        } else {
            store.cutPower();
        }
    }
}
