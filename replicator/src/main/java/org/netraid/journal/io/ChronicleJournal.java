/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.journal.io;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Executor;
import java.util.zip.CRC32C;
import net.openhft.chronicle.bytes.Bytes;
import net.openhft.chronicle.queue.ExcerptAppender;
import net.openhft.chronicle.queue.ExcerptTailer;
import net.openhft.chronicle.queue.RollCycles;
import net.openhft.chronicle.queue.impl.single.SingleChronicleQueue;
import net.openhft.chronicle.queue.impl.single.SingleChronicleQueueBuilder;
import net.openhft.chronicle.wire.DocumentContext;
import org.netraid.journal.AsyncJournal;
import org.netraid.journal.JournalFormat;
import org.netraid.journal.JournalRecord;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One life's journal in a folder of its own: a Chronicle Queue of records and the {@link PositionsFile}.
 *
 * <p>The queue rolls by size, not by time: its clock is the number of the current segment. A segment whose records nobody needs is deleted
 * as a file. Not thread-safe; created on one thread and used on another, one at a time.
 */
final class ChronicleJournal implements AsyncJournal {

    private static final Logger LOG = LoggerFactory.getLogger("org.netraid.journal");
    private static final RollCycles ROLL = RollCycles.FAST_HOURLY;
    private static final long CHECK_SPACE_BYTES = 1 << 20;
    private static final int TAILERS = 4;

    private final Path folder;
    private final JournalOptions options;
    private final PositionsFile positions;
    private final Executor janitor;
    private final Segments segments;
    private final SingleChronicleQueue queue;
    private final ExcerptAppender appender;
    private final FileStore store;
    private final SegmentSpace space = new SegmentSpace();
    private final ExcerptTailer[] tailers = new ExcerptTailer[TAILERS];
    private final long[] tailerAt = new long[TAILERS];
    private int nextTailer;
    private final ByteBuffer header = ByteBuffer.allocateDirect(JournalFormat.HEADER_BYTES);
    private final CRC32C crc = new CRC32C();
    private long uncheckedBytes = CHECK_SPACE_BYTES;
    private boolean broken;
    private String problem = "";

    private ChronicleJournal(Path folder, JournalOptions options, PositionsFile positions, Executor janitor, boolean isNew)
            throws IOException {
        this.folder = folder;
        this.options = options;
        this.positions = positions;
        this.janitor = janitor;
        this.segments = new Segments(ROLL);
        this.store = Files.getFileStore(folder);
        this.queue = SingleChronicleQueueBuilder.binary(folder).rollCycle(ROLL).blockSize(options.blockBytes())
                .timeProvider(() -> segments.current() * (long) ROLL.lengthInMillis()).checkInterrupts(false).build();
        this.queue.singleThreadedCheckDisabled(true);
        if (isNew) {
            this.appender = queue.createAppender();
            this.appender.singleThreadedCheckDisabled(true);
        } else {
            this.appender = null;
            findSegments();
        }
    }

    /** A new journal. May block. @throws IOException with a sentence for people */
    static ChronicleJournal create(Path folder, long mirrorId, JournalOptions options, Executor janitor) throws IOException {
        if (Files.getFileStore(folder).getUsableSpace() < options.reserveBytes()) {
            throw new IOException("less than " + options.reserveBytes() + " bytes are free in " + folder);
        }
        return new ChronicleJournal(folder, options, PositionsFile.create(folder, mirrorId), janitor, true);
    }

    /** True if it is the journal in this folder. */
    boolean isIn(Path life) {
        return folder.equals(life);
    }

    /** What an earlier life has left, for reading. May block. */
    static ChronicleJournal open(Path folder, PositionsFile positions, JournalOptions options, Executor janitor) throws IOException {
        return new ChronicleJournal(folder, options, positions, janitor, false);
    }

