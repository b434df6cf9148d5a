/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.mirror;

import org.netraid.block.BlockCommand;
import org.netraid.block.BlockError;
import org.netraid.block.BlockRequest;
import org.netraid.block.ExtentList;
import org.netraid.fault.FaultPoints;
import org.netraid.intentlog.IntentLog;
import org.netraid.time.EventLoop;

/**
 * The life of a request in the mirror: {@link #onEvent} and the small steps it calls, in the order they happen. Long, because the whole
 * walk stays in one file; targets, flush rounds, locks, memory and devices are classes of their own.
 */
final class RequestWalk {

    /** Of longer data the local disk may be the slower one, so that it will have to wake the loop anyway. */
    private static final int MAX_PATIENT_BYTES = 64 << 10;

    private final Mirror mirror;
    private final MirrorConfig config;
    private final IntentLog log;
    private final EventLoop loop;
    private final boolean skipRangeLock;
    private final boolean ackBeforeMirrored;
    private final boolean ackBeforeStale;
    private final RangeLocks locks;
    private final PayloadPool payloads;
    private final ActiveRequests active;
    private final TargetReads targetReads;
    private final Runnable flushIfWanted = this::flushIfWanted;
    private int activeReads;
    private final WriteLatency writeLatency = new WriteLatency();

    private long bytesRead;
    private long bytesWritten;
    private long flushes;

    RequestWalk(Mirror mirror, MirrorConfig config, IntentLog log, EventLoop loop, RangeLocks locks, PayloadPool payloads,
            FaultPoints faults) {
        this.mirror = mirror;
        this.config = config;
        this.log = log;
        this.loop = loop;
        this.locks = locks;
        this.payloads = payloads;
        this.skipRangeLock = faults.isArmed("skip-range-lock");
        this.ackBeforeMirrored = faults.isArmed("ack-before-mirrored");
        this.ackBeforeStale = faults.isArmed("ack-before-stale");
        this.targetReads = new TargetReads(mirror, payloads, loop);
        this.active = new ActiveRequests(this, config.tag(), config.maxRequests());
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
        return active.count() - activeReads;
    }

    WriteLatency writeLatency() {
        return writeLatency;
    }

    long bytesRead() {
        return bytesRead;
    }

    long bytesWritten() {
        return bytesWritten;
    }

    long flushes() {
        return flushes;
    }

    void start(BlockRequest upper) {
        MirrorRequest request = active.take();
        request.start(upper);
        switch (request.command) {
            case READ, EXTENTS -> startRead(request);
            case FLUSH -> {
                request.state = MirrorRequest.State.FLUSHING;
                mirror.rounds.join(request);
            }
            default -> startModification(request);
        }
    }

    private void startRead(MirrorRequest request) {
        request.state = MirrorRequest.State.READING;
        activeReads++;
        boolean isRead = request.command == BlockCommand.READ;
        request.dataStart = isRead ? request.upper.data().position() : 0;
        if (!mirror.localDisk.isAttached()) {
            loop.execute(() -> readWithoutLocal(request));
        } else if (!isRead) {
            // the targets are not asked: an answer from this disk is true of them too, and costs no round trip
            mirror.localChannel.extents(request, request.offsetBytes, request.lengthBytes, request.upper.flags(), request.upper.extents());
        } else {
            mirror.localChannel.read(request, request.offsetBytes, request.upper.data(), null);
        }
    }

    private void readWithoutLocal(MirrorRequest request) {
        if (request.command == BlockCommand.READ) {
            targetReads.read(request, noLocal());
        } else {
            // true of every copy, and the targets need not be asked
            request.upper.extents().add(request.lengthBytes, ExtentList.DATA);
            finish(request);
        }
    }

