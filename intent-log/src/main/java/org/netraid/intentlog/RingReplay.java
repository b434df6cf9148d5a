/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.intentlog;

import java.nio.ByteBuffer;
import java.util.Arrays;
import org.netraid.intentlog.format.ActivityBlockCodec;
import org.netraid.intentlog.format.ActivityBlockCodec.Verdict;
import org.netraid.intentlog.format.Superblock;

/**
 * Finds out from the ring which extents were hot. Accepts an unbroken sequence of blocks up to the newest, and one bad place exactly where
 * the next block would have gone, because that is what a torn write leaves. Everything else means that the log cannot be trusted.
 */
final class RingReplay {

    private final IntentLogLayout layout;
    private final Superblock superblock;
    private final ByteBuffer ring;
    private final long[] sequenceAt;
    private final int[] offsetAt;
    private final boolean[] bad;
    private long newest;

    /** @param ring all places of the ring, one after the other */
    RingReplay(IntentLogLayout layout, Superblock superblock, ByteBuffer ring) {
        this.layout = layout;
        this.superblock = superblock;
        this.ring = ring;
        sequenceAt = new long[layout.ringPlaces()];
        offsetAt = new int[layout.ringPlaces()];
        bad = new boolean[layout.ringPlaces()];
        for (int place = 0; place < sequenceAt.length; place++) {
            judge(place);
            newest = Math.max(newest, sequenceAt[place]);
        }
    }

    /** Takes the newer of the twins that are valid. */
    private void judge(int place) {
        int badTwins = 0;
        for (int twin = 0; twin < 2; twin++) {
            int at = place * IntentLogLayout.TWIN_BYTES + twin * IntentLogLayout.BLOCK_BYTES;
            Verdict verdict = ActivityBlockCodec.judge(ring, at, superblock.incarnation(), superblock.ringLife(), layout.alSlots(),
                    layout.extentCount());
            if (verdict == Verdict.VALID && ActivityBlockCodec.sequence(ring, at) % sequenceAt.length != place) {
                verdict = Verdict.BAD;
            }
            if (verdict == Verdict.VALID && ActivityBlockCodec.sequence(ring, at) > sequenceAt[place]) {
                sequenceAt[place] = ActivityBlockCodec.sequence(ring, at);
                offsetAt[place] = at;
            }
            badTwins += verdict == Verdict.BAD ? 1 : 0;
        }
        bad[place] = sequenceAt[place] == 0 && badTwins > 0;
    }

    long newestSequence() {
        return newest;
    }

    /** What is wrong with the ring, for people; null if it can be trusted. */
    String problem() {
        int places = sequenceAt.length;
        for (long sequence = Math.max(1, newest - places + 2); sequence <= newest; sequence++) {
            if (sequenceAt[place(sequence)] != sequence) {
                return "block " + sequence + " of the activity log is " + (bad[place(sequence)] ? "damaged" : "missing")
                        + " though block " + newest + " is there";
            }
        }
        for (int place = 0; place < places; place++) {
            if (bad[place] && place != place(newest + 1)) {
                return "a block of the activity log is damaged at place " + place;
            }
        }
        return null;
    }

    /** Extent of each slot, FREE if none. */
    int[] replay() {
        int[] extentAt = new int[layout.alSlots()];
        Arrays.fill(extentAt, ActivityBlockCodec.FREE);
        for (long sequence = Math.max(1, newest - sequenceAt.length + 1); sequence <= newest; sequence++) {
            if (sequenceAt[place(sequence)] == sequence) {
                ActivityBlockCodec.replay(ring, offsetAt[place(sequence)], extentAt);
            }
        }
        return extentAt;
    }

    /** The newest block as it was read, to be written again; null if there is none. */
    ByteBuffer newestBlock() {
        return newest == 0 ? null : ring.slice(offsetAt[place(newest)], IntentLogLayout.BLOCK_BYTES);
    }

    private int place(long sequence) {
        return (int) (sequence % sequenceAt.length);
    }
}
