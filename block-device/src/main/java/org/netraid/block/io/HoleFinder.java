/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.block.io;

import java.util.concurrent.atomic.AtomicLong;
import org.netraid.block.ExtentList;

/**
 * Finds the holes of a file with SEEK_DATA and SEEK_HOLE, a bounded number of them per call.
 *
 * <p>One seek over a long run of data can take milliseconds (tmpfs walks its pages), and a client that asks block by block would pay it
 * for every block. So the last run of data is remembered until something is punched. Holes are never remembered: taking data for a hole
 * would lose it, taking a hole for data costs only time.
 */
final class HoleFinder {

    /** Most seeks of one call. */
    static final int MAX_SEEKS = 512;

    /** What a seek needs; a seam for tests. */
    interface Seeker {
        /** @return the offset found, or errno negated */
        long seek(long offsetBytes, int whence);
    }

    private record DataRun(long startBytes, long endBytes, long punches) {
    }

    private final AtomicLong punches = new AtomicLong();
    private volatile DataRun known = new DataRun(0, 0, 0);

    /** Call before and after whatever may make holes. */
    void onPunch() {
        punches.incrementAndGet();
    }

    void find(Seeker file, long offsetBytes, long lengthBytes, boolean one, ExtentList into) {
        long end = offsetBytes + lengthBytes;
        long at = offsetBytes;
        long dataAt = -1;
        int seeks = 0;
        while (at < end && seeks < MAX_SEEKS && !(one && into.count() > 0)) {
            long runEnd;
            int status = ExtentList.DATA;
            long punchesBefore = punches.get();
            DataRun run = known;
            if (run.punches() == punchesBefore && run.startBytes() <= at && at < run.endBytes()) {
                runEnd = run.endBytes();
            } else {
                if (dataAt != at) {
                    dataAt = dataFrom(file, at, end);
                    seeks++;
                }
                if (dataAt > at) {
                    runEnd = dataAt;
                    status = ExtentList.HOLE | ExtentList.ZERO;
                } else {
                    runEnd = holeFrom(file, at, end);
                    seeks++;
                    known = new DataRun(at, runEnd, punchesBefore);
                }
            }
            if (!into.add(Math.min(runEnd, end) - at, status)) {
                return;
            }
            at = runEnd;
        }
    }

    private static long holeFrom(Seeker file, long at, long end) {
        long found = file.seek(at, LibC.SEEK_HOLE);
        // a file system that cannot tell, or a file that changes just now: "data" is always true
        return found > at ? found : end;
    }

    private static long dataFrom(Seeker file, long at, long end) {
        long found = file.seek(at, LibC.SEEK_DATA);
        if (found == -Errno.ENXIO) {
            return end;
        }
        return Math.max(found, at);
    }
}
