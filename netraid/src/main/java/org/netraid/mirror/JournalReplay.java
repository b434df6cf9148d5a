/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.mirror;

import org.netraid.journal.AsyncJournal;
import org.netraid.journal.JournalRecord;
import org.netraid.journal.ReplayProgress;

/**
 * The replay of one target's queue: compares what it may have had already ({@link ReplayStart}), sends the rest epoch by epoch, flushes now
 * and then.
 */
final class JournalReplay implements DeviceOpOwner {

    private static final int WINDOW_COMMANDS = 64;
    private static final long WINDOW_BYTES = 4L << 20;
    private static final long FLUSH_BYTES = 8L << 20;
    private static final int FLUSH_RECORDS = 1024;
    private static final int MAX_PASSED_BY = 256;
    private static final long NO_MEMORY_RETRY_NS = 5_000_000L;

    private final JournalReplays replays;
    private final Leg leg;
    private final CopyChannel channel;
    private final AsyncJournal journal;
    private final JournalRecord record = new JournalRecord();
    private final DeviceOpOwner barriers = new DeviceOpOwner() {
        @Override
        public void onOpDone(DeviceOp op) {
        }

        @Override
        public void onOpLost(DeviceOp op) {
        }
    };
    private ReplayStart comparing;
    private boolean stopped;
    private long next;
    private long last;
    private String cut = "";
    private long sentEpoch;
    private int inFlight;
    private long inFlightBytes;
    private int partedInFlight;
    private long unflushedBytes;
    private int unflushedRecords;
    private boolean flushing;
    private boolean waitsForMemory;
    private long doneRecords;
    private long doneBytes;
    private long totalRecords;

    JournalReplay(JournalReplays replays, Leg leg, AsyncJournal journal) {
        this.replays = replays;
        this.leg = leg;
        this.channel = leg.channel;
        this.journal = journal;
    }

    void stop() {
        stopped = true;
        if (comparing != null) {
            comparing.stop();
        }
    }

    ReplayProgress progress() {
        return new ReplayProgress(comparing != null, doneRecords, totalRecords);
    }

    void start() {
        if (stopped) {
            return;
        }
        last = journal.lastSequence();
        comparing = new ReplayStart(replays, leg, journal, this::startFrom);
        comparing.run();
    }

    /** @param sequence the first record that the target has not, or not wholly; {@link AsyncJournal#NONE} if that cannot be told */
    private void startFrom(long sequence, String doubt) {
        if (stopped) {
            return;
        }
        comparing = null;
        if (sequence == AsyncJournal.NONE) {
            end("its queue from before is not replayed: " + doubt + "; what it lacks is resynced");
            return;
        }
        next = sequence;
        totalRecords = last - next + 1;
        pump();
    }

    private void cutAt(long sequence, String why) {
        last = sequence - 1;
        cut = "; the journal is cut at record " + sequence + " (" + why + "), the resync sends what was in the rest";
    }

    private void pump() {
        if (stopped || flushing) {
            return;
        }
        int passed = 0;
        while (next <= last && hasRoom()) {
            if (!journal.read(next, record, null)) {
                cutAt(next, journal.problem());
            } else if (!record.isFor(leg.slot) || replays.dropRecords && next % 5 == 0) {
                next++;
                if (++passed == MAX_PASSED_BY) {
                    // the records of other targets: others have work in this loop, too
                    replays.loop.execute(this::pump);
                    return;
                }
            } else if (!isDirty()) {
                cutAt(next, "the intent log does not have its chunks as dirty");
            } else if (!mayFollow() || !send()) {
                return;
            }
        }
        if (inFlight == 0 && (next > last || !hasRoom())) {
            flush();
        }
    }

    private boolean hasRoom() {
        return inFlight < WINDOW_COMMANDS && inFlightBytes < WINDOW_BYTES && unflushedBytes < FLUSH_BYTES
                && unflushedRecords < FLUSH_RECORDS;
    }

    private boolean isDirty() {
        long chunk = record.offsetBytes / replays.log.chunkBytes();
        long end = (record.offsetBytes + record.lengthBytes - 1) / replays.log.chunkBytes();
        return end < replays.log.chunkCount() && replays.log.nextCleanChunk(leg.slot, chunk) > end;
    }

    private boolean mayFollow() {
        if (inFlight == 0 || record.epoch == sentEpoch || replays.ignoreEpochs) {
            return true;
        }
        return channel.keepsOrder() && partedInFlight == 0;
    }

    private boolean send() {
        int length = record.payloadBytes();
        Payload payload = length == 0 ? null : replays.pool.take(length);
        if (length > 0 && payload == null) {
            waitForMemory();
            return false;
        }
        if (payload != null) {
            payload.bytes().clear().limit(length);
            if (!journal.read(next, record, payload.bytes())) {
                payload.release();
                cutAt(next, journal.problem());
                return true;
            }
        }
        if (inFlight > 0 && record.epoch != sentEpoch && channel.keepsOrder() && !replays.ignoreEpochs) {
            channel.barrier(barriers);
        }
        journal.sent(leg.slot, Math.max(next, journal.sentSequence(leg.slot)));
        sentEpoch = record.epoch;
        next++;
        inFlight++;
        inFlightBytes += record.lengthBytes;
        unflushedBytes += record.lengthBytes;
        unflushedRecords++;
        if (payload != null) {
            partedInFlight += channel.goesWhole(org.netraid.block.BlockCommand.WRITE, length) ? 0 : 1;
            channel.write(this, record.offsetBytes, length, record.flags, payload, 0);
            payload.release();
        } else {
            partedInFlight++;
            channel.zero(this, record.offsetBytes, record.lengthBytes, record.flags);
        }
        return true;
    }

    /** Another target's replay may have it all. */
    private void waitForMemory() {
        if (!waitsForMemory) {
            waitsForMemory = true;
            replays.loop.schedule(NO_MEMORY_RETRY_NS, () -> {
                waitsForMemory = false;
                pump();
            });
        }
    }

    private void flush() {
        flushing = true;
        if (!channel.flush(this)) {
            replays.loop.execute(this::onFlushed);
        }
    }

    @Override
    public void onOpDone(DeviceOp op) {
        if (stopped) {
            return;
        }
        if (flushing) {
            onFlushed();
            return;
        }
        inFlight--;
        inFlightBytes -= op.lengthBytes();
        partedInFlight -= op.isWrite() && channel.goesWhole(org.netraid.block.BlockCommand.WRITE, op.lengthBytes()) ? 0 : 1;
        doneRecords++;
        doneBytes += op.lengthBytes();
        pump();
    }

    /** The target is given up; {@link JournalReplays#abort} has been or will be called. */
    @Override
    public void onOpLost(DeviceOp op) {
    }

    private void onFlushed() {
        if (stopped) {
            return;
        }
        flushing = false;
        unflushedBytes = 0;
        unflushedRecords = 0;
        journal.flushed(leg.slot, next - 1);
        if (next > last) {
            end("replayed " + doneRecords + " queued writes of " + doneBytes + " bytes from before the source was stopped" + cut);
        } else {
            pump();
        }
    }

    private void end(String news) {
        stopped = true;
        replays.ended(leg, news);
    }
}
