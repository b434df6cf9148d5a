/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.mirror;

import org.netraid.journal.AsyncJournal;

/** The writes that are queued for targets or on their way to them, in the order in which they came; pooled. */
final class LaggingWrites {

    private final LegStreams streams;
    private LaggingWrite free;
    private LaggingWrite first;
    private LaggingWrite last;
    private int count;
    private long lastSequence;

    LaggingWrites(LegStreams streams) {
        this.streams = streams;
    }

    boolean isEmpty() {
        return first == null;
    }

    /** The oldest; the others follow by {@link LaggingWrite#next}. Null if there is none. */
    LaggingWrite first() {
        return first;
    }

    int count() {
        return count;
    }

    /** Of the newest write ever queued. */
    long lastSequence() {
        return lastSequence;
    }

    /** A write, already in the list as the newest. */
    LaggingWrite take() {
        LaggingWrite write = free;
        if (write == null) {
            write = new LaggingWrite(streams);
        } else {
            free = write.next;
        }
        write.sequence = ++lastSequence;
        write.next = null;
        write.previous = last;
        if (last == null) {
            first = write;
        } else {
            last.next = write;
        }
        last = write;
        count++;
        return write;
    }

    /** Takes an ended write out of the list, and keeps it for the next. */
    void recycle(LaggingWrite write) {
        count--;
        if (write.previous == null) {
            first = write.next;
        } else {
            write.previous.next = write.next;
        }
        if (write.next == null) {
            last = write.previous;
        } else {
            write.next.previous = write.previous;
        }
        write.previous = null;
        write.payload = null;
        write.next = free;
        free = write;
    }

    /** True if a write as old as this one or older is queued for the target or on its way. */
    boolean isPendingUpTo(int slot, long sequence) {
        for (LaggingWrite write = first; write != null && write.sequence <= sequence; write = write.next) {
            if ((write.pendingMask & 1 << slot) != 0) {
                return true;
            }
        }
        return false;
    }

    /** Sequence of the oldest record that a queued write may have to be read back from; without one the greatest number. */
    long oldestRecord() {
        for (LaggingWrite write = first; write != null; write = write.next) {
            if (write.record != AsyncJournal.NONE) {
                return StreamJournal.firstRecord(write);
            }
        }
        return Long.MAX_VALUE;
    }

    /** Age of the oldest write that the target has not answered. */
    long lagNs(int slot, long nowNs) {
        for (LaggingWrite write = first; write != null; write = write.next) {
            if ((write.pendingMask & 1 << slot) != 0) {
                return nowNs - write.queuedNs;
            }
        }
        return 0;
    }

    /** True if a write to some of these bytes is queued for the target or on its way. */
    boolean isLagging(int slot, long offsetBytes, long lengthBytes) {
        for (LaggingWrite write = first; write != null; write = write.next) {
            if ((write.pendingMask & 1 << slot) != 0 && write.touches(offsetBytes, lengthBytes)) {
                return true;
            }
        }
        return false;
    }
}
