/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.mirror;

import java.util.ArrayDeque;
import org.netraid.block.BlockCommand;
import org.netraid.block.BlockRequest;
import org.netraid.fault.FaultPoints;
import org.netraid.intentlog.IntentLog;
import org.netraid.intentlog.IntentWaiter;
import org.netraid.journal.AsyncJournal;
import org.netraid.time.EventLoop;

/**
 * The writes that reach targets through queues: those of protocol A, and what is left in the queue after a change to another protocol.
 *
 * <p>The application may hear of such a write before the target has it. Until then the write keeps its intent in the log, so that a crash
 * finds its chunks dirty. A target that is lost, paused or pulled ahead of loses its queue, and every write in it becomes dirty for it at
 * once. Each write ends for each target exactly once: written, or dirty.
 */
final class LegStreams {

    private static final long AGE_CHECK_NS = 10_000_000L;
    private static final int SMALLEST_ENTRY_BYTES = 4096;
    /** The extent is hot, so that a crash finds the chunks dirty anyway: nobody waits for the bits. */
    private static final IntentWaiter NOBODY = error -> { };

    private final Mirror mirror;
    private final IntentLog log;
    private final EventLoop loop;
    private final boolean sendNextEpochEarly;
    private final boolean forgetQueueOnLoss;
    private final boolean endIntentEarly;
    private final Runnable onEnded = this::onEnded;
    /** A barrier that fails has lost its target, of which everybody is told anyway. */
    private final DeviceOpOwner barriers = new DeviceOpOwner() {
        @Override
        public void onOpDone(DeviceOp op) {
        }

        @Override
        public void onOpLost(DeviceOp op) {
        }
    };
    private final WriteOrder order = new WriteOrder();
    private final LegStream[] streams = new LegStream[IntentLog.MAX_SLOTS];
    private LaggingWrite free;
    private LaggingWrite first;
    private LaggingWrite last;
    private int backlogMask;
    private final StreamJournal journal;
    private boolean stopping;
    private int queuedWrites;
    private long lastSequence;
    private final ArrayDeque<PassWaiter> passWaiters = new ArrayDeque<>();

    /** Waits for everything that was queued when it came. */
    private record PassWaiter(long sequence, Runnable passed) {
    }

    LegStreams(Mirror mirror, IntentLog log, EventLoop loop, PayloadPool pool, FaultPoints faults) {
        this.mirror = mirror;
        this.log = log;
        this.loop = loop;
        this.journal = new StreamJournal(mirror, pool);
        this.sendNextEpochEarly = faults.isArmed("send-next-epoch-early");
        this.forgetQueueOnLoss = faults.isArmed("forget-queue-on-loss");
        this.endIntentEarly = faults.isArmed("end-intent-early");
        for (int slot = 0; slot < streams.length; slot++) {
            streams[slot] = new LegStream();
        }
    }

