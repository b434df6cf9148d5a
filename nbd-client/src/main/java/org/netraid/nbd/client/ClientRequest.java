/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.nbd.client;

import java.nio.ByteBuffer;
import org.netraid.block.BlockCommand;
import org.netraid.block.BlockError;
import org.netraid.block.BlockRequest;

/** One {@link BlockRequest} on its way: which part of it has been sent, and how many parts are unanswered. Reusable. */
final class ClientRequest {

    BlockRequest request;
    BlockCommand command;
    /** The buffer and the index in it of the byte at {@link #startBytes}: the link may move the buffer's position meanwhile. */
    ByteBuffer data;
    int dataBase;
    long startBytes;
    long endBytes;
    /** First byte that is in no part yet. */
    long cursorBytes;
    int partsInFlight;
    /** Commands that modify and whose receipt the server has not acknowledged; counted only where somebody wants to know. */
    int partsUnreceived;
    boolean started;
    private BlockError error = BlockError.NONE;
    private String detail = "";

    /** When it was sent or last made progress; order of {@link RequestAges}. */
    long progressNs;
    ClientRequest older;
    ClientRequest younger;
    boolean aging;

    /** Blocks it locks while a read-modify-write may touch bytes outside of it; see {@link AlignmentLocks}. */
    long lockStartBytes;
    long lockEndBytes;
    boolean readsAndWritesBack;
    ClientRequest lockNext;
    ClientRequest lockPrevious;

    void set(BlockRequest newRequest) {
        request = newRequest;
        command = newRequest.command();
        data = newRequest.data();
        dataBase = data == null ? 0 : data.position();
        startBytes = newRequest.offsetBytes();
        endBytes = startBytes + newRequest.lengthBytes();
        cursorBytes = startBytes;
        partsUnreceived = 0;
    }

    /** A command of this request has been received, or carried out; tells the submitter when that is true of all. */
    void onPartReceived() {
        if (--partsUnreceived == 0 && isAllSent() && !error.isError() && request.wantsReceipt()) {
            request.received();
        }
    }

    /** Index in {@link #data} of the byte at a device offset. */
    int dataIndex(long offsetBytes) {
        return dataBase + (int) (offsetBytes - startBytes);
    }

    boolean isAllSent() {
        return started && cursorBytes == endBytes;
    }

    boolean isOver() {
        return isAllSent() && partsInFlight == 0;
    }

    /** The first error stays, whatever later parts say, and no further part is sent. */
    void fail(BlockError newError, String newDetail) {
        if (!error.isError()) {
            error = newError;
            detail = newDetail;
        }
        started = true;
        cursorBytes = endBytes;
    }

    BlockError error() {
        return error;
    }

    String detail() {
        return detail;
    }

    void clear() {
        request = null;
        data = null;
        started = false;
        readsAndWritesBack = false;
        error = BlockError.NONE;
        detail = "";
    }
}
