/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.nbd.client;

import java.nio.ByteBuffer;
import java.util.function.Consumer;
import org.netraid.block.BlockError;
import org.netraid.nbd.wire.NbdCommand;

/**
 * One command on the wire: from the moment its header is handed to the link until it is answered <em>and</em> the link has
 * given back its buffers. Reusable; owned by {@link PendingReplies}.
 */
final class PendingReply {

    final int index;
    /** Own header bytes, so that several commands can be gathered into one write. */
    final ByteBuffer header;
    /** Told by the link that one of our buffers is free; one object for the life of the slot. */
    final Runnable released;
    final ReadCoverage coverage = new ReadCoverage();

    boolean inUse;
    long cookie;
    ClientRequest owner;
    int command;
    long offsetBytes;
    long lengthBytes;
    /** Where a READ's data goes: absolute index {@code targetBase} holds the byte at {@code offsetBytes}. */
    ByteBuffer target;
    int targetBase;
    /** Not null while this is half of a read-modify-write, or a read of part of a block. */
    EdgeBlock edge;
    /** Not null while the link has a payload that was made smaller. */
    ByteBuffer packed;

    /** The answer to BLOCK_STATUS, and what of it has come. */
    final StatusAnswer status = new StatusAnswer();

    /** Buffers the link still owns. */
    int buffersHeld;
    boolean answered;
    /** The server has been asked to acknowledge receipt, and has not done so yet. */
    boolean receiptDue;
    /** It has acknowledged it: what follows is a chunk. */
    boolean received;
    BlockError error = BlockError.NONE;
    String detail = "";

    PendingReply(int index, ByteBuffer header, Consumer<PendingReply> onReleased) {
        this.index = index;
        this.header = header;
        this.released = () -> onReleased.accept(this);
    }

    /** The first error of a reply stays: a later chunk must not hide it. */
    void noteError(BlockError newError, String newDetail) {
        if (!error.isError()) {
            error = newError;
            detail = newDetail;
        }
    }

    /** Payload this command accounts for: data on its way out, or asked for. */
    long payloadBytes() {
        return command == NbdCommand.READ || command == NbdCommand.WRITE || command == NbdCommand.WRITE_LZ4 ? lengthBytes : 0;
    }

    boolean isFinished() {
        return answered && buffersHeld == 0;
    }

    void clear() {
        inUse = false;
        owner = null;
        target = null;
        edge = null;
        packed = null;
        answered = false;
        receiptDue = false;
        received = false;
        error = BlockError.NONE;
        detail = "";
        coverage.clear();
        status.clear();
    }
}
