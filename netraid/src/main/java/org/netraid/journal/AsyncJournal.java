/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.journal;

import java.nio.ByteBuffer;

/**
 * The writes for asynchronous targets of one life of a source, in the order in which they were given to the copies, and how far each target
 * has come. Survives the death of the process; a power cut may leave any part of it, so that the next life does not believe it then.
 *
 * <p>Records have sequences that grow by one, from 1. For each slot the journal keeps durable (as the records are) what the mirror says of
 * it: up to which record the target has been sent anything, and up to which it has flushed.
 *
 * <p>Synchronous: an append copies into mapped memory. All methods are called on the mirror's loop, but for opening.
 */
public interface AsyncJournal {

    /** Instead of a sequence: refused. */
    long NONE = 0;

    /** A token that no target's is equal to. */
    long NO_TOKEN = 0;

    // ---- records

    /**
     * Appends a record; what the next life finds after this has returned.
     *
     * @param record everything but its sequence, which is set
     * @param payload of a WRITE: from its position, {@link JournalRecord#lengthBytes} bytes; position and limit may change. Else null
     * @return its sequence; {@link #NONE} if it could not be appended: {@link #problem} says why
     */
    long append(JournalRecord record, ByteBuffer payload);

    /**
     * Reads a record and checks it whole.
     *
     * @param payload gets the bytes of a WRITE at its position, with room for them; null to read the header only, whose
     *     sum then remains unchecked, but not its bounds
     * @return false if it is not there or not what was written: {@link #problem} says what is wrong
     */
    boolean read(long sequence, JournalRecord into, ByteBuffer payload);

    /** The last record there is; {@link #NONE} if there is none. */
    long lastSequence();

    /** Nobody needs this record or one before it any more. */
    void trim(long throughSequence);

    /** What it takes on disk. */
    long diskBytes();

    /** Why the last append or read was refused, and what to do. */
    String problem();

    // ---- how far the targets are

    /**
     * From this moment on the target's copy is the source's as it was after {@code flushed}, but for the records after that; all records
     * up to {@code sent} may be there.
     *
     * @param token of the generation that the target's copy belongs to
     */
    void attach(int slot, long token, long flushed, long sent);

    /** The records cannot bring the target any further: they do not follow on what it has, or it is not consistent. */
    void detach(int slot);

    /** The target is about to be sent this record; all before it have been sent or are not for it. */
    void sent(int slot, long sequence);

    /** The target has everything up to this record on stable storage. */
    void flushed(int slot, long sequence);

    boolean isAttached(int slot);

    long token(int slot);

    long sentSequence(int slot);

    long flushedSequence(int slot);

    /** Ends the use. What no target is attached to is deleted. Nothing else is called afterwards. */
    void close();
}
