/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.nbd.client;

import java.util.Arrays;

/**
 * Which bytes of one READ have been answered. Chunks may come in any order; overlapping or missing ones must be
 * noticed, or a reader would be given stale memory as data. Sorted, disjoint, merged pieces; in-order chunks need one.
 */
final class ReadCoverage {

    /** More separate pieces than this are treated as an attack: no server cuts a read so fine and out of order. */
    static final int MAX_PIECES = 4096;

    private long[] starts = new long[4];
    private long[] ends = new long[4];
    private int count;

    void clear() {
        count = 0;
    }

    /** @return false if some byte has been answered before, or if there are too many separate pieces */
    boolean add(long start, long end) {
        int at = count;
        while (at > 0 && starts[at - 1] >= start) {
            at--;
        }
        if (at > 0 && ends[at - 1] > start || at < count && starts[at] < end) {
            return false;
        }
        boolean joinsLeft = at > 0 && ends[at - 1] == start;
        boolean joinsRight = at < count && starts[at] == end;
        if (joinsLeft && joinsRight) {
            ends[at - 1] = ends[at];
            remove(at);
        } else if (joinsLeft) {
            ends[at - 1] = end;
        } else if (joinsRight) {
            starts[at] = start;
        } else {
            return insert(at, start, end);
        }
        return true;
    }

    boolean covers(long start, long end) {
        return count == 1 && starts[0] <= start && ends[0] >= end;
    }

    private boolean insert(int at, long start, long end) {
        if (count == MAX_PIECES) {
            return false;
        }
        if (count == starts.length) {
            starts = Arrays.copyOf(starts, count * 2);
            ends = Arrays.copyOf(ends, count * 2);
        }
        System.arraycopy(starts, at, starts, at + 1, count - at);
        System.arraycopy(ends, at, ends, at + 1, count - at);
        starts[at] = start;
        ends[at] = end;
        count++;
        return true;
    }

    private void remove(int at) {
        count--;
        System.arraycopy(starts, at + 1, starts, at, count - at);
        System.arraycopy(ends, at + 1, ends, at, count - at);
    }
}
