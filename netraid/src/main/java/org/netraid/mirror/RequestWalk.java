/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.mirror;

import org.netraid.block.BlockError;
import org.netraid.block.BlockRequest;
import org.netraid.fault.FaultPoints;
import org.netraid.intentlog.IntentLog;
import org.netraid.time.EventLoop;

/**
 * The life of a request in the mirror: every event of it comes through {@link #onEvent}, which holds the branching; the steps are straight
 * code in classes of their own, in the order of the walk: {@link RangeLocks}, {@link WritePayloads}, the intent (here), {@link CopyStep},
 * {@link RequestEnd}; for reads {@link ReadStep}.
 */
final class RequestWalk {

    private final Mirror mirror;
    private final MirrorConfig config;
    private final IntentLog log;
    private final EventLoop loop;
    private final boolean skipRangeLock;
    private final RangeLocks locks;
    private final ActiveRequests active;
    private final Runnable flushIfWanted = this::flushIfWanted;
    private final CopyStep copies;
    final ReadStep reads;
    final RequestEnd end;
    final RequestFigures figures = new RequestFigures();

    RequestWalk(Mirror mirror, MirrorConfig config, IntentLog log, EventLoop loop, RangeLocks locks, PayloadPool payloads,
            FaultPoints faults) {
        this.mirror = mirror;
        this.config = config;
        this.log = log;
        this.loop = loop;
        this.locks = locks;
        this.skipRangeLock = faults.isArmed("skip-range-lock");
        this.active = new ActiveRequests(this, config.tag(), config.maxRequests());
        this.copies = new CopyStep(mirror, config, log, this, faults);
        this.reads = new ReadStep(mirror, this, loop, payloads);
        this.end = new RequestEnd(mirror, this, loop, locks, active, faults);
    }

    /** What is in work. */
    ActiveRequests active() {
        return active;
    }

    boolean isFull() {
        return active.isFull();
    }

    /** Requests in work. */
    int count() {
        return active.count();
    }

    /** Number of the newest request in work or ended. */
    long newest() {
        return active.newest();
    }

    /** True if every request up to this number has ended. */
    boolean hasEnded(long number) {
        return active.hasEnded(number);
    }

    /** Requests in work that modify or flush. */
    int modifications() {
        return active.count() - reads.active();
    }

    void start(BlockRequest upper) {
        MirrorRequest request = active.take();
        request.start(upper);
        switch (request.command) {
            case READ, EXTENTS -> reads.start(request);
            case FLUSH -> {
                request.state = MirrorRequest.State.FLUSHING;
                mirror.rounds.join(request);
            }
            default -> startModification(request);
        }
    }

    private void startModification(MirrorRequest request) {
        request.startedNs = loop.nanoTime();
        request.state = MirrorRequest.State.LOCKING;
        if (skipRangeLock || locks.acquire(request.lock, request.offsetBytes, request.lengthBytes, false)) {
            onEvent(request, RequestEvent.LOCKED, IntentLog.LOCAL);
        }
    }

    // ---- hop 6: everything that happens to a request

