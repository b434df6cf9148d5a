/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.control;

import java.util.List;

/**
 * The comparison of one target with the source: the one that runs, else the last one.
 *
 * @param node the target
 * @param state {@code RUNNING}, {@code DONE} (everything was compared), {@code STOPPED} (it ended early); {@code NEVER}
 * @param repair differences are repaired
 * @param scheduled it was started by {@code verify_every}
 * @param startedMillis wall clock; 0: never
 * @param endedMillis wall clock; 0 while it runs
 * @param totalBytes size of what is compared
 * @param doneBytes of these, compared or skipped
 * @param rateBytesPerSecond so far
 * @param etaSeconds until it ends; -1 unknown
 * @param chunksCompared chunks compared
 * @param chunksDiffering chunks that differ
 * @param chunksRepaired of these, repaired
 * @param chunksSkipped chunks that could not be compared
 * @param readBytes fetched from the target; the rest was compared by checksums, where the data is
 * @param reason why it ended early or left something out; "" if it did not
 * @param differences the first of them
 * @param nextMillis when the next one is due by itself; 0: not scheduled
 */
public record VerifyStatus(String node, String state, boolean repair, boolean scheduled, long startedMillis, long endedMillis,
        long totalBytes, long doneBytes, long rateBytesPerSecond, long etaSeconds, long chunksCompared, long chunksDiffering,
        long chunksRepaired, long chunksSkipped, long readBytes, String reason, List<Difference> differences, long nextMillis) {

    public static final String RUNNING = "RUNNING";
    public static final String DONE = "DONE";
    public static final String STOPPED = "STOPPED";
    public static final String NEVER = "NEVER";

    /**
     * One place that differs.
     *
     * @param offsetBytes first byte
     * @param lengthBytes up to and with the last byte of its chunk that differs
     * @param differingBytes bytes in between that differ
     * @param repaired the source's bytes are there now
     */
    public record Difference(long offsetBytes, long lengthBytes, long differingBytes, boolean repaired) {
    }

    public VerifyStatus {
        differences = differences == null ? List.of() : List.copyOf(differences);
    }

    /** A target that was never compared. */
    public static VerifyStatus never(String node, long nextMillis) {
        return new VerifyStatus(node, NEVER, false, false, 0, 0, 0, 0, 0, -1, 0, 0, 0, 0, 0, "", List.of(), nextMillis);
    }

    public boolean running() {
        return RUNNING.equals(state);
    }

    /** Chunks that were found to differ and still do. */
    public long chunksLeftDiffering() {
        return chunksDiffering - chunksRepaired;
    }

    /** How it compares: "by checksums" or "by reading", or both; "" before the first piece. */
    public String method() {
        if (doneBytes == 0) {
            return "";
        }
        return readBytes == 0 ? "by checksums" : readBytes >= doneBytes ? "by reading" : "by checksums, "
                + (readBytes + 1023 >> 10) + " KiB read";
    }

    public double percentDone() {
        return totalBytes == 0 ? 0 : 100.0 * doneBytes / totalBytes;
    }

    public VerifyStatus withNextMillis(long value) {
        return new VerifyStatus(node, state, repair, scheduled, startedMillis, endedMillis, totalBytes, doneBytes, rateBytesPerSecond,
                etaSeconds, chunksCompared, chunksDiffering, chunksRepaired, chunksSkipped, readBytes, reason, differences, value);
    }
}
