/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.nbd.client;

import org.netraid.block.ExtentList;
import org.netraid.nbd.wire.NbdFormatException;

/**
 * Turns the extents of one BLOCK_STATUS reply, which are about the whole blocks that were asked about, into those of the request,
 * which may begin and end inside of blocks. Reusable.
 */
final class StatusAnswer {

    private static final int ALLOCATION_STATUS = ExtentList.HOLE | ExtentList.ZERO;

    private ExtentList into;
    private long askedBytes;
    private long startBytes;
    private long endBytes;
    private long seenBytes;
    private boolean full;
    private int knownStatus;
    /** Bit k is set when the chunk of the k-th selected context has come. */
    private int seen;
    private boolean ours;

    /**
     * @param askedBytes length of the range on the wire
     * @param startBytes where in it the request begins
     * @param endBytes where in it the request ends
     * @param holes the map is base:allocation, of which two bits are defined
     */
    void begin(ExtentList list, long askedBytes, long startBytes, long endBytes, boolean holes) {
        knownStatus = holes ? ALLOCATION_STATUS : -1;
        into = list;
        this.askedBytes = askedBytes;
        this.startBytes = startBytes;
        this.endBytes = endBytes;
    }

    /**
     * The chunk of a selected context begins.
     *
     * @param index its place among the selected ones
     * @param map it is the one the caller asks about; the others stand for extensions, and what they say is of no interest
     */
    void onChunk(int index, boolean map) {
        if ((seen & 1 << index) != 0) {
            throw new NbdFormatException("two BLOCK_STATUS chunks for one metadata context");
        }
        seen |= 1 << index;
        ours = map;
        seenBytes = 0;
    }

    /** @param lengthBytes unsigned, as it came */
    void onExtent(long lengthBytes, int status) {
        if (lengthBytes == 0 || seenBytes >= askedBytes) {
            throw new NbdFormatException("a BLOCK_STATUS reply with an extent " + (lengthBytes == 0 ? "of no bytes" : "behind the range"));
        }
        // only the last extent may reach beyond the range
        long end = Long.compareUnsigned(lengthBytes, askedBytes - seenBytes) > 0 ? askedBytes : seenBytes + lengthBytes;
        long from = Math.max(seenBytes, startBytes);
        long to = Math.min(end, endBytes);
        seenBytes = end;
        if (ours && from < to && !full) {
            full = !into.add(to - from, status & knownStatus);
        }
    }

    /** True if every selected context has been answered. */
    boolean isSeen(int selected) {
        return seen == (1 << selected) - 1;
    }

    /** After success the list has at least one extent, whatever the server left out; data is always true. */
    void complete() {
        if (into.count() == 0) {
            into.add(endBytes - startBytes, ExtentList.DATA);
        }
    }

    void clear() {
        into = null;
        seenBytes = 0;
        full = false;
        seen = 0;
    }
}
