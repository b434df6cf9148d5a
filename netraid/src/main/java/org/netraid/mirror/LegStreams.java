/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.mirror;

import org.netraid.block.BlockRequest;
import org.netraid.fault.FaultPoints;
import org.netraid.intentlog.IntentLog;
import org.netraid.intentlog.IntentWaiter;
import org.netraid.time.EventLoop;

/**
 * The writes that reach targets through queues: those of protocol A, and what is left in the queue after a change to another protocol.
 *
 * <p>The application may hear of such a write before the target has it. Until then the write keeps its intent in the log, so that a crash
 * finds its chunks dirty. A target that is lost, paused or pulled ahead of loses its queue, and every write in it becomes dirty for it at
 * once. Each write ends for each target exactly once: written, or dirty.
 *
 * <p>{@link LaggingWrites} has them in order, {@link StreamPump} sends them, {@link StreamLimits} says when a target lags too far behind.
 */
final class LegStreams {

    private static final int SMALLEST_ENTRY_BYTES = 4096;
    /** The extent is hot, so that a crash finds the chunks dirty anyway: nobody waits for the bits. */
    private static final IntentWaiter NOBODY = error -> { };

    private final Mirror mirror;
    private final IntentLog log;
    private final EventLoop loop;
    private final boolean forgetQueueOnLoss;
    private final boolean endIntentEarly;
    private final Runnable onEnded = this::onEnded;
    private final WriteOrder order = new WriteOrder();
    private final LegStream[] streams = new LegStream[IntentLog.MAX_SLOTS];
    private final LaggingWrites writes = new LaggingWrites(this);
    private final PassWaiters passWaiters = new PassWaiters(writes);
    private final StreamJournal journal;
    private final StreamLimits limits;
    private final StreamPump pump;
    private int backlogMask;
    private boolean stopping;

    LegStreams(Mirror mirror, IntentLog log, EventLoop loop, PayloadPool pool, FaultPoints faults) {
        this.mirror = mirror;
        this.log = log;
        this.loop = loop;
        this.journal = new StreamJournal(mirror, pool);
        this.limits = new StreamLimits(mirror, this, writes, loop);
        this.pump = new StreamPump(mirror, this, journal, faults);
        this.forgetQueueOnLoss = faults.isArmed("forget-queue-on-loss");
        this.endIntentEarly = faults.isArmed("end-intent-early");
        for (int slot = 0; slot < streams.length; slot++) {
            streams[slot] = new LegStream();
        }
    }

    LegStream stream(int slot) {
        return streams[slot];
    }

    /** Everything that is queued or on its way. */
    LaggingWrites writes() {
        return writes;
    }

    StreamJournal journal() {
        return journal;
    }

    WriteOrder order() {
        return order;
    }

    /** Slots with something queued or in flight: their order holds until it is empty, whatever their protocol is now. */
    int backlogMask() {
        return backlogMask;
    }

    /** Runs the task once everything that is queued now has ended; at once, if nothing is. */
    void whenPassed(Runnable task) {
        passWaiters.await(task);
    }

    // ---- a write comes in

    /**
     * Queues a write for these targets and sends what may be sent.
     *
     * @return those of the targets that the application waits for all the same
     */
    int add(MirrorRequest request, int slotMask) {
        LaggingWrite write = writes.take();
        write.request = request;
        write.command = request.command;
        write.offsetBytes = request.segmentOffsetBytes;
        write.lengthBytes = request.segmentLengthBytes;
        write.flags = isFlushAwaited(slotMask) ? request.flags : request.flags & ~BlockRequest.FUA;
        write.payload = request.payload;
        write.payloadStart = request.payloadStart;
        write.epoch = order.epoch();
        write.queuedNs = loop.nanoTime();
        write.memoryBytes = write.payload == null ? SMALLEST_ENTRY_BYTES : memoryFor(write.lengthBytes);
        write.intentEnded = false;
        write.unlikeMask = 0;
        write.pendingMask = slotMask;
        write.receiptMask = slotMask & mirror.legs.receiptMask();
        if (write.payload != null) {
            write.payload.retain();
        }
        request.lagging = write;
        boolean hasRoom = journal.append(write, slotMask);
        int awaited = 0;
        for (int rest = slotMask; rest != 0; rest &= rest - 1) {
            int slot = Integer.numberOfTrailingZeros(rest);
            Leg leg = mirror.legs.leg(slot);
            LegStream stream = streams[slot];
            boolean isAsync = leg.protocol == ReplicationProtocol.A;
            boolean full = isAsync && (!hasRoom || limits.isFull(slot, leg.config.queue(), write.queuedNs));
            if (full) {
                limits.dealWithFull(leg);
            }
            if (!isAsync || full) {
                awaited |= 1 << slot;
            }
            stream.queue.addLast(write);
            stream.lagBytes += write.lengthBytes;
            stream.memoryBytes += write.memoryBytes;
            backlogMask |= 1 << slot;
            pump.pump(leg);
        }
        return awaited;
    }

    /** A target whose protocol has become C gets writes through its queue until that is empty; they mean what they mean under C. */
    private boolean isFlushAwaited(int slotMask) {
        for (int rest = slotMask; rest != 0; rest &= rest - 1) {
            if (mirror.legs.leg(Integer.numberOfTrailingZeros(rest)).protocol.awaitsFlush()) {
                return true;
            }
        }
        return false;
    }

    /** Payloads come in powers of two. */
    private static long memoryFor(long lengthBytes) {
        return Math.max(SMALLEST_ENTRY_BYTES, 1L << 64 - Long.numberOfLeadingZeros(lengthBytes - 1));
    }

    // ---- what becomes of it