    private String noLocal() {
        return "the local disk of mirror " + config.tag() + " is given up (" + mirror.localDisk.lostWhy() + ")";
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
                takePayload(request);
            }
            case BUFFERED -> {
                request.expect(MirrorRequest.State.BUFFERING, event);
                announce(request);
            }
            case INTENT_DURABLE -> {
                request.expect(MirrorRequest.State.INTENT, event);
                copy(request);
            }
            case INTENT_FAILED -> {
                request.expect(MirrorRequest.State.INTENT, event);
                onIntentFailed(request);
            }
            case LOCAL_DONE -> onLocalDone(request);
            case LOCAL_FAILED -> onLocalFailed(request);
            case LOCAL_STALE_DURABLE -> {
                request.staleMask &= ~Mirror.LOCAL_BIT;
                finishIfSatisfied(request);
            }
            case TARGET_READ -> {
                request.expect(MirrorRequest.State.READING, event);
                targetReads.onRead(request);
            }
            case TARGET_NOT_READ -> {
                request.expect(MirrorRequest.State.READING, event);
                targetReads.onLost(request, request.localErrorText);
            }
            case TARGET_RECEIVED -> {
                request.expect(MirrorRequest.State.COPYING, event);
                request.pendingMask &= ~(1 << slot);
                endCopiesIfDone(request);
            }
            case TARGET_WRITTEN -> {
                request.expect(MirrorRequest.State.COPYING, event);
                onTargetWritten(request, slot);
            }
            case TARGET_LOST -> onTargetLost(request, slot);
            case TARGET_STALE_DURABLE -> {
                request.staleMask &= ~(1 << slot);
                finishIfSatisfied(request);
            }
            case FLUSHED -> {
                request.expect(MirrorRequest.State.FLUSHING, event);
                onFlushed(request);
            }
            case BUFFER_RELEASED -> {
                request.lent = false;
                finishIfSatisfied(request);
            }
            default -> throw new IllegalStateException("unknown event " + event);
        }
    }

    private void takePayload(MirrorRequest request) {
        request.state = MirrorRequest.State.BUFFERING;
        if (request.command != BlockCommand.WRITE) {
            announceFirst(request);
            return;
        }
        // A target with a queue would keep the application's buffer, and the application with it, until it has the write.
        if ((request.upper.flags() & BlockRequest.STABLE_PAYLOAD) != 0 && mirror.legs.streamedMask() == 0) {
            request.payload = payloads.borrow(request.upper.data(), request);
            request.payloadStart = request.upper.data().position();
            request.lent = true;
            announce(request);
            return;
        }
        Payload payload = payloads.hasWaiters() ? null : payloads.take((int) request.lengthBytes);
        if (payload == null) {
            payloads.await(request);
        } else {
            fill(request, payload);
            announce(request);
        }
    }

    private static void fill(MirrorRequest request, Payload payload) {
        payload.bytes().put(0, request.upper.data(), request.upper.data().position(), (int) request.lengthBytes);
        request.payload = payload;
        request.payloadStart = 0;
    }

    private void announceFirst(MirrorRequest request) {
        request.segmentLengthBytes = Math.min(request.lengthBytes, config.segmentBytes());
        announce(request);
    }

    /** Hop 3: no copy is touched before the intent is durable. */
    private void announce(MirrorRequest request) {
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
        hold(request);
    }

    /** Hop 4: the local disk and every target that replicates, at the same time and from the same bytes. */
    private void copy(MirrorRequest request) {
        request.state = MirrorRequest.State.COPYING;
        int targets = mirror.legs.replicatingMask() & ~mirror.catchUps.skippingMask();
        request.mirroredMask = 0;
        request.missedMask = mirror.legs.usedMask() & ~targets;
        if (mirror.life.state() == MirrorState.FAILED) {
            request.fail(BlockError.EIO, mirror.life.failure());
            request.missedMask = mirror.legs.usedMask();
            endCopies(request);
            return;
        }
        boolean toLocal = mirror.localDisk.takesWrites();
        if (!mirror.hasCopy()) {
            request.missedMask = mirror.legs.usedMask();
            endCopies(request);
            return;
        }
        if (request.missedMask != 0) {
            mirror.legs.noteMissed(request.missedMask);
            request.staleMask |= mirror.legs.stalePendingMask() & request.missedMask;
        }
        int streamed = targets & mirror.legs.streamedMask();
        int direct = targets & ~streamed;
        request.pendingMask = toLocal ? direct | Mirror.LOCAL_BIT : direct;
        if (streamed != 0) {
            request.pendingMask |= mirror.streams.add(request, streamed);
        }
        if (toLocal) {
            write(request, mirror.localDisk.writes(), direct != 0 && request.lengthBytes <= MAX_PATIENT_BYTES ? BlockRequest.PATIENT : 0);
        } else {
            missLocal(request);
        }
        for (int rest = direct; rest != 0; rest &= rest - 1) {
            write(request, mirror.legs.leg(Integer.numberOfTrailingZeros(rest)).channel, 0);
        }
    }

    private static void write(MirrorRequest request, CopyChannel channel, int moreFlags) {
        if (request.command == BlockCommand.WRITE) {
            channel.write(request, request.offsetBytes, (int) request.lengthBytes, request.flags | moreFlags, request.payload,
                    request.payloadStart);
        } else {
            channel.zero(request, request.segmentOffsetBytes, request.segmentLengthBytes, request.flags);
        }
    }

    private void onLocalFailed(MirrorRequest request) {
        if (request.state == MirrorRequest.State.READING) {
            if (request.command == BlockCommand.READ && mirror.life.servesReads()) {
                targetReads.read(request, request.localErrorText);
            } else {
                request.fail(request.localError, request.localErrorText);
                finish(request);
            }
            return;
        }
        if (mirror.localDisk.isAttached()) {
            request.localFailed = true;
            request.fail(request.localError, request.localErrorText);
        } else {
            missLocal(request);
        }
        onLocalDone(request);
    }

    /** The local disk is given up: the targets must have it all the more, and that the disk lacks it must be durable. */
    private void missLocal(MirrorRequest request) {
        request.localMissed = true;
        request.staleMask |= mirror.localDisk.stalePendingBit();
        request.pendingMask |= request.lagging == null ? 0 : request.lagging.pendingMask;
    }

    /** A read that a target has served, or none could. */
    void endRead(MirrorRequest request) {
        finish(request);
    }

    private void onLocalDone(MirrorRequest request) {
        if (request.state == MirrorRequest.State.READING) {
            finish(request);
            return;
        }
        request.expect(MirrorRequest.State.COPYING, RequestEvent.LOCAL_DONE);
        request.pendingMask &= ~Mirror.LOCAL_BIT;
        if (ackBeforeMirrored && request.upper != null && request.payload != null && !request.lent) {
            acknowledgeEarly(request);
        }
        endCopiesIfDone(request);
    }

    private void onTargetWritten(MirrorRequest request, int slot) {
        request.pendingMask &= ~(1 << slot);
        request.mirroredMask |= 1 << slot;
        mirror.legs.leg(slot).bytesWritten += request.segmentLengthBytes;
        endCopiesIfDone(request);
    }

    private void onTargetLost(MirrorRequest request, int slot) {
        int bit = 1 << slot;
        if (request.state == MirrorRequest.State.COPYING) {
            // Also what it has answered is not flushed there, and may be gone with it.
            request.missedMask |= bit;
            request.mirroredMask &= ~bit;
            request.pendingMask &= ~bit;
        }
        if (request.mayHaveTouched()) {
            request.staleMask |= mirror.legs.stalePendingMask() & bit;
        }
        if (request.state == MirrorRequest.State.COPYING) {
            endCopiesIfDone(request);
        }
    }

    private void endCopiesIfDone(MirrorRequest request) {
        if (request.pendingMask == 0) {
            endCopies(request);
        } else if (request.pendingMask == Mirror.LOCAL_BIT) {
            mirror.localDisk.writes().device.hurry();
        }
    }

    /** Each target has the write, or misses it, or has it in its queue. */
    private void requireEachTargetOnce(MirrorRequest request) {
        int queued = request.lagging == null ? 0 : request.lagging.pendingMask;
        int has = request.mirroredMask;
        int misses = request.missedMask;
        if ((has & misses) != 0 || (queued & (has | misses)) != 0 || (has | misses | queued) != mirror.legs.usedMask()) {
            throw new IllegalStateException("mirror " + config.tag() + ": a write is not exactly one of mirrored, missed or queued: "
                    + "mirrored " + has + ", missed " + misses + ", queued " + queued + " of " + mirror.legs.usedMask());
        }
    }

    private void endCopies(MirrorRequest request) {
        requireEachTargetOnce(request);
        if (!mirror.localDisk.isAttached() && (request.mirroredMask | (request.lagging == null ? 0 : request.lagging.pendingMask)) == 0) {
            request.fail(BlockError.EIO, noLocal() + " and no target is in sync: nothing has the write");
        }
        // After a failed local write the copies may differ whatever the targets have.
        int missed = request.localFailed ? mirror.legs.usedMask() : request.missedMask;
        if (request.lagging != null) {
            mirror.streams.letGo(request, missed);
        } else {
            log.endWrite(request.segmentOffsetBytes, request.segmentLengthBytes, missed);
        }
        mirror.writes.add(request.segmentLengthBytes);
        request.missedMask = 0;
        long doneBytes = request.segmentOffsetBytes + request.segmentLengthBytes - request.offsetBytes;
        if (doneBytes < request.lengthBytes && !request.error().isError()) {
            request.segmentOffsetBytes += request.segmentLengthBytes;
            request.segmentLengthBytes = Math.min(request.lengthBytes - doneBytes, config.segmentBytes());
            mirror.legs.checkSettled();
            announce(request);
        } else {
            bytesWritten += doneBytes;
            if (mirror.life.state() == MirrorState.FAILED && (request.flags & BlockRequest.FUA) != 0) {
                // A flush that stood in for FUA proves nothing once another one has failed.
                request.fail(BlockError.EIO, mirror.life.failure());
            }
            hold(request);
            mirror.legs.checkSettled();
        }
        flushIfWanted();
    }

    private void onFlushed(MirrorRequest request) {
        flushes++;
        if (mirror.life.state() == MirrorState.FAILED) {
            request.fail(BlockError.EIO, mirror.life.failure());
        }
        // What a lost target had not flushed must be known to be missing there before the flush is a promise.
        request.staleMask = mirror.legs.stalePendingMask() | mirror.localDisk.stalePendingBit();
        if (!mirror.hasCopy()) {
            request.fail(BlockError.EIO, noLocal() + " and no target is in sync: nothing could be flushed");
        }
        hold(request);
    }

    // ---- hop 7: the end

    private void hold(MirrorRequest request) {
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

    private void finishIfSatisfied(MirrorRequest request) {
        if (request.state == MirrorRequest.State.HOLDING && request.staleMask == 0 && !request.lent) {
            finish(request);
        }
    }

    private void finish(MirrorRequest request) {
        BlockRequest upper = request.upper;
        BlockError error = request.error();
        String detail = request.errorDetail();
        if (request.state == MirrorRequest.State.READING) {
            activeReads--;
            bytesRead += error.isError() ? 0 : request.lengthBytes;
        } else if (request.command != BlockCommand.FLUSH) {
            writeLatency.record(loop.nanoTime() - request.startedNs);
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
        onMemoryFreed();
        mirror.admission.admit();
        mirror.life.finishDrain();
    }

    private void acknowledgeEarly(MirrorRequest request) {
        BlockRequest upper = request.upper;
        request.upper = null;
        mirror.streams.order().completing();
        upper.complete(request.error(), request.errorDetail());
    }

    /** Payload memory may be free again: first come, first served. */
    void onMemoryFreed() {
        for (MirrorRequest waiter = payloads.firstWaiter(); waiter != null; waiter = payloads.firstWaiter()) {
            Payload payload = payloads.take((int) waiter.lengthBytes);
            if (payload == null) {
                return;
            }
            payloads.removeFirstWaiter();
            if (waiter.state == MirrorRequest.State.READING) {
                targetReads.readInto(waiter, payload);
                continue;
            }
            fill(waiter, payload);
            onEvent(waiter, RequestEvent.BUFFERED, IntentLog.LOCAL);
        }
    }

    /** Runs a flush round if enough was written, or if the log needs one to go on. */
    void flushIfWanted() {
        if (mirror.writes.isFull() || log.flushUrgent()) {
            mirror.rounds.run();
        }
    }

    // ---- what becomes of targets

    /** A target does not replicate any more: every request that counted on it hears of it. */
    void onLegStopped(int slot) {
        mirror.streams.onLegStopped(slot);
        MirrorRequest next;
        for (MirrorRequest request = active.first(); request != null; request = next) {
            next = request.next;
            onEvent(request, RequestEvent.TARGET_LOST, slot);
        }
    }

    void onStaleDurable(int slot) {
        MirrorRequest next;
        for (MirrorRequest request = active.first(); request != null; request = next) {
            next = request.next;
            onEvent(request, RequestEvent.TARGET_STALE_DURABLE, slot);
        }
    }

    /** That the local disk misses writes is durable, or the mirror has failed because it could not be made so. */
    void onLocalMarked() {
        MirrorRequest next;
        for (MirrorRequest request = active.first(); request != null; request = next) {
            next = request.next;
            if ((request.staleMask & Mirror.LOCAL_BIT) != 0 && mirror.life.state() == MirrorState.FAILED) {
                request.fail(BlockError.EIO, mirror.life.failure());
            }
            onEvent(request, RequestEvent.LOCAL_STALE_DURABLE, IntentLog.LOCAL);
        }
    }

    /** What waits for the log to know of the target's absence can never be promised any more. */
    void onStaleFailed(int slot) {
        for (MirrorRequest request = active.first(); request != null; request = request.next) {
            if ((request.staleMask & 1 << slot) != 0) {
                request.fail(BlockError.EIO, mirror.life.failure());
            }
        }
    }

    /** A slot is in use from now on: what is under way misses it. */
    void onLegAdded(int slot) {
        mirror.streams.onLegAdded(slot);
        for (MirrorRequest request = active.first(); request != null; request = request.next) {
            if (request.state == MirrorRequest.State.COPYING) {
                request.missedMask |= 1 << slot;
                request.staleMask |= mirror.legs.stalePendingMask() & 1 << slot;
            }
        }
    }

    void onLegRemoved(int slot) {
        for (MirrorRequest request = active.first(); request != null; request = request.next) {
            request.missedMask &= ~(1 << slot);
        }
    }

    /** True if a write under way goes to the copies without this target. */
    boolean isMissedByActive(int bit) {
        for (MirrorRequest request = active.first(); request != null; request = request.next) {
            if (request.state == MirrorRequest.State.COPYING && (request.missedMask & bit) != 0) {
                return true;
            }
        }
        return false;
    }
}
