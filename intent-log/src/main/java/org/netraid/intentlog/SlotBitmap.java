/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.intentlog;

import org.roaringbitmap.RoaringBitmap;

/**
 * The dirty chunks of one slot, what the resync has written but the target not yet flushed, and which pages differ from disk.
 * Single-threaded.
 */
final class SlotBitmap {

    /** Closed epochs told apart; when all are taken, later chunks wait with the newest: longer than needed, never shorter. */
    private static final int EPOCHS = 4;

    final RoaringBitmap dirty = new RoaringBitmap();
    /** Pages with bits set since their last write: they must be written before their extents cool. */
    final RoaringBitmap setStale = new RoaringBitmap();
    /** Pages with bits cleared since their last write: writing them can wait. */
    final RoaringBitmap clearStale = new RoaringBitmap();

    /** Pages of which only the first place on disk is good: the second must be written before the first is touched. */
    final RoaringBitmap onlyFirstPlace = new RoaringBitmap();

    private final RoaringBitmap[] pending = new RoaringBitmap[EPOCHS];
    private final long[] pendingEpoch = new long[EPOCHS];
    private int pendingCount;
    /** Bits a huge write in progress has set and will clear again if nobody else sets them; null if there is none. */
    private RoaringBitmap onLoan;

    /** Sets the bits of {@code first} to {@code last}, both included, and takes them from what waits to be cleared. */
    void set(long first, long last) {
        keep(first, last);
        if (first == last ? dirty.checkedAdd((int) first) : addRange(first, last)) {
            setStale.add((long) pageOf(first), pageOf(last) + 1L);
        }
    }

    /** Takes the chunks from what waits to be cleared. */
    void keep(long first, long last) {
        for (int i = 0; i < pendingCount; i++) {
            pending[i].remove(first, last + 1);
        }
        if (onLoan != null) {
            onLoan.remove(first, last + 1);
        }
    }

    private boolean addRange(long first, long last) {
        if (dirty.contains(first, last + 1)) {
            return false;
        }
        dirty.add(first, last + 1);
        return true;
    }

    /** Adds all of {@code chunks}, as {@link #set} does. */
    void setAll(RoaringBitmap chunks) {
        for (int i = 0; i < pendingCount; i++) {
            pending[i].andNot(chunks);
        }
        if (onLoan != null) {
            onLoan.andNot(chunks);
        }
        markPages(RoaringBitmap.andNot(chunks, dirty), setStale);
        dirty.or(chunks);
    }

    /** Sets the bits for a huge write, remembering which were clear or about to be cleared. */
    void lend(long first, long last) {
        RoaringBitmap loan = new RoaringBitmap();
        loan.add(first, last + 1);
        RoaringBitmap staying = RoaringBitmap.and(loan, dirty);
        for (int i = 0; i < pendingCount; i++) {
            staying.andNot(pending[i]);
        }
        loan.andNot(staying);
        set(first, last);
        onLoan = loan;
    }

    /** The huge write has ended here: its bits fall when {@code epoch} is flushed, except those set again meanwhile. */
    void giveBack(long epoch) {
        if (onLoan != null) {
            RoaringBitmap loan = onLoan;
            onLoan = null;
            written(loan, epoch);
        }
    }

    void keepLoan() {
        onLoan = null;
    }

    /** The resync has written these chunks; their bits fall when {@code epoch} is flushed. */
    void written(long first, long count, long epoch) {
        RoaringBitmap chunks = new RoaringBitmap();
        chunks.add(first, first + count);
        written(chunks, epoch);
    }

    void written(RoaringBitmap chunks, long epoch) {
        chunks.and(dirty);
        if (chunks.isEmpty()) {
            return;
        }
        if (pendingCount > 0 && (pendingEpoch[pendingCount - 1] == epoch || pendingCount == EPOCHS)) {
            pendingEpoch[pendingCount - 1] = epoch;
            pending[pendingCount - 1].or(chunks);
        } else {
            pendingEpoch[pendingCount] = epoch;
            pending[pendingCount++] = chunks;
        }
    }

    /** Everything up to {@code epoch} is flushed: clears what waited for it. */
    void flushed(long epoch) {
        int done = 0;
        while (done < pendingCount && pendingEpoch[done] <= epoch) {
            clear(pending[done++]);
        }
        for (int i = done; i < pendingCount; i++) {
            pending[i - done] = pending[i];
            pendingEpoch[i - done] = pendingEpoch[i];
        }
        pendingCount -= done;
    }

    private void clear(RoaringBitmap chunks) {
        dirty.andNot(chunks);
        markPages(chunks, clearStale);
    }

    /** After the start of a life: exactly these chunks are dirty. */
    void become(RoaringBitmap chunks, long chunkCount) {
        RoaringBitmap clean = RoaringBitmap.bitmapOfRange(0, chunkCount);
        clean.andNot(chunks);
        clean.and(dirty);
        clear(clean);
        setAll(chunks);
    }

    boolean hasPending() {
        return pendingCount > 0;
    }

    /** The target is lost: what waited for its flush stays dirty, also where a huge write has taken it over. */
    void dropPending() {
        pendingCount = 0;
        onLoan = null;
    }

    /** Starts a new life of the slot: all set or all clear, and every page equal to its unwritten form. */
    void reset(boolean ones, long chunkCount) {
        dirty.clear();
        setStale.clear();
        clearStale.clear();
        onlyFirstPlace.clear();
        dropPending();
        if (ones) {
            dirty.add(0L, chunkCount);
        }
    }

    /** The slot has no page on its device yet. @param fillOnes what such pages count as */
    void nothingWritten(boolean fillOnes, long chunkCount) {
        setStale.clear();
        clearStale.clear();
        onlyFirstPlace.clear();
        if (fillOnes) {
            RoaringBitmap clean = RoaringBitmap.bitmapOfRange(0, chunkCount);
            clean.andNot(dirty);
            markPages(clean, clearStale);
        } else {
            markPages(dirty, setStale);
        }
    }

    boolean isStale(int page) {
        return setStale.contains(page) || clearStale.contains(page);
    }

    /** The page is being written as it is now. @return the place to write first, 0 or 1 */
    int startPageWrite(int page) {
        setStale.remove(page);
        clearStale.remove(page);
        return onlyFirstPlace.checkedRemove(page) ? 1 : 0;
    }

    static int pageOf(long chunk) {
        return (int) (chunk / IntentLogLayout.BITS_PER_PAGE);
    }

    private static void markPages(RoaringBitmap chunks, RoaringBitmap pages) {
        long chunk = chunks.isEmpty() ? -1 : Integer.toUnsignedLong(chunks.first());
        while (chunk >= 0) {
            int page = pageOf(chunk);
            pages.add(page);
            long next = (page + 1L) * IntentLogLayout.BITS_PER_PAGE;
            chunk = next >= IntentLogLayout.MAX_CHUNKS ? -1 : chunks.nextValue((int) next);
        }
    }
}
