/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.journal;

/** One write as the journal has it; reused by its owner. */
public final class JournalRecord {

    /** What is done to the copy. TRIM travels as ZERO, as everywhere in a mirror; a FLUSH is the end of an epoch. */
    public enum Kind {
        WRITE,
        ZERO
    }

    /** Longest range of a record that is believed; the segments of a mirror are shorter. */
    public static final long MAX_LENGTH_BYTES = 64L << 20;
    /** Longest payload of a record; a longer write is several of them, in one epoch. */
    public static final int MAX_PAYLOAD_BYTES = 1 << 20;

    public long sequence;
    public Kind kind;
    /** Flags of the request. */
    public int flags;
    /** Bit k: it is for the target in slot k. */
    public int slotMask;
    /** Writes of one epoch may reach a copy in any order; see {@code WriteOrder}. */
    public long epoch;
    public long offsetBytes;
    public long lengthBytes;

    /** Bytes that follow the header. */
    public int payloadBytes() {
        return kind == Kind.WRITE ? (int) lengthBytes : 0;
    }

    public boolean isFor(int slot) {
        return (slotMask & 1 << slot) != 0;
    }
}