    private void findSegments() throws IOException {
        long last = queue.lastIndex();
        if (last < 0) {
            return;
        }
        JournalRecord first = new JournalRecord();
        for (int cycle = queue.firstCycle(); cycle <= queue.lastCycle(); cycle++) {
            ExcerptTailer tailer = newTailer();
            boolean found = tailer.moveToIndex(ROLL.toIndex(cycle, 0));
            boolean isThere = found && readFirst(tailer, first);
            tailer.close();
            if (isThere) {
                segments.found(cycle, first.sequence);
            } else if (found) {
                throw new IOException("segment " + cycle + " does not begin with a record");
            }
        }
        segments.end(last);
    }

    private boolean readFirst(ExcerptTailer tailer, JournalRecord into) {
        try (DocumentContext document = tailer.readingDocument()) {
            if (!document.isPresent() || document.wire().bytes().readRemaining() < JournalFormat.HEADER_BYTES) {
                return false;
            }
            header.clear();
            document.wire().bytes().read(header);
            return JournalFormat.decode(header, header.getLong(8), into).isEmpty();
        }
    }

    private ExcerptTailer newTailer() {
        ExcerptTailer tailer = queue.createTailer();
        tailer.singleThreadedCheckDisabled(true);
        return tailer;
    }

    // ---- records

    @Override
    public long append(JournalRecord record, ByteBuffer payload) {
        int bytes = JournalFormat.HEADER_BYTES + record.payloadBytes();
        if (appender == null || broken || !hasSpace(bytes)) {
            return NONE;
        }
        record.sequence = segments.last() + 1;
        int start = payload == null ? 0 : payload.position();
        JournalFormat.encode(record, payload, header, crc);
        if (segments.bytesInCurrent() + bytes > options.segmentBytes()) {
            segments.roll();
        }
        if (space.lacks(segments.current(), bytes) && !cover(bytes)) {
            return NONE;
        }
        try (DocumentContext document = appender.writingDocument()) {
            Bytes<?> out = document.wire().bytes();
            out.writeSome(header);
            if (payload != null) {
                payload.position(start);
                out.writeSome(payload);
            }
            if (header.hasRemaining() || payload != null && payload.hasRemaining()) {
                // it takes what fits into its mapping and says nothing
                document.rollbackOnClose();
                throw new IllegalStateException("a record of " + bytes + " bytes does not fit");
            }
            space.written(out.writePosition());
        } catch (RuntimeException | InternalError e) {
            // InternalError: a mapped page without a block behind it
            fail("it cannot be written: " + e.getMessage());
            return NONE;
        }
        segments.appended(record.sequence, bytes, appender.lastIndexAppended());
        return record.sequence;
    }

    private boolean hasSpace(int bytes) {
        uncheckedBytes += bytes;
        if (uncheckedBytes < CHECK_SPACE_BYTES && problem.isEmpty()) {
            return true;
        }
        try {
            long free = store.getUsableSpace();
            boolean enough = free >= options.reserveBytes();
            problem = enough ? "" : "its file system has " + free + " bytes left, and the journal leaves " + options.reserveBytes()
                    + " (" + folder + "); make room";
            uncheckedBytes = enough ? 0 : uncheckedBytes;
            return enough;
        } catch (IOException e) {
            problem = "the free space of " + folder + " cannot be told: " + e.getMessage();
            return false;
        }
    }

    private boolean cover(int bytes) {
        try {
            int segment = segments.current();
            space.cover(segment, folder.resolve(segments.fileName(segment)), bytes);
            return true;
        } catch (IOException e) {
            problem = "there is no room for a record of " + bytes + " bytes: " + e.getMessage() + " (" + folder + "); make room";
            return false;
        }
    }

    private void fail(String why) {
        broken = true;
        problem = why + " (" + folder + "); restart the mirror to begin a new one";
        LOG.error("journal {}: {}", folder, why);
    }

    @Override
    public boolean read(long sequence, JournalRecord into, ByteBuffer payload) {
        long index = segments.indexOf(sequence);
        if (index < 0) {
            problem = "record " + sequence + " is not there";
            return false;
        }
        int choice = tailerFor(index);
        if (choice < 0) {
            problem = "record " + sequence + " is not there";
            return false;
        }
        String wrong;
        try (DocumentContext document = tailers[choice].readingDocument()) {
            tailerAt[choice] = index + 1;
            wrong = document.isPresent() ? take(document.wire().bytes(), sequence, into, payload) : "record " + sequence + " is not there";
        } catch (RuntimeException | InternalError e) {
            wrong = "record " + sequence + " cannot be read: " + e.getMessage();
        }
        if (!wrong.isEmpty()) {
            problem = wrong;
            tailerAt[choice] = NONE;
        }
        return wrong.isEmpty();
    }

