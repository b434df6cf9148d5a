/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.mirror;

import org.netraid.block.BlockCommand;
import org.netraid.block.BlockError;
import org.netraid.block.BlockRequest;
import org.netraid.intentlog.IntentLog;
import org.netraid.intentlog.IntentWaiter;

/**
 * One application request on its way through the mirror; pooled. Holds the state, decides nothing: every event goes to
 * {@link RequestWalk#onEvent}.
 *
 * <pre>
 *  modification: LOCKING -> BUFFERING -> INTENT -> COPYING -> HOLDING -> IDLE
 *                                          ^          |   next segment of TRIM, WRITE_ZEROES
 *                                          +----------+
 *  read:         READING -> IDLE
 *  flush:        FLUSHING -> HOLDING -> IDLE
 * </pre>
 */
final class MirrorRequest implements DeviceOpOwner, IntentWaiter, RangeLock.Holder {

    enum State {
        IDLE,
        /** Waits for its range. */
        LOCKING,
        /** Waits for memory. */
        BUFFERING,
        /** Waits for the intent log. */
        INTENT,
        /** Local disk and targets are writing. */
        COPYING,
        READING,
        FLUSHING,
        /** All copies have ended; waits until what it must be sure of is durable. */
        HOLDING
    }

    private final RequestWalk walk;
    final RangeLock lock = new RangeLock(this);
    State state = State.IDLE;
    BlockRequest upper;
    /** What is done to the copies: a TRIM becomes WRITE_ZEROES. */
    BlockCommand command;
    long offsetBytes;
    long lengthBytes;
    int flags;
    /** When a modification has come in. */
    long startedNs;
    /** The part now under way; the whole, but for long TRIM and WRITE_ZEROES. */
    long segmentOffsetBytes;
    long segmentLengthBytes;
    Payload payload;
    int payloadStart;
    /** A device may still use the application's own buffer. */
    boolean lent;
    /** Copies that have not ended this segment: bit k for slot k, bit 7 for the local disk. */
    int pendingMask;
    /** Targets that have written this segment. */
    int mirroredMask;
    /** Targets that do not have this segment; disjoint from the mirrored ones. */
    int missedMask;
    /** Targets that must durably be known to be stale before the request may be acknowledged. */
    int staleMask;
    /** The local disk has failed it, and the application hears of that. */
    boolean localFailed;
    BlockError localError = BlockError.NONE;
    String localErrorText = "";
    /** Where the data of a READ begin in the application's buffer. */
    int dataStart;
    /** Targets that a READ has been sent to. */
    int triedMask;
    /** The part for targets with a queue, while the request is still copying; null if there is none. */
    LaggingWrite lagging;
    private BlockError error = BlockError.NONE;
    private String errorDetail = "";
    /** Among all requests of this life of the mirror, in the order they came. */
    long number;
    MirrorRequest previous;
    MirrorRequest next;

    MirrorRequest(RequestWalk walk) {
        this.walk = walk;
    }

    void start(BlockRequest request) {
        upper = request;
        command = request.command() == BlockCommand.TRIM ? BlockCommand.WRITE_ZEROES : request.command();
        offsetBytes = request.offsetBytes();
        lengthBytes = request.lengthBytes();
        flags = request.flags() & (BlockRequest.FUA | (request.command() == BlockCommand.WRITE_ZEROES ? BlockRequest.NO_HOLE : 0));
        segmentOffsetBytes = offsetBytes;
        segmentLengthBytes = lengthBytes;
        payload = null;
        payloadStart = 0;
        lent = false;
        pendingMask = 0;
        mirroredMask = 0;
        missedMask = 0;
        staleMask = 0;
        localFailed = false;
        triedMask = 0;
        lagging = null;
        error = BlockError.NONE;
        errorDetail = "";
    }

    /** Keeps the first error: a part that succeeds later must not hide it. */
    void fail(BlockError why, String detail) {
        if (!error.isError()) {
            error = why;
            errorDetail = detail;
        }
    }

    BlockError error() {
        return error;
    }

    String errorDetail() {
        return errorDetail;
    }

    void expect(State expected, RequestEvent event) {
        if (state != expected) {
            throw new IllegalStateException(event + " for a mirror request that is " + state + ", not " + expected);
        }
    }

    /** True if a target that is lost now may lack something that this request is about to promise. */
    boolean mayHaveTouched() {
        return state == State.INTENT || state == State.COPYING || state == State.HOLDING;
    }

    @Override
    public void onLocked(RangeLock held) {
        walk.onEvent(this, RequestEvent.LOCKED, IntentLog.LOCAL);
    }

    @Override
    public void onIntent(BlockError outcome) {
        walk.onEvent(this, outcome.isError() ? RequestEvent.INTENT_FAILED : RequestEvent.INTENT_DURABLE, IntentLog.LOCAL);
    }

    @Override
    public void onOpDone(DeviceOp op) {
        if (op.slot() == IntentLog.LOCAL) {
            if (op.error().isError()) {
                localError = op.error();
                localErrorText = op.errorText();
            }
            walk.onEvent(this, op.error().isError() ? RequestEvent.LOCAL_FAILED : RequestEvent.LOCAL_DONE, IntentLog.LOCAL);
        } else if (op.isRead()) {
            walk.onEvent(this, RequestEvent.TARGET_READ, op.slot());
        } else {
            walk.onEvent(this, RequestEvent.TARGET_WRITTEN, op.slot());
        }
    }

    /** The loss of a target reaches every modification at once, from the legs; also those whose part on it had ended. */
    @Override
    public void onOpLost(DeviceOp op) {
        if (op.isRead()) {
            localErrorText = op.error().isError() ? op.errorText() : "a target was lost while it was reading";
            walk.onEvent(this, RequestEvent.TARGET_NOT_READ, op.slot());
        }
    }

    void onBufferReleased() {
        walk.onEvent(this, RequestEvent.BUFFER_RELEASED, IntentLog.LOCAL);
    }
}
