/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.journal.io;

import java.io.IOException;
import java.nio.file.Path;
import org.netraid.block.io.FileSpace;

/**
 * Sees to it that a segment has blocks wherever the next record will be stored. A file that is mapped has none where nothing was written; a
 * store there on a full file system ends the whole process, or is heard of too late. On the thread of its journal.
 */
final class SegmentSpace {

    /** What the queue adds to a record: its length, and now and then a page of the index. */
    private static final long EXTRA_BYTES = 256 << 10;
    /** So much at a time. */
    private static final long STEP_BYTES = 1 << 20;

    /** The segment that the rest is about; -1 before the first. */
    private int current = -1;
    private long writtenBytes;
    private long coveredBytes;

    /** True if {@link #cover} has to come before a record in this segment; always for the first of a segment. */
    boolean lacks(int segment, int recordBytes) {
        return segment != current || neededBytes(recordBytes) > coveredBytes;
    }

    private long neededBytes(int recordBytes) {
        return writtenBytes + recordBytes + EXTRA_BYTES;
    }

    /** @throws IOException if there is no room for the record; a later one may be luckier */
    void cover(int segment, Path file, int recordBytes) throws IOException {
        if (segment != current) {
            current = segment;
            writtenBytes = 0;
            coveredBytes = 0;
        }
        long wantedBytes = neededBytes(recordBytes) + STEP_BYTES;
        FileSpace.reserve(file, coveredBytes, wantedBytes - coveredBytes);
        coveredBytes = wantedBytes;
    }

    /** A record ends at this place of the file. */
    void written(long endBytes) {
        writtenBytes = endBytes;
    }
}