    /**
     * The one place through which a request moves on. Throws if the event cannot happen in the request's state.
     *
     * @param slot the target it is about; {@link IntentLog#LOCAL} if about none
     */
    void onEvent(MirrorRequest request, RequestEvent event, int slot) {
        switch (event) {
            case LOCKED -> {
                request.expect(MirrorRequest.State.LOCKING, event);
                mirror.payloads.take(request);
            }
            case BUFFERED -> {
                request.expect(MirrorRequest.State.BUFFERING, event);
                announce(request);
            }
            case INTENT_DURABLE -> {
                request.expect(MirrorRequest.State.INTENT, event);
                copies.copy(request);
            }
            case INTENT_FAILED -> {
                request.expect(MirrorRequest.State.INTENT, event);
                onIntentFailed(request);
            }
            case LOCAL_DONE -> {
                if (request.state == MirrorRequest.State.READING) {
                    end.finish(request);
                } else {
                    request.expect(MirrorRequest.State.COPYING, event);
                    copies.onLocalDone(request);
                }
            }
            case LOCAL_FAILED -> {
                if (request.state == MirrorRequest.State.READING) {
                    reads.onLocalFailed(request);
                } else {
                    request.expect(MirrorRequest.State.COPYING, event);
                    copies.onLocalFailed(request);
                }
            }
            case LOCAL_STALE_DURABLE -> {
                request.staleMask &= ~Mirror.LOCAL_BIT;
                end.finishIfSatisfied(request);
            }
            case QUEUE_PASSED -> {
                request.staleMask &= ~Mirror.QUEUE_BIT;
                end.finishIfSatisfied(request);
            }
            case TARGET_READ -> {
                request.expect(MirrorRequest.State.READING, event);
                reads.fromTargets().onRead(request);
            }
            case TARGET_NOT_READ -> {
                request.expect(MirrorRequest.State.READING, event);
                reads.fromTargets().onLost(request, request.localErrorText);
            }
            case TARGET_RECEIVED -> {
                request.expect(MirrorRequest.State.COPYING, event);
                copies.onTargetReceived(request, slot);
            }
            case TARGET_WRITTEN -> {
                request.expect(MirrorRequest.State.COPYING, event);
                copies.onTargetWritten(request, slot);
            }
            case TARGET_LOST -> copies.onTargetLost(request, slot);
            case TARGET_STALE_DURABLE -> {
                request.staleMask &= ~(1 << slot);
                end.finishIfSatisfied(request);
            }
            case FLUSHED -> {
                request.expect(MirrorRequest.State.FLUSHING, event);
                onFlushed(request);
            }
            case BUFFER_RELEASED -> {
                request.lent = false;
                // A target that is just being lost lets go of its buffers before the requests are told of the loss.
                request.staleMask |= request.state == MirrorRequest.State.HOLDING ? mirror.orders.stalePendingMask() : 0;
                end.finishIfSatisfied(request);
            }
            default -> throw new IllegalStateException("unknown event " + event);
        }
    }

    // ---- the steps between the lock and the copies, and those of a flush

    /** A long range of zeros goes in segments; this is the first. */
    void announceFirst(MirrorRequest request) {
        request.segmentLengthBytes = Math.min(request.lengthBytes, config.segmentBytes());
        announce(request);
    }

    /** Hop 3: no copy is touched before the intent is durable. */
    void announce(MirrorRequest request) {
        request.state = MirrorRequest.State.INTENT;
        if (log.beginWrite(request.segmentOffsetBytes, request.segmentLengthBytes, request)) {
            onEvent(request, RequestEvent.INTENT_DURABLE, IntentLog.LOCAL);
        } else {
            mirror.writes.add(0);
            // The log finds out in a task of its own whether it must wait for a flush; this one comes after it.
            loop.execute(flushIfWanted);
        }
    }

    private void onIntentFailed(MirrorRequest request) {
        mirror.life.fail("its intent log could not be written");
        request.fail(BlockError.EIO, mirror.life.failure());
        end.hold(request);
    }

    private void onFlushed(MirrorRequest request) {
        figures.flushes++;
        if (mirror.life.state() == MirrorState.FAILED) {
            request.fail(BlockError.EIO, mirror.life.failure());
        }
        // What a lost target had not flushed must be known to be missing there before the flush is a promise.
        request.staleMask = mirror.orders.stalePendingMask() | mirror.localDisk.stalePendingBit();
        if (!mirror.hasCopy()) {
            request.fail(BlockError.EIO, mirror.localDisk.noDisk() + " and no target is in sync: nothing could be flushed");
        }
        end.hold(request);
    }

    /** A read that a target has served, or none could. */
    void endRead(MirrorRequest request) {
        end.finish(request);
    }

    /** Runs a flush round if enough was written, or if the log needs one to go on. */
    void flushIfWanted() {
        if (mirror.writes.isFull() || log.flushUrgent()) {
            mirror.rounds.run();
        }
    }
}
