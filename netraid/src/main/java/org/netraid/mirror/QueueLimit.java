/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.mirror;

/**
 * How far an asynchronous target may lag behind, and what happens then.
 *
 * @param bytes most memory that writes queued for the target may take
 * @param ageNs greatest age of a queued write; 0 for no limit
 * @param whenFull what happens beyond either
 */
public record QueueLimit(long bytes, long ageNs, WhenFull whenFull) {

    /** 64 MiB, no limit of age, block. */
    public static final QueueLimit DEFAULT = new QueueLimit(64L << 20, 0, WhenFull.BLOCK);

    public QueueLimit {
        if (bytes < 4096 || ageNs < 0) {
            throw new IllegalArgumentException("queue limit of " + bytes + " bytes and " + ageNs + " ns: at least 4096 and 0");
        }
    }

    /** What becomes of a write that finds the queue full. */
    public enum WhenFull {
        /** It turns synchronous: the application waits until the target has it (DataKeeper's behaviour). */
        BLOCK("block"),
        /** The target gets no more writes and keeps its last state; later it is resynced (DRBD's behaviour). */
        PULL_AHEAD("pull-ahead"),
        /** The connection is given up; the next one begins with a resync. */
        DISCONNECT("disconnect");

        private final String word;

        WhenFull(String word) {
            this.word = word;
        }

        /** As it is written in the configuration. */
        public String word() {
            return word;
        }
    }
}
