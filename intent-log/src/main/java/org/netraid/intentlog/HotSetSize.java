/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.intentlog;

/**
 * How many extents may be hot at one time. So many as are steady always; one more for each write that comes back to an extent which
 * was replaced only because there was no room, up to what the log can hold. So a random load over a large range gets the room that it
 * uses, and a stream, which never comes back, gets none. Single-threaded; allocates nothing after construction.
 */
final class HotSetSize {

    private final int steady;
    private final int most;
    private int limit;
    /** Replaced extents, each at one place of its own; a later one may take that. */
    private final int[] replaced;
    private final int[] replacedAtTick;

    /**
     * @param steady extents that may be hot without a reason
     * @param most extents that can be hot
     */
    HotSetSize(int steady, int most) {
        this.steady = steady;
        this.most = most;
        limit = steady;
        int places = steady < most ? Integer.highestOneBit(most) * 2 : 1;
        replaced = new int[places];
        replacedAtTick = new int[places];
    }

    int limit() {
        return limit;
    }

    private int place(int extent) {
        int mixed = extent * 0x9e3779b9;
        return (mixed ^ mixed >>> 15) & replaced.length - 1;
    }

    void replaced(int extent, int tick) {
        if (steady < most) {
            replaced[place(extent)] = extent + 1;
            replacedAtTick[place(extent)] = tick;
        }
    }

    /** A write wants an extent that is not hot. @param ticks after so many it would have cooled anyway */
    void missed(int extent, int tick, int ticks) {
        int place = place(extent);
        if (limit < most && replaced[place] == extent + 1) {
            replaced[place] = 0;
            if (tick - replacedAtTick[place] <= ticks) {
                limit++;
            }
        }
    }

    /** So many are hot after a crash. */
    void restored(int used) {
        limit = Math.max(steady, used);
    }

    /** Some have cooled for age: the room they had is not needed any more. */
    void shrink(int used) {
        limit = Math.max(steady, Math.min(limit, used));
    }
}
