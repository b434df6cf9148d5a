/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.journal.io;

import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayDeque;
import java.util.Iterator;
import net.openhft.chronicle.queue.RollCycle;

/** Which records are in which file of the queue. Few: files are large. */
final class Segments {

    private static final int FIRST = 1;

    private final RollCycle roll;
    private final ArrayDeque<Segment> all = new ArrayDeque<>();
    private int current = FIRST;
    private long last;
    private long bytes;

    private static final class Segment {
        final int cycle;
        final long first;
        long bytes;

        Segment(int cycle, long first) {
            this.cycle = cycle;
            this.first = first;
        }
    }

    Segments(RollCycle roll) {
        this.roll = roll;
    }

    int current() {
        return current;
    }

    long last() {
        return last;
    }

    long bytes() {
        return bytes;
    }

    long bytesInCurrent() {
        return all.isEmpty() || all.peekLast().cycle != current ? 0 : all.peekLast().bytes;
    }

    /** The next record goes to a new file. */
    void roll() {
        current++;
    }

    void appended(long sequence, int recordBytes, long index) {
        if (all.isEmpty() || all.peekLast().cycle != current) {
            all.addLast(new Segment(current, sequence));
        }
        if (index != indexIn(all.peekLast(), sequence)) {
            throw new IllegalStateException("record " + sequence + " was given index " + Long.toHexString(index) + ", not "
                    + Long.toHexString(indexIn(all.peekLast(), sequence)));
        }
        last = sequence;
        all.peekLast().bytes += recordBytes;
        bytes += recordBytes;
    }

    /** A file that an earlier life has left. */
    void found(int cycle, long firstSequence) {
        all.addLast(new Segment(cycle, firstSequence));
        current = cycle;
    }

    /** The index of the last record that an earlier life has left. */
    void end(long lastIndex) {
        if (!all.isEmpty() && all.peekLast().cycle == roll.toCycle(lastIndex)) {
            last = all.peekLast().first + roll.toSequenceNumber(lastIndex);
        }
    }

    private long indexIn(Segment segment, long sequence) {
        return roll.toIndex(segment.cycle, sequence - segment.first);
    }

    /** @return the queue's index of the record; -1 if it is not there */
    long indexOf(long sequence) {
        if (sequence > last) {
            return -1;
        }
        for (Iterator<Segment> newest = all.descendingIterator(); newest.hasNext();) {
            Segment segment = newest.next();
            if (segment.first <= sequence) {
                return indexIn(segment, sequence);
            }
        }
        return -1;
    }

    /** Takes out the oldest file if all of its records are among those nobody needs. @return its cycle; -1 if there is none */
    int removeUnneeded(long throughSequence) {
        if (all.size() < 2) {
            return -1;
        }
        Iterator<Segment> oldest = all.iterator();
        Segment candidate = oldest.next();
        if (oldest.next().first - 1 > throughSequence) {
            return -1;
        }
        all.removeFirst();
        bytes -= candidate.bytes;
        return candidate.cycle;
    }

    String fileName(int cycle) {
        return DateTimeFormatter.ofPattern(roll.format()).withZone(ZoneOffset.UTC)
                .format(Instant.ofEpochMilli(cycle * (long) roll.lengthInMillis())) + ".cq4";
    }
}
