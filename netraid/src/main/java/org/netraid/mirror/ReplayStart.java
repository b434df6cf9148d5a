/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.mirror;

import org.netraid.journal.AsyncJournal;
import org.netraid.journal.JournalRecord;

/**
 * Finds the record from which a target's replay goes on. What it had flushed it has; what it was sent after that it may have in whole or in
 * part, and to write an old version over a newer one would take it back to a state that never was. So it is read and compared, and
 * {@link AppliedPrefix} tells.
 */
final class ReplayStart implements DeviceOpOwner {

    private static final int MAX_RECORDS = 8192;
    private static final long MAX_BYTES = 128L << 20;
    private static final long NO_MEMORY_RETRY_NS = 5_000_000L;

    /** Told once. */
    interface Found {
        /** @param sequence the first record to send; {@link AsyncJournal#NONE}: none may be sent, because of the doubt */
        void from(long sequence, String doubt);
    }

    private final JournalReplays replays;
    private final Leg leg;
    private final AsyncJournal journal;
    private final Found found;
    private final JournalRecord record = new JournalRecord();
    private final AppliedPrefix prefix = new AppliedPrefix();
    private final long first;
    private final long end;
    private long next;
    private long lastEpoch;
    private Payload written;
    private Payload shown;
    private boolean stopped;

    ReplayStart(JournalReplays replays, Leg leg, AsyncJournal journal, Found found) {
        this.replays = replays;
        this.leg = leg;
        this.journal = journal;
        this.found = found;
        this.first = journal.flushedSequence(leg.slot) + 1;
        this.end = journal.sentSequence(leg.slot);
        this.next = first;
    }

    void stop() {
        stopped = true;
        release();
    }

    void run() {
        if (replays.skipComparing) {
            found.from(first, "");
        } else if (mustCompare()) {
            readNext();
        }
    }

    /** False if the answer is found without: a single epoch can be sent again whatever the target has of it; some cannot be compared. */
    private boolean mustCompare() {
        if (end - first >= MAX_RECORDS) {
            found.from(AsyncJournal.NONE, tooMany());
            return false;
        }
        long bytes = 0;
        long epochs = 0;
        long epoch = 0;
        for (long at = first; at <= end; at++) {
            if (!journal.read(at, record, null)) {
                found.from(AsyncJournal.NONE, "the target may have record " + at + ", which cannot be read: " + journal.problem());
                return false;
            }
            if (record.isFor(leg.slot)) {
                epochs += epochs == 0 || record.epoch != epoch ? 1 : 0;
                epoch = record.epoch;
                bytes += record.lengthBytes;
                if ((record.offsetBytes | record.lengthBytes) % AppliedPrefix.SECTOR_BYTES != 0) {
                    bytes = MAX_BYTES + 1;
                }
            }
        }
        if (epochs <= 1) {
            found.from(first, "");
            return false;
        }
        if (bytes > MAX_BYTES) {
            found.from(AsyncJournal.NONE, tooMany());
            return false;
        }
        return true;
    }

    private String tooMany() {
        return "it had " + (end - first + 1) + " records not flushed yet, which are too much to compare";
    }

    private void readNext() {
        while (next <= end) {
            if (!journal.read(next, record, null)) {
                found.from(AsyncJournal.NONE, journal.problem());
                return;
            }
            if (!record.isFor(leg.slot)) {
                next++;
                continue;
            }
            if (!takeMemory()) {
                return;
            }
            if (written != null && !journal.read(next, record, written.bytes())) {
                release();
                found.from(AsyncJournal.NONE, "the target may have record " + next + ", which cannot be read: " + journal.problem());
                return;
            }
            leg.channel.read(this, record.offsetBytes, shown.bytes(), shown);
            return;
        }
        decide();
    }

    private boolean takeMemory() {
        shown = replays.shownPool.take((int) record.lengthBytes);
        if (shown != null && record.payloadBytes() > 0) {
            written = replays.pool.take(record.payloadBytes());
            if (written == null) {
                shown.release();
                shown = null;
            }
        }
        if (shown == null) {
            replays.loop.schedule(NO_MEMORY_RETRY_NS, () -> {
                if (!stopped) {
                    readNext();
                }
            });
            return false;
        }
        shown.bytes().clear().limit((int) record.lengthBytes);
        if (written != null) {
            written.bytes().clear().limit(record.payloadBytes());
        }
        return true;
    }

    @Override
    public void onOpDone(DeviceOp op) {
        if (stopped) {
            return;
        }
        if (prefix.epochs() == 0 || record.epoch != lastEpoch) {
            prefix.nextEpoch();
            lastEpoch = record.epoch;
        }
        shown.bytes().clear();
        if (written != null) {
            written.bytes().clear();
        }
        prefix.add(prefix.epochs(), record.offsetBytes, (int) record.lengthBytes, written == null ? null : written.bytes(), shown.bytes());
        release();
        next++;
        readNext();
    }

    @Override
    public void onOpLost(DeviceOp op) {
    }

    private void release() {
        if (shown != null) {
            shown.release();
            shown = null;
        }
        if (written != null) {
            written.release();
            written = null;
        }
    }

    private void decide() {
        int has = prefix.shownEpochs();
        if (has < 0) {
            found.from(AsyncJournal.NONE, "what it shows fits no point in the journal");
            return;
        }
        int epochs = 0;
        long epoch = 0;
        for (long at = first; at <= end; at++) {
            journal.read(at, record, null);
            if (record.isFor(leg.slot)) {
                epochs += epochs == 0 || record.epoch != epoch ? 1 : 0;
                epoch = record.epoch;
                if (epochs > has) {
                    found.from(at, "");
                    return;
                }
            }
        }
        found.from(end + 1, "");
    }
}
