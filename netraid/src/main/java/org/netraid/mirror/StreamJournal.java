/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.mirror;

import java.nio.ByteBuffer;
import org.netraid.block.BlockCommand;
import org.netraid.block.BlockRequest;
import org.netraid.intentlog.IntentLog;
import org.netraid.journal.AsyncJournal;
import org.netraid.journal.JournalRecord;
import org.netraid.journal.JournalStatus;

/**
 * The journal behind the queues of {@link LegStreams}: each write for a target of protocol A is appended before the application hears of
 * it. Payloads beyond a small window leave memory and are read back when the target has room; after the death of this process what was
 * appended is there for {@link JournalReplays}.
 *
 * <p>Without a journal everything is kept in memory. A record that cannot be appended is a queue that is full: its limit says what follows.
 */
final class StreamJournal {

    /** Memory for payloads on their way from the journal to targets: the window of one target. */
    private static final long READ_BACK_BYTES = LegStream.WINDOW_BYTES;
    /** Queued writes of one mirror: each costs about a hundred bytes of memory, wherever its payload is. */
    static final int MAX_QUEUED_WRITES = 1 << 18;

    private final Mirror mirror;
    private final PayloadPool pool;
    private final PayloadPool readBack = new PayloadPool(READ_BACK_BYTES);
    private final JournalTail[] tails = new JournalTail[IntentLog.MAX_SLOTS];
    private final JournalRecord record = new JournalRecord();
    private final JournalRecord checked = new JournalRecord();
    private AsyncJournal journal;
    private long windowBytes;
    private long memoryBytes;
    private long token = AsyncJournal.NO_TOKEN;
    private String problem = "";
    /** Slots that wait for memory to read into. */
    int starvedMask;

    StreamJournal(Mirror mirror, PayloadPool pool) {
        this.mirror = mirror;
        this.pool = pool;
        for (int slot = 0; slot < tails.length; slot++) {
            tails[slot] = new JournalTail();
        }
    }

    void use(AsyncJournal opened, long payloadWindowBytes) {
        journal = opened;
        windowBytes = payloadWindowBytes;
    }

    boolean isOpen() {
        return journal != null;
    }

    /** The generation that copies in sync belong to, from now on. */
    void setToken(long generation) {
        token = generation;
        for (int slot = 0; slot < tails.length; slot++) {
            if (tails[slot].replayable) {
                journal.attach(slot, token, tails[slot].flushed, tails[slot].sent);
            }
        }
    }

    // ---- a write comes in

    /** @return false if the journal has no room for it: to be dealt with as a full queue */
    boolean append(LaggingWrite write, int slotMask) {
        write.record = AsyncJournal.NONE;
        int mask = journal == null ? 0 : journaled(slotMask);
        if (mask == 0) {
            return true;
        }
        write.record = appendParts(write, mask);
        boolean isThere = write.record != AsyncJournal.NONE;
        note(isThere ? "" : journal.problem());
        for (int rest = mask; rest != 0; rest &= rest - 1) {
            int slot = Integer.numberOfTrailingZeros(rest);
            if (!isThere) {
                detach(slot);
            } else if (!tails[slot].whole && mirror.streams.stream(slot).isEmpty()) {
                tails[slot].start(firstRecord(write) - 1);
                announce(slot);
            }
        }
        return isThere;
    }

    /** Those of protocol A, and those that still have something queued from then. */
    private int journaled(int slotMask) {
        int mask = slotMask & mirror.legs.asyncMask();
        for (int rest = slotMask & ~mask; rest != 0; rest &= rest - 1) {
            int slot = Integer.numberOfTrailingZeros(rest);
            mask |= tails[slot].whole ? 1 << slot : 0;
        }
        return mask;
    }

    /** @return the sequence of the last part */
    private long appendParts(LaggingWrite write, int mask) {
        fill(write, mask);
        if (write.command != BlockCommand.WRITE) {
            return journal.append(record, null);
        }
        ByteBuffer bytes = write.payload.view(Payload.JOURNAL_VIEW);
        long sequence = AsyncJournal.NONE;
        for (int at = 0; at < write.lengthBytes; at += JournalRecord.MAX_PAYLOAD_BYTES) {
            int length = (int) Math.min(JournalRecord.MAX_PAYLOAD_BYTES, write.lengthBytes - at);
            record.offsetBytes = write.offsetBytes + at;
            record.lengthBytes = length;
            bytes.clear().limit(write.payloadStart + at + length).position(write.payloadStart + at);
            sequence = journal.append(record, bytes);
            if (sequence == AsyncJournal.NONE) {
                return sequence;
            }
        }
        return sequence;
    }

    /** Of the records of a write that is in the journal. */
    static long firstRecord(LaggingWrite write) {
        boolean hasPayload = write.command == BlockCommand.WRITE;
        return write.record - (hasPayload ? (write.lengthBytes - 1) / JournalRecord.MAX_PAYLOAD_BYTES : 0);
    }

