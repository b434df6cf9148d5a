/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.resync;

import org.netraid.block.ExtentList;

/**
 * What the local disk has said about its holes in the region a resync walks through: a hint, since the application goes on writing. A
 * hole is checked again under the range lock before a target is told that it is zeros.
 */
final class HoleMap {

    /** Asked about at once. */
    static final long SPAN_BYTES = 1L << 30;
    private static final int MAX_EXTENTS = 512;

    final ExtentList answer = new ExtentList(MAX_EXTENTS);
    private long startBytes;
    private long endBytes;
    private boolean asked;
    private int index;
    private long indexStartBytes;

    boolean isAsked() {
        return asked;
    }

    /** The disk is being asked from there on. */
    void ask(long offsetBytes) {
        asked = true;
        startBytes = offsetBytes;
        endBytes = offsetBytes;
    }

    /** The answer is in the list, or there is none: then a stretch counts as data. */
    void answered(boolean failed, long lengthBytes) {
        asked = false;
        if (failed || answer.count() == 0) {
            answer.clear();
            answer.add(lengthBytes, ExtentList.DATA);
        }
        endBytes = startBytes + answer.totalBytes();
        index = 0;
        indexStartBytes = startBytes;
    }

    boolean covers(long offsetBytes) {
        return !asked && startBytes <= offsetBytes && offsetBytes < endBytes;
    }

    /** End of the part around the offset, which must be covered; offsets usually grow from call to call. */
    long partEnd(long offsetBytes) {
        if (offsetBytes < indexStartBytes) {
            index = 0;
            indexStartBytes = startBytes;
        }
        while (indexStartBytes + answer.lengthBytes(index) <= offsetBytes) {
            indexStartBytes += answer.lengthBytes(index++);
        }
        return indexStartBytes + answer.lengthBytes(index);
    }

    /** True if the part found by the last {@link #partEnd} reads as zeros. */
    boolean isZero() {
        return (answer.status(index) & ExtentList.ZERO) != 0;
    }

    void forget() {
        endBytes = startBytes;
    }
}