    LegStream stream(int slot) {
        return streams[slot];
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

    boolean isEmpty() {
        return first == null;
    }

    /** Of the newest write queued for any target. */
    long lastSequence() {
        return lastSequence;
    }

    /** True if a write as old as this one or older is queued for the target or on its way. */
    boolean isPendingUpTo(int slot, long sequence) {
        for (LaggingWrite write = first; write != null && write.sequence <= sequence; write = write.next) {
            if ((write.pendingMask & 1 << slot) != 0) {
                return true;
            }
        }
        return false;
    }

    /** Runs the task once everything that is queued now has ended; at once, if nothing is. */
    void whenPassed(Runnable task) {
        if (first == null) {
            task.run();
        } else {
            passWaiters.addLast(new PassWaiter(lastSequence, task));
        }
    }

    private void tellPassed() {
        while (!passWaiters.isEmpty() && (first == null || first.sequence > passWaiters.peekFirst().sequence())) {
            passWaiters.removeFirst().passed().run();
        }
    }

    // ---- a write comes in

    private boolean isFull(int slot, QueueLimit limit, long nowNs) {
        LegStream stream = streams[slot];
        if (limit.ageNs() > 0 && nowNs - stream.ageCheckedNs >= AGE_CHECK_NS) {
            stream.ageCheckedNs = nowNs;
            stream.tooOld = lagNs(slot) >= limit.ageNs();
        }
        return stream.memoryBytes >= limit.bytes() || stream.tooOld || queuedWrites > StreamJournal.MAX_QUEUED_WRITES;
    }

    /** In a turn of its own: the write that finds the queue full is in the middle of its own walk. */
    private void dealWithFull(Leg leg) {
        LegStream stream = streams[leg.slot];
        if (leg.config.queue().whenFull() != QueueLimit.WhenFull.BLOCK && !stream.dealing) {
            stream.dealing = true;
            String why = describe(leg.slot);
            CopyChannel channel = leg.channel;
            loop.execute(() -> {
                stream.dealing = false;
                if (leg.channel == channel && leg.replicates()) {
                    mirror.pullAhead.fellBehind(leg.slot, why);
                }
            });
        }
    }

    private String describe(int slot) {
        return "it is " + streams[slot].lagBytes + " bytes and " + lagNs(slot) / 1_000_000 + " ms behind, more than its limit allows";
    }

    /**
     * Queues a write for these targets and sends what may be sent.
     *
     * @return those of the targets that the application waits for all the same
     */
    int add(MirrorRequest request, int slotMask) {
        LaggingWrite write = take();
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
            boolean full = isAsync && (!hasRoom || isFull(slot, leg.config.queue(), write.queuedNs));
            if (full) {
                dealWithFull(leg);
            }
            if (!isAsync || full) {
                awaited |= 1 << slot;
            }
            stream.queue.addLast(write);
            stream.lagBytes += write.lengthBytes;
            stream.memoryBytes += write.memoryBytes;
            backlogMask |= 1 << slot;
            pump(leg);
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

    private LaggingWrite take() {
        LaggingWrite write = free;
        if (write == null) {
            write = new LaggingWrite(this);
        } else {
            free = write.next;
        }
        write.sequence = ++lastSequence;
        write.next = null;
        write.previous = last;
        if (last == null) {
            first = write;
        } else {
            last.next = write;
        }
        last = write;
        queuedWrites++;
        return write;
    }

    /** Payloads come in powers of two. */
    private static long memoryFor(long lengthBytes) {
        return Math.max(SMALLEST_ENTRY_BYTES, 1L << 64 - Long.numberOfLeadingZeros(lengthBytes - 1));
    }

    private void pump(Leg leg) {
        LegStream stream = streams[leg.slot];
        boolean narrow = mirror.catchUps.isHolding(leg.slot);
        while (!stream.queue.isEmpty() && stream.hasRoom(narrow)) {
            LaggingWrite write = stream.queue.peekFirst();
            boolean isNextEpoch = stream.inFlight > 0 && write.epoch != stream.sentEpoch && !sendNextEpochEarly;
            if (isNextEpoch && (!leg.channel.keepsOrder() || stream.partedInFlight > 0)) {
                return;
            }
            boolean isInJournalOnly = write.command == BlockCommand.WRITE && write.payload == null;
            Payload payload = isInJournalOnly ? journal.readBack(write, leg) : write.payload;
            if (isInJournalOnly && payload == null) {
                return;
            }
            if (isNextEpoch) {
                leg.channel.barrier(barriers);
            }
            stream.queue.removeFirst();
            stream.sentEpoch = write.epoch;
            stream.inFlight++;
            stream.inFlightBytes += write.lengthBytes;
            stream.partedInFlight += leg.channel.goesWhole(write.command, write.lengthBytes) ? 0 : 1;
            journal.onSent(leg.slot, write);
            if (isInJournalOnly) {
                leg.channel.write(write, write.offsetBytes, (int) write.lengthBytes, write.flags, payload, 0);
                payload.release();
            } else if (write.command == BlockCommand.WRITE) {
                leg.channel.write(write, write.offsetBytes, (int) write.lengthBytes, write.flags, payload, write.payloadStart);
            } else {
                leg.channel.zero(write, write.offsetBytes, write.lengthBytes, write.flags);
            }
        }
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
        for (LaggingWrite write = first; write != null && leg.protocol == ReplicationProtocol.A; write = next) {
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
            pump(mirror.legs.leg(slot));
        }
        pumpStarved();
        write.clearPending(slot);
        if (write.isOnItsOwn()) {
            mirror.legs.leg(slot).bytesWritten += write.lengthBytes;
            endIfDone(write, 0);
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
            tellPassed();
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
        recycle(write);
        if (payload != null) {
            payload.release();
        }
    }

    private void pumpStarved() {
        for (int rest = journal.takeStarved() & backlogMask; rest != 0; rest &= rest - 1) {
            pump(mirror.legs.leg(Integer.numberOfTrailingZeros(rest)));
        }
    }

    private void onEnded() {
        pumpStarved();
        mirror.payloads.onFreed();
        tellPassed();
        mirror.walk.flushIfWanted();
        mirror.life.finishDrain();
    }

    private void recycle(LaggingWrite write) {
        queuedWrites--;
        if (write.previous == null) {
            first = write.next;
        } else {
            write.previous.next = write.next;
        }
        if (write.next == null) {
            last = write.previous;
        } else {
            write.next.previous = write.previous;
        }
        write.previous = null;
        write.payload = null;
        write.next = free;
        free = write;
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
        for (LaggingWrite write = first; write != null; write = next) {
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
        for (LaggingWrite write = first; write != null; write = write.next) {
            if (write.isOnItsOwn()) {
                markDirty(write, 1 << slot);
            }
        }
    }

    // ---- what it looks like

    /** Sequence of the oldest record that a queued write may have to be read back from; without one the greatest number. */
    long oldestRecord() {
        for (LaggingWrite write = first; write != null; write = write.next) {
            if (write.record != AsyncJournal.NONE) {
                return StreamJournal.firstRecord(write);
            }
        }
        return Long.MAX_VALUE;
    }

    /** Age of the oldest write that the target has not answered. */
    long lagNs(int slot) {
        for (LaggingWrite write = first; write != null; write = write.next) {
            if ((write.pendingMask & 1 << slot) != 0) {
                return loop.nanoTime() - write.queuedNs;
            }
        }
        return 0;
    }

    /** True if a write to some of these bytes is queued for the target or on its way. */
    boolean isLagging(int slot, long offsetBytes, long lengthBytes) {
        for (LaggingWrite write = first; write != null; write = write.next) {
            if ((write.pendingMask & 1 << slot) != 0 && write.touches(offsetBytes, lengthBytes)) {
                return true;
            }
        }
        return false;
    }
}
