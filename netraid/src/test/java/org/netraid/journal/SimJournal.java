/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.journal;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.TreeMap;
import java.util.zip.CRC32C;

/** One life's journal in the memory of the simulator, as bytes of the real format. */
public final class SimJournal implements AsyncJournal {

    private static final int SLOTS = 7;

    final TreeMap<Long, byte[]> records = new TreeMap<>();
    private final long[] tokens = new long[SLOTS];
    private final long[] sent = new long[SLOTS];
    private final long[] flushed = new long[SLOTS];
    private final boolean[] attached = new boolean[SLOTS];
    private final ByteBuffer header = ByteBuffer.allocate(JournalFormat.HEADER_BYTES);
    private final CRC32C crc = new CRC32C();
    private long last;
    private long bytes;
    private String problem = "";
    boolean closed;
    /** As on a full disk: every append is refused while it is set. */
    public boolean full;

    @Override
    public long append(JournalRecord record, ByteBuffer payload) {
        if (full) {
            problem = "no space left";
            return NONE;
        }
        record.sequence = ++last;
        byte[] whole = new byte[JournalFormat.HEADER_BYTES + record.payloadBytes()];
        if (payload != null) {
            payload.get(payload.position(), whole, JournalFormat.HEADER_BYTES, record.payloadBytes());
        }
        JournalFormat.encode(record, payload, header, crc);
        header.get(0, whole, 0, JournalFormat.HEADER_BYTES);
        records.put(last, whole);
        bytes += whole.length;
        return last;
    }

    @Override
    public boolean read(long sequence, JournalRecord into, ByteBuffer payload) {
        byte[] whole = records.get(sequence);
        if (whole == null || whole.length < JournalFormat.HEADER_BYTES) {
            problem = "record " + sequence + " is not there";
            return false;
        }
        ByteBuffer buffer = ByteBuffer.wrap(whole, 0, JournalFormat.HEADER_BYTES);
        problem = JournalFormat.decode(buffer, sequence, into);
        boolean checks = payload != null || into.payloadBytes() == 0;
        if (problem.isEmpty() && whole.length != JournalFormat.HEADER_BYTES + into.payloadBytes()) {
            problem = "record " + sequence + " is torn";
        } else if (problem.isEmpty() && checks && !JournalFormat.isIntact(buffer, into.payloadBytes() == 0 ? null
                : ByteBuffer.wrap(whole, JournalFormat.HEADER_BYTES, into.payloadBytes()), crc)) {
            problem = "record " + sequence + " has a wrong checksum";
        }
        if (problem.isEmpty() && payload != null && into.payloadBytes() > 0) {
            payload.put(payload.position(), whole, JournalFormat.HEADER_BYTES, into.payloadBytes());
        }
        return problem.isEmpty();
    }

    @Override
    public long lastSequence() {
        return last;
    }

    @Override
    public void trim(long throughSequence) {
        while (!records.isEmpty() && records.firstKey() <= throughSequence) {
            bytes -= records.pollFirstEntry().getValue().length;
        }
    }

    @Override
    public long diskBytes() {
        return bytes;
    }

    @Override
    public String problem() {
        return problem;
    }

    @Override
    public void attach(int slot, long token, long flushedSequence, long sentSequence) {
        attached[slot] = true;
        tokens[slot] = token;
        flushed[slot] = flushedSequence;
        sent[slot] = sentSequence;
    }

    @Override
    public void detach(int slot) {
        attached[slot] = false;
    }

    @Override
    public void sent(int slot, long sequence) {
        sent[slot] = sequence;
    }

    @Override
    public void flushed(int slot, long sequence) {
        flushed[slot] = sequence;
    }

    @Override
    public boolean isAttached(int slot) {
        return attached[slot];
    }

    @Override
    public long token(int slot) {
        return tokens[slot];
    }

    @Override
    public long sentSequence(int slot) {
        return sent[slot];
    }

    @Override
    public long flushedSequence(int slot) {
        return flushed[slot];
    }

    @Override
    public void close() {
        closed = true;
    }

    boolean isAttached() {
        for (boolean one : attached) {
            if (one) {
                return true;
            }
        }
        return false;
    }

    // ---- what a crash leaves

    /** A record that was being appended, of which a part got there; nobody was told of it. */
    public void tear(int keptBytes) {
        byte[] torn = new byte[keptBytes];
        byte[] like = records.isEmpty() ? new byte[0] : records.lastEntry().getValue();
        System.arraycopy(like, 0, torn, 0, Math.min(like.length, keptBytes));
        if (keptBytes >= JournalFormat.HEADER_BYTES) {
            ByteBuffer.wrap(torn).putLong(8, last + 1);
        }
        records.put(++last, torn);
    }

    /** Flips a byte of a record. */
    public void damage(long sequence, int at) {
        byte[] copy = Arrays.copyOf(records.get(sequence), records.get(sequence).length);
        copy[at] ^= 1;
        records.put(sequence, copy);
    }

    /** First record that is still there. */
    public long firstSequence() {
        return records.isEmpty() ? last + 1 : records.firstKey();
    }
}
