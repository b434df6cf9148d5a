/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.mirror;

import org.netraid.fault.FaultPoints;
import org.netraid.intentlog.IntentLog;
import org.netraid.intentlog.SlotState;
import org.netraid.journal.AsyncJournal;
import org.netraid.journal.ReplayProgress;
import org.netraid.time.EventLoop;

/**
 * Gives each target what a killed life of the source had still to send it, before any resync: so it goes from one consistent state to a
 * later one, and only then is it marked inconsistent for what the journal does not know.
 *
 * <p>Only what is certain is replayed: the target says that it is consistent and of the generation that the journal follows on, what it
 * shows fits a point in the journal, and each chunk that is written is dirty for it in the intent log. In doubt the chunks are resynced,
 * as if there were no journal.
 */
final class JournalReplays {

    /** Memory for payloads under way in all replays of a mirror. */
    private static final long MEMORY_BYTES = 16L << 20;

    final Mirror mirror;
    final IntentLog log;
    final EventLoop loop;
    final PayloadPool pool = new PayloadPool(MEMORY_BYTES);
    /** For what targets show: apart, so that nobody waits for one while holding the other. */
    final PayloadPool shownPool = new PayloadPool(MEMORY_BYTES);
    final boolean ignoreEpochs;
    final boolean skipComparing;
    final boolean dropRecords;
    private final JournalReplay[] running = new JournalReplay[IntentLog.MAX_SLOTS];
    private AsyncJournal left;

    JournalReplays(Mirror mirror, IntentLog log, EventLoop loop, FaultPoints faults) {
        this.mirror = mirror;
        this.log = log;
        this.loop = loop;
        this.ignoreEpochs = faults.isArmed("replay-out-of-order");
        this.skipComparing = faults.isArmed("replay-what-was-sent");
        this.dropRecords = faults.isArmed("drop-journal-record");
    }

    /** @param journal of an earlier life; null if there is none */
    void use(AsyncJournal journal) {
        left = journal;
        closeIfDone();
    }

    AsyncJournal journal() {
        return left;
    }

    boolean isRunning(int slot) {
        return running[slot] != null;
    }

    ReplayProgress progress(int slot) {
        return running[slot] == null ? null : running[slot].progress();
    }

    /**
     * Begins a replay, if there is one to do.
     *
     * @return true if the target must wait for {@link LegConnections#replayEnded}
     */
    boolean begin(Leg leg) {
        if (left == null || !left.isAttached(leg.slot)) {
            return false;
        }
        String doubt = doubt(leg);
        if (!doubt.isEmpty()) {
            forget(leg.slot, doubt);
            return false;
        }
        running[leg.slot] = new JournalReplay(this, leg, left);
        loop.execute(running[leg.slot]::start);
        return true;
    }

    private String doubt(Leg leg) {
        long last = left.lastSequence();
        if (!leg.copy.isConsistent()) {
            return "the target is inconsistent";
        }
        if (leg.copy.generation() != left.token(leg.slot)) {
            return "its copy is not of the generation that the journal follows on";
        }
        if (log.slotState(leg.slot) != SlotState.TRACKING && log.slotState(leg.slot) != SlotState.STALE) {
            return "everything is sent to it anyway";
        }
        if (log.dirtyChunks(leg.slot) == 0) {
            return "it lacks nothing";
        }
        if (left.sentSequence(leg.slot) > last || left.flushedSequence(leg.slot) > last) {
            return "it was sent record " + left.sentSequence(leg.slot) + ", and the journal ends with " + last;
        }
        return "";
    }

    /** The journal is of no use to this target any more. @param why "" if there is nothing to say */
    void forget(int slot, String why) {
        abort(slot);
        if (left != null && left.isAttached(slot)) {
            left.detach(slot);
            if (!why.isEmpty()) {
                mirror.listeners.journalNews("target " + mirror.legs.leg(slot).nodeName() + ": its queue from before is not replayed: "
                        + why + "; what it lacks is resynced");
            }
            closeIfDone();
        }
    }

    /** The target has gone or was stopped; what is left can be replayed when it comes back. */
    void abort(int slot) {
        if (running[slot] != null) {
            running[slot].stop();
            running[slot] = null;
        }
    }

    void ended(Leg leg, String news) {
        running[leg.slot] = null;
        left.detach(leg.slot);
        if (!news.isEmpty()) {
            mirror.listeners.journalNews("target " + leg.nodeName() + ": " + news);
        }
        closeIfDone();
        mirror.connections.replayEnded(leg);
    }

    private void closeIfDone() {
        for (int slot = 0; left != null && slot < IntentLog.MAX_SLOTS; slot++) {
            if (left.isAttached(slot)) {
                return;
            }
        }
        close();
    }

    void close() {
        for (int slot = 0; slot < IntentLog.MAX_SLOTS; slot++) {
            abort(slot);
        }
        if (left != null) {
            left.close();
            left = null;
        }
    }
}
