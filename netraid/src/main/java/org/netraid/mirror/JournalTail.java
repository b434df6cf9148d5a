/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.mirror;

import org.netraid.journal.AsyncJournal;

/** How far one target has come in the journal. Records are sent in order and answered in any; {@link StreamJournal} owns every field. */
final class JournalTail {

    private final long[] inFlight = new long[LegStream.WINDOW_COMMANDS];
    private final boolean[] answered = new boolean[LegStream.WINDOW_COMMANDS];
    private int head;
    private int count;
    /** Everything that the target has still to get is in the journal. */
    boolean whole;
    /** The journal says so to the next life: the target is consistent, and the records follow on what it has. */
    boolean replayable;
    long sent;
    /** Answered up to here without a gap. */
    long acked;
    /** Of that, what the flush under way covers, and what is flushed. */
    long flushing;
    long flushed;
    int flushesOpen;

    void start(long after) {
        whole = true;
        replayable = false;
        sent = after;
        acked = after;
        flushing = after;
        flushed = after;
        head = 0;
        count = 0;
    }

    void stop() {
        whole = false;
        replayable = false;
        head = 0;
        count = 0;
        flushesOpen = 0;
    }

    void onSent(long sequence) {
        int at = (head + count) % inFlight.length;
        inFlight[at] = sequence;
        answered[at] = false;
        count++;
        sent = sequence;
    }

    void onAnswered(long sequence) {
        for (int i = 0; i < count; i++) {
            int at = (head + i) % inFlight.length;
            if (inFlight[at] == sequence) {
                answered[at] = true;
                break;
            }
        }
        while (count > 0 && answered[head]) {
            acked = inFlight[head];
            head = (head + 1) % inFlight.length;
            count--;
        }
    }

    void flushSent() {
        if (flushesOpen++ == 0) {
            flushing = acked;
        }
    }

    /** The first of two flushes that overlap counts for what it was sent for; so does the second, which proves no less. */
    void flushDone(AsyncJournal journal, int slot) {
        flushesOpen = Math.max(0, flushesOpen - 1);
        if (flushing > flushed) {
            flushed = flushing;
            if (replayable) {
                journal.flushed(slot, flushed);
            }
        }
    }
}
