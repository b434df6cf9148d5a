/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.mirror;

import org.netraid.block.BlockCommand;
import org.netraid.block.BlockError;
import org.netraid.block.BlockRequest;
import org.netraid.fault.FaultPoints;
import org.netraid.intentlog.IntentLog;

/**
 * Hop 4 of a modification, and what its copies answer: a segment goes to the local disk and to every target that replicates, and ends when
 * each of them has it, misses it or has it in its queue.
 */
final class CopyStep {

    /** Of longer data the local disk may be the slower one, so that it will have to wake the loop anyway. */
    private static final int MAX_PATIENT_BYTES = 64 << 10;

    private final Mirror mirror;
    private final MirrorConfig config;
    private final IntentLog log;
    private final RequestWalk walk;
    private final boolean ackBeforeMirrored;

    CopyStep(Mirror mirror, MirrorConfig config, IntentLog log, RequestWalk walk, FaultPoints faults) {
        this.mirror = mirror;
        this.config = config;
        this.log = log;
        this.walk = walk;
        this.ackBeforeMirrored = faults.isArmed("ack-before-mirrored");
    }

    /** Hop 4: the local disk and every target that replicates, at the same time and from the same bytes. */
    void copy(MirrorRequest request) {
        request.state = MirrorRequest.State.COPYING;
        int targets = mirror.legs.replicatingMask() & ~mirror.catchUps.skippingMask();
        request.mirroredMask = 0;
        request.missedMask = mirror.legs.usedMask() & ~targets;
        if (mirror.life.state() == MirrorState.FAILED) {
            request.fail(BlockError.EIO, mirror.life.failure());
            request.missedMask = mirror.legs.usedMask();
            end(request);
            return;
        }
        boolean toLocal = mirror.localDisk.takesWrites();
        if (!mirror.hasCopy()) {
            request.missedMask = mirror.legs.usedMask();
            end(request);
            return;
        }
        if (request.missedMask != 0) {
            mirror.orders.noteMissed(request.missedMask);
            request.staleMask |= mirror.orders.stalePendingMask() & request.missedMask;
        }
        int streamed = targets & mirror.legs.streamedMask();
        int direct = targets & ~streamed;
        request.pendingMask = toLocal ? direct | Mirror.LOCAL_BIT : direct;
        if (streamed != 0) {
            request.pendingMask |= mirror.streams.add(request, streamed);
        }
        if (toLocal) {
            boolean patient = direct != 0 && request.lengthBytes <= MAX_PATIENT_BYTES;
            write(request, mirror.localDisk.writes(), patient ? request.flags | BlockRequest.PATIENT : request.flags);
        } else {
            missLocal(request);
        }
        for (int rest = direct; rest != 0; rest &= rest - 1) {
            write(request, mirror.legs.leg(Integer.numberOfTrailingZeros(rest)).channel, request.flags);
        }
    }

    private static void write(MirrorRequest request, CopyChannel channel, int flags) {
        if (request.command == BlockCommand.WRITE) {
            channel.write(request, request.offsetBytes, (int) request.lengthBytes, flags, request.payload, request.payloadStart);
        } else {
            channel.zero(request, request.segmentOffsetBytes, request.segmentLengthBytes, flags);
        }
    }

    // ---- what the copies answer

    void onLocalDone(MirrorRequest request) {
        request.pendingMask &= ~Mirror.LOCAL_BIT;
        if (ackBeforeMirrored && request.upper != null && request.payload != null && !request.lent) {
            walk.end.acknowledgeEarly(request);
        }
        endIfDone(request);
    }

    void onLocalFailed(MirrorRequest request) {
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
        request.staleMask |= mirror.localDisk.stalePendingBit();
        request.pendingMask |= request.lagging == null ? 0 : request.lagging.pendingMask;
    }

    /** The target has it in memory, and its protocol asks for no more. */
    void onTargetReceived(MirrorRequest request, int slot) {
        request.pendingMask &= ~(1 << slot);
        endIfDone(request);
    }

    void onTargetWritten(MirrorRequest request, int slot) {
        request.pendingMask &= ~(1 << slot);
        request.mirroredMask |= 1 << slot;
        mirror.legs.leg(slot).bytesWritten += request.segmentLengthBytes;
        endIfDone(request);
    }

    void onTargetLost(MirrorRequest request, int slot) {
        int bit = 1 << slot;
        if (request.state == MirrorRequest.State.COPYING) {
            // Also what it has answered is not flushed there, and may be gone with it.
            request.missedMask |= bit;
            request.mirroredMask &= ~bit;
            request.pendingMask &= ~bit;
        }
        if (request.mayHaveTouched()) {
            request.staleMask |= mirror.orders.stalePendingMask() & bit;
        }
        if (request.state == MirrorRequest.State.COPYING) {
            endIfDone(request);
        }
    }

    // ---- the end of a segment

    private void endIfDone(MirrorRequest request) {
        if (request.pendingMask == 0) {
            end(request);
        } else if (request.pendingMask == Mirror.LOCAL_BIT) {
            mirror.localDisk.writes().device.hurry();
        }
    }

    private void end(MirrorRequest request) {
        requireEachTargetOnce(request);
        if (!mirror.localDisk.isAttached() && (request.mirroredMask | (request.lagging == null ? 0 : request.lagging.pendingMask)) == 0) {
            request.fail(BlockError.EIO, mirror.localDisk.noDisk() + " and no target is in sync: nothing has the write");
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
            mirror.resyncs.checkSettled();
            walk.announce(request);
        } else {
            walk.figures.bytesWritten += doneBytes;
            if (mirror.life.state() == MirrorState.FAILED && (request.flags & BlockRequest.FUA) != 0) {
                // A flush that stood in for FUA proves nothing once another one has failed.
                request.fail(BlockError.EIO, mirror.life.failure());
            }
            walk.end.hold(request);
            mirror.resyncs.checkSettled();
        }
        walk.flushIfWanted();
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
}