    private void fill(LaggingWrite write, int mask) {
        record.kind = write.command == BlockCommand.WRITE ? JournalRecord.Kind.WRITE : JournalRecord.Kind.ZERO;
        record.flags = write.flags & ~BlockRequest.FUA;
        record.slotMask = mask;
        record.epoch = write.epoch;
        record.offsetBytes = write.offsetBytes;
        record.lengthBytes = write.lengthBytes;
    }

    private void note(String now) {
        if (!now.equals(problem)) {
            problem = now;
            mirror.listeners.journalNews(now.isEmpty() ? "the journal takes records again" : "the journal takes no records: " + now
                    + ". Targets of protocol A are dealt with as if their queue were full; nothing is lost, what they miss is tracked");
        }
    }

    private void announce(int slot) {
        JournalTail tail = tails[slot];
        if (tail.whole && token != AsyncJournal.NO_TOKEN && mirror.legs.leg(slot).state == LegState.IN_SYNC) {
            tail.replayable = true;
            journal.attach(slot, token, tail.flushed, tail.sent);
        }
    }

    /** The target is consistent: what is queued for it could be replayed. */
    void inSync(int slot) {
        if (journal != null && !tails[slot].replayable) {
            announce(slot);
        }
    }

    /** The application goes on without the write's targets: it keeps its payload if there is room, else the journal has it. */
    void letGo(LaggingWrite write) {
        pool.lag(write.payload);
        if (write.record != AsyncJournal.NONE && memoryBytes + write.memoryBytes > windowBytes) {
            Payload payload = write.payload;
            write.payload = null;
            payload.release();
        } else {
            write.windowBytes = write.memoryBytes;
            memoryBytes += write.windowBytes;
        }
    }

    void ended(LaggingWrite write) {
        memoryBytes -= write.windowBytes;
        write.windowBytes = 0;
    }

    // ---- to the target

    /**
     * The payload of a write that is in the journal only, with one reference, from its start; null if there is no memory for it
     * now, or if it cannot be read: then the target is given up, and all that it has not got is dirty.
     */
    Payload readBack(LaggingWrite write, Leg leg) {
        int length = (int) write.lengthBytes;
        Payload payload = readBack.take(length);
        if (payload == null) {
            starvedMask |= leg.bit();
            return null;
        }
        if (readParts(write, payload.bytes())) {
            return payload;
        }
        payload.release();
        mirror.connections.loseSoon(leg, "its queue cannot be read back from the journal: " + journal.problem());
        return null;
    }

    private boolean readParts(LaggingWrite write, ByteBuffer into) {
        long sequence = firstRecord(write);
        for (int at = 0; at < write.lengthBytes; at += JournalRecord.MAX_PAYLOAD_BYTES) {
            int length = (int) Math.min(JournalRecord.MAX_PAYLOAD_BYTES, write.lengthBytes - at);
            into.clear().limit(at + length).position(at);
            if (!journal.read(sequence++, checked, into) || checked.kind != JournalRecord.Kind.WRITE
                    || checked.offsetBytes != write.offsetBytes + at || checked.lengthBytes != length) {
                return false;
            }
        }
        return true;
    }

    /** @return slots that may find memory now */
    int takeStarved() {
        int mask = starvedMask;
        starvedMask = 0;
        return mask;
    }

    void onSent(int slot, LaggingWrite write) {
        JournalTail tail = tails[slot];
        if (tail.whole) {
            if (tail.replayable) {
                journal.sent(slot, write.record);
            }
            tail.onSent(write.record);
        }
    }

    void onAnswered(int slot, LaggingWrite write) {
        if (tails[slot].whole) {
            tails[slot].onAnswered(write.record);
        }
    }

    /** Nothing is queued any more; what comes next does not go through the queue unless the protocol is still A. */
    void onDrained(Leg leg) {
        if (leg.protocol != ReplicationProtocol.A) {
            detach(leg.slot);
        }
    }

    void detach(int slot) {
        if (tails[slot].replayable) {
            journal.detach(slot);
        }
        tails[slot].stop();
    }

    // ---- flushes

    void flushSent(int slot) {
        if (tails[slot].whole) {
            tails[slot].flushSent();
        }
    }

    void flushDone(int slot) {
        if (tails[slot].whole) {
            tails[slot].flushDone(journal, slot);
        }
        if (journal != null) {
            trim();
        }
    }

    private void trim() {
        long through = mirror.streams.writes().oldestRecord() - 1;
        for (JournalTail tail : tails) {
            through = tail.whole ? Math.min(through, tail.flushed) : through;
        }
        journal.trim(Math.min(through, journal.lastSequence()));
    }

    // ---- end, status

    void close() {
        if (journal != null) {
            for (int slot = 0; slot < tails.length; slot++) {
                detach(slot);
            }
            journal.close();
            journal = null;
        }
    }

    JournalStatus status() {
        if (journal == null) {
            return new JournalStatus(false, 0, 0, memoryBytes, "");
        }
        long oldest = mirror.streams.writes().oldestRecord() - 1;
        for (JournalTail tail : tails) {
            oldest = tail.whole ? Math.min(oldest, tail.flushed) : oldest;
        }
        long last = journal.lastSequence();
        return new JournalStatus(true, journal.diskBytes(), Math.max(0, last - Math.min(oldest, last)), memoryBytes, problem);
    }
}
