/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.mirror;

import org.netraid.block.BlockCommand;
import org.netraid.block.BlockError;
import org.netraid.block.BlockRequest;
import org.netraid.fault.FaultPoints;
import org.netraid.time.EventLoop;

/** Hop 7: a request is held until all it promises is durable and nobody uses its buffer, then unlocked and completed. */
final class RequestEnd {

    private final Mirror mirror;
    private final RequestWalk walk;
    private final EventLoop loop;
    private final RangeLocks locks;
    private final ActiveRequests active;
    private final boolean ackBeforeStale;

    RequestEnd(Mirror mirror, RequestWalk walk, EventLoop loop, RangeLocks locks, ActiveRequests active, FaultPoints faults) {
        this.mirror = mirror;
        this.walk = walk;
        this.loop = loop;
        this.locks = locks;
        this.active = active;
        this.ackBeforeStale = faults.isArmed("ack-before-stale");
    }

    /** Nothing of it is under way at any copy. */
    void hold(MirrorRequest request) {
        request.state = MirrorRequest.State.HOLDING;
        if (ackBeforeStale) {
            request.staleMask = 0;
        }
        Payload payload = request.payload;
        request.payload = null;
        if (payload == null) {
            finishIfSatisfied(request);
        } else if (request.lent) {
            payload.release(); // BUFFER_RELEASED finishes
        } else {
            payload.release();
            finishIfSatisfied(request);
        }
    }

    /** Something that it may wait for is durable, or its buffer free. */
    void finishIfSatisfied(MirrorRequest request) {
        if (request.state == MirrorRequest.State.HOLDING && request.staleMask == 0 && !request.lent) {
            finish(request);
        }
    }

    /** Answers the application and lets go of everything. */
    void finish(MirrorRequest request) {
        BlockRequest upper = request.upper;
        BlockError error = request.error();
        String detail = request.errorDetail();
        if (request.state == MirrorRequest.State.READING) {
            walk.reads.ended();
            walk.figures.bytesRead += error.isError() ? 0 : request.lengthBytes;
        } else if (request.command != BlockCommand.FLUSH) {
            walk.figures.writeLatency.record(loop.nanoTime() - request.startedNs);
        }
        request.state = MirrorRequest.State.IDLE;
        active.remove(request);
        if (request.command.modifies()) {
            // Before the lock goes: whoever waits for it comes after this write at every copy.
            mirror.streams.order().completing();
        }
        if (!request.lock.isFree()) {
            locks.release(request.lock);
        }
        active.giveBack(request);
        if (upper != null) {
            upper.complete(error, detail);
        }
        mirror.payloads.onFreed();
        mirror.admission.admit();
        mirror.life.finishDrain();
    }

    /** Only for a planted defect. */
    void acknowledgeEarly(MirrorRequest request) {
        BlockRequest upper = request.upper;
        request.upper = null;
        mirror.streams.order().completing();
        upper.complete(request.error(), request.errorDetail());
    }
}