    private String take(Bytes<?> in, long sequence, JournalRecord into, ByteBuffer payload) {
        long length = in.readRemaining();
        if (length < JournalFormat.HEADER_BYTES) {
            return "record " + sequence + " has only " + length + " bytes";
        }
        header.clear();
        in.read(header);
        String wrong = JournalFormat.decode(header, sequence, into);
        if (!wrong.isEmpty()) {
            return wrong;
        }
        int payloadBytes = into.payloadBytes();
        if (length - JournalFormat.HEADER_BYTES != payloadBytes) {
            return "record " + sequence + " has " + length + " bytes and should have " + (JournalFormat.HEADER_BYTES + payloadBytes);
        }
        if (payloadBytes == 0) {
            return JournalFormat.isIntact(header, null, crc) ? "" : "record " + sequence + " has a wrong checksum";
        }
        if (payload == null) {
            return "";
        }
        int start = payload.position();
        payload.limit(start + payloadBytes);
        in.read(payload);
        payload.position(start);
        return JournalFormat.isIntact(header, payload, crc) ? "" : "record " + sequence + " has a wrong checksum";
    }

    /** One that is there already, if possible: targets read on where they were. */
    private int tailerFor(long index) {
        for (int i = 0; i < TAILERS; i++) {
            if (tailerAt[i] == index && tailers[i] != null) {
                return i;
            }
        }
        int choice = nextTailer;
        nextTailer = (nextTailer + 1) % TAILERS;
        if (tailers[choice] == null) {
            tailers[choice] = newTailer();
        }
        tailerAt[choice] = NONE;
        return tailers[choice].moveToIndex(index) ? choice : -1;
    }

    @Override
    public long lastSequence() {
        return segments.last();
    }

    @Override
    public void trim(long throughSequence) {
        int cycle;
        while ((cycle = segments.removeUnneeded(throughSequence)) >= 0) {
            Path file = folder.resolve(segments.fileName(cycle));
            for (int i = 0; i < TAILERS; i++) {
                if (tailers[i] != null && ROLL.toCycle(tailers[i].index()) == cycle) {
                    tailers[i].close();
                    tailers[i] = null;
                    tailerAt[i] = NONE;
                }
            }
            janitor.execute(() -> delete(file));
        }
    }

    private static void delete(Path file) {
        try {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            LOG.warn("the space of {} is not given back: {}", file, e.getMessage());
        }
    }

    @Override
    public long diskBytes() {
        return segments.bytes();
    }

    @Override
    public String problem() {
        return problem;
    }

    // ---- positions

    @Override
    public void attach(int slot, long token, long flushed, long sent) {
        positions.attach(slot, token, flushed, sent);
    }

    @Override
    public void detach(int slot) {
        positions.detach(slot);
    }

    @Override
    public void sent(int slot, long sequence) {
        positions.sent(slot, sequence);
    }

    @Override
    public void flushed(int slot, long sequence) {
        positions.flushed(slot, sequence);
    }

    @Override
    public boolean isAttached(int slot) {
        return positions.isAttached(slot);
    }

    @Override
    public long token(int slot) {
        return positions.token(slot);
    }

    @Override
    public long sentSequence(int slot) {
        return positions.sent(slot);
    }

    @Override
    public long flushedSequence(int slot) {
        return positions.flushed(slot);
    }

    @Override
    public void close() {
        boolean isNeeded = positions.isAttached();
        janitor.execute(() -> {
            for (ExcerptTailer tailer : tailers) {
                if (tailer != null) {
                    tailer.close();
                }
            }
            if (appender != null) {
                appender.close();
            }
            queue.close();
            if (!isNeeded) {
                JournalFolder.deleteAll(folder);
            }
        });
    }
}
