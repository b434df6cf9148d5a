/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.mirror;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;

/**
 * How far a copy has come in a row of epochs that may all, in part or not at all have reached it: the greatest {@code j} for which it
 * shows, byte for byte, what it would show after the first {@code j} epochs and perhaps a part of the next one. To go on from there is
 * right whatever really happened, because the state of a copy is what it shows.
 *
 * <p>Works in sectors. In one epoch no two writes touch the same sector.
 */
final class AppliedPrefix {

    static final int SECTOR_BYTES = 512;

    private final TreeMap<Long, List<Version>> sectors = new TreeMap<>();
    private int epochs;

    /** What a sector would show after an epoch, counted from 1, and whether it does. */
    private record Version(int epoch, boolean shows) {
    }

    /** Begins the next epoch. */
    void nextEpoch() {
        epochs++;
    }

    int epochs() {
        return epochs;
    }

    /**
     * Adds a write, in the order of epochs.
     *
     * @param epoch its epoch, counted from 1
     * @param written its bytes from position 0; null for zeros
     * @param shown what the copy shows there, from position 0
     */
    void add(int epoch, long offsetBytes, int lengthBytes, ByteBuffer written, ByteBuffer shown) {
        for (int at = 0; at < lengthBytes; at += SECTOR_BYTES) {
            List<Version> versions = sectors.computeIfAbsent((offsetBytes + at) / SECTOR_BYTES, key -> new ArrayList<>(2));
            versions.add(new Version(epoch, isEqual(written, shown, at)));
        }
    }

    private static boolean isEqual(ByteBuffer written, ByteBuffer shown, int at) {
        for (int i = at; i < at + SECTOR_BYTES; i += Long.BYTES) {
            if (shown.getLong(i) != (written == null ? 0 : written.getLong(i))) {
                return false;
            }
        }
        return true;
    }

    /** @return how many whole epochs the copy shows; -1 if what it shows fits none */
    int shownEpochs() {
        int[] misfits = new int[epochs + 2];
        sectors.values().forEach(versions -> count(versions, misfits));
        int open = 0;
        int best = -1;
        for (int j = 0; j <= epochs; j++) {
            open += misfits[j];
            best = open == 0 ? j : best;
        }
        return best;
    }

    /** Notes for which numbers of epochs this sector would have to show something else: +1 where they begin, -1 behind their end. */
    private void count(List<Version> versions, int[] misfits) {
        for (int i = 0; i < versions.size(); i++) {
            Version now = versions.get(i);
            boolean isLast = i + 1 == versions.size();
            int next = isLast ? epochs + 1 : versions.get(i + 1).epoch();
            // the write of the next epoch may be there already
            boolean early = !isLast && versions.get(i + 1).shows();
            int endOfMisfit = now.shows() ? now.epoch() : early ? next - 1 : next;
            if (endOfMisfit > now.epoch()) {
                misfits[now.epoch()]++;
                misfits[endOfMisfit]--;
            }
        }
    }
}