    /** The target has it in memory: that is all that protocol B waits for. */
    void onReceived(LaggingWrite write, int slot) {
        if (!write.isOnItsOwn()) {
            mirror.walk.onEvent(write.request, RequestEvent.TARGET_RECEIVED, slot);
        }
    }

    /** Writes that found the target's queue full need not wait for it after all. */
    void releaseWaiting(Leg leg) {
        LaggingWrite next;
        for (LaggingWrite write = writes.first(); write != null && leg.protocol == ReplicationProtocol.A; write = next) {
            next = write.next;
            if (!write.isOnItsOwn() && (write.pendingMask & leg.bit()) != 0) {
                onReceived(write, leg.slot);
            }
        }
    }

    void onWritten(LaggingWrite write, int slot) {
        LegStream stream = streams[slot];
        stream.inFlight--;
        stream.inFlightBytes -= write.lengthBytes;
        stream.partedInFlight -= mirror.legs.leg(slot).channel.goesWhole(write.command, write.lengthBytes) ? 0 : 1;
        stream.lagBytes -= write.lengthBytes;
        stream.memoryBytes -= write.memoryBytes;
        journal.onAnswered(slot, write);
        if (stream.isEmpty()) {
            backlogMask &= ~(1 << slot);
            journal.onDrained(mirror.legs.leg(slot));
        } else {
            pump.pump(mirror.legs.leg(slot));
        }
        pump.pumpStarved();
        write.clearPending(slot);
        if (write.isOnItsOwn()) {
            mirror.legs.leg(slot).bytesWritten += write.lengthBytes;
            int unlike = write.unlikeMask & 1 << slot;
            if (unlike != 0) {
                markDirty(write, unlike);
            }
            endIfDone(write, unlike);
        } else {
            mirror.walk.onEvent(write.request, RequestEvent.TARGET_WRITTEN, slot);
        }
    }

    /**
     * The request has everything else that it waits for and goes on; the write ends with the last of its targets.
     *
     * @param missedMask targets that do not have it
     */
    void letGo(MirrorRequest request, int missedMask) {
        LaggingWrite write = request.lagging;
        request.lagging = null;
        write.request = null;
        if (write.pendingMask == 0) {
            end(write, missedMask);
            passWaiters.tell();
            return;
        }
        if (endIntentEarly) {
            log.endWrite(write.offsetBytes, write.lengthBytes, missedMask);
            write.intentEnded = true;
        }
        if (write.payload != null) {
            journal.letGo(write);
        }
        if (missedMask != 0) {
            markDirty(write, missedMask);
            write.unlikeMask = missedMask & write.pendingMask;
            beginResyncsAnew(write.unlikeMask);
        }
    }

    /**
     * A chunk that a resync compares or copies at this moment may be found equal before this write reaches the target, and be told of
     * after it. So a target in mid-resync starts over without its queue, which makes dirty all that it has not flushed.
     */
    private void beginResyncsAnew(int slotMask) {
        for (int rest = slotMask; rest != 0; rest &= rest - 1) {
            int slot = Integer.numberOfTrailingZeros(rest);
            if (mirror.legs.leg(slot).state == LegState.RESYNCING) {
                loop.execute(() -> mirror.legLost(slot, "the local disk has failed to take a write that is in the target's queue already; "
                        + "the resync begins anew without the queue"));
            }
        }
    }

    private void endIfDone(LaggingWrite write, int missedMask) {
        if (write.pendingMask == 0) {
            end(write, missedMask);
            if (!stopping) {
                onEnded();
            }
        }
    }

    private void end(LaggingWrite write, int missedMask) {
        if (!write.intentEnded) {
            log.endWrite(write.offsetBytes, write.lengthBytes, missedMask);
        }
        mirror.writes.add(write.lengthBytes);
        journal.ended(write);
        Payload payload = write.payload;
        writes.recycle(write);
        if (payload != null) {
            payload.release();
        }
    }

    private void onEnded() {
        pump.pumpStarved();
        mirror.payloads.onFreed();
        passWaiters.tell();
        mirror.walk.flushIfWanted();
        mirror.life.finishDrain();
    }

    private void markDirty(LaggingWrite write, int slotMask) {
        long firstChunk = write.offsetBytes / log.chunkBytes();
        long lastChunk = (write.offsetBytes + write.lengthBytes - 1) / log.chunkBytes();
        log.markDirty(slotMask, firstChunk, lastChunk - firstChunk + 1, NOBODY);
    }

    /**
     * A target gets no writes any more. What is queued for it is dropped and dirty; so is every write on its own that it has
     * answered already, because it may not have flushed it. Comes before the requests hear of it.
     */
    void onLegStopped(int slot) {
        int bit = 1 << slot;
        streams[slot].clear();
        journal.detach(slot);
        backlogMask &= ~bit;
        stopping = true;
        LaggingWrite next;
        for (LaggingWrite write = writes.first(); write != null; write = next) {
            next = write.next;
            boolean pending = (write.pendingMask & bit) != 0;
            if (pending) {
                write.clearPending(slot);
            }
            if (write.isOnItsOwn() && !forgetQueueOnLoss) {
                if (write.pendingMask != 0) {
                    markDirty(write, bit);
                }
                endIfDone(write, bit);
            } else if (write.isOnItsOwn()) {
                endIfDone(write, 0);
            }
        }
        stopping = false;
        loop.execute(onEnded);
    }

    /** A slot is in use from now on; writes on their own go past it. */
    void onLegAdded(int slot) {
        for (LaggingWrite write = writes.first(); write != null; write = write.next) {
            if (write.isOnItsOwn()) {
                markDirty(write, 1 << slot);
            }
        }
    }
}
