/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.mirror;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.netraid.block.BlockCapability;
import org.netraid.block.BlockCommand;
import org.netraid.block.BlockDevice;
import org.netraid.block.BlockError;
import org.netraid.block.BlockGeometry;
import org.netraid.block.BlockRequest;
import org.netraid.fault.FaultPoints;
import org.netraid.intentlog.IntentLog;
import org.netraid.time.EventLoop;

/**
 * A block device made of a local disk and up to seven targets.
 *
 * <p>A modification takes its range lock, has its intent made durable, goes to the local disk and every target that replicates at the
 * same time, and is acknowledged when all of these have written it and every target that missed it is durably known to be stale. Reads
 * come from the local disk and take no lock: like on any disk, a read and a write in flight together may meet in either order.
 *
 * <p>TRIM becomes WRITE_ZEROES on every copy: the content after a TRIM is each device's own choice, and copies must be equal byte for byte.
 *
 * <p>Long, because the whole life of a request stays in one file: {@link #onEvent} and the small steps it calls, in the order they
 * happen. Targets, flush rounds, locks, memory and devices are classes of their own.
 *
 * <p>Methods that can be refused return the reason as a sentence, or nothing when they did what they were asked.
 */
public final class Mirror implements BlockDevice {

    /** Stands for the local disk where bits 0 to 6 stand for targets. */
    static final int LOCAL_BIT = 1 << IntentLog.MAX_SLOTS;

    private final MirrorConfig config;
    private final BlockDevice local;
    private final IntentLog log;
    private final EventLoop loop;
    private final BlockGeometry geometry;
    private final Set<BlockCapability> capabilities;
    private final boolean skipRangeLock;
    private final boolean ackBeforeMirrored;
    private final boolean ackBeforeStale;

    private final RangeLocks locks = new RangeLocks();
    private final PayloadPool payloads;
    private final CopyChannel localChannel;
    private final LegTable legs;
    private final WriteEpoch writes;
    private final FlushRounds rounds;
    private final MirrorListeners listeners = new MirrorListeners();
    private final Runnable flushIfWanted = this::flushIfWanted;
    private final ArrayDeque<BlockRequest> queue = new ArrayDeque<>();

    private MirrorState state = MirrorState.RUNNING;
    private String failure = "";
    private final ActiveRequests active;
    private int activeReads;
    private ArrayList<MirrorAction> drainWaiters = new ArrayList<>();
    private Runnable closed;

    private long bytesRead;
    private long bytesWritten;
    private long flushes;
    private long localErrors;
    private String lastLocalError = "";

    /**
     * Puts a mirror over its local disk; without targets at first.
     *
     * @param local the local disk; the mirror closes it with itself
     * @param log opened already; closed by its owner, after the mirror
     * @throws IllegalArgumentException if disk, log and configuration do not fit together; the message says how
     */
    public Mirror(MirrorConfig config, BlockDevice local, IntentLog log, EventLoop loop, FaultPoints faults) {
        this.config = config;
        this.local = local;
        this.log = log;
        this.loop = loop;
        this.geometry = MirrorGeometry.combine(config, local, log);
        this.capabilities = capabilitiesOver(local);
        this.skipRangeLock = faults.isArmed("skip-range-lock");
        this.ackBeforeMirrored = faults.isArmed("ack-before-mirrored");
        this.ackBeforeStale = faults.isArmed("ack-before-stale");
        this.active = new ActiveRequests(this, config.maxRequests());
        this.payloads = new PayloadPool(config.payloadBytes());
        this.legs = new LegTable(this, config, log, loop, payloads, listeners);
        this.localChannel = new CopyChannel(IntentLog.LOCAL, local, payloads, loop, new LocalWatcher(), 0);
        this.writes = new WriteEpoch(loop, config.flushBytes(), config.flushIntervalNs(), this::onFlushDue);
        this.rounds = new FlushRounds(this, log, legs, writes);
    }

    private static Set<BlockCapability> capabilitiesOver(BlockDevice local) {
        EnumSet<BlockCapability> set = EnumSet.of(BlockCapability.FLUSH, BlockCapability.FUA, BlockCapability.TRIM,
                BlockCapability.WRITE_ZEROES, BlockCapability.MULTI_CONN);
        for (BlockCapability passedOn : EnumSet.of(BlockCapability.ROTATIONAL, BlockCapability.EXTENTS)) {
            if (local.can(passedOn)) {
                set.add(passedOn);
            }
        }
        return Collections.unmodifiableSet(set);
    }

    @Override
    public String name() {
        return config.tag();
    }

    @Override
    public BlockGeometry geometry() {
        return geometry;
    }

    @Override
    public Set<BlockCapability> capabilities() {
        return capabilities;
    }

    // ---- hop 2: a request comes in

    @Override
    public void submit(BlockRequest request) {
        request.markSubmitted();
        BlockError refusal = check(request);
        if (refusal.isError() || isEmpty(request)) {
            String detail = refusal.isError() ? refusalText(request, refusal) : "";
            loop.execute(() -> request.complete(refusal, detail));
        } else if (mayStart(request)) {
            start(request);
        } else if (queue.size() < config.maxQueuedRequests()) {
            queue.addLast(request);
        } else {
            loop.execute(() -> request.complete(BlockError.ENOMEM,
                    "mirror " + config.tag() + " has " + config.maxQueuedRequests() + " requests waiting already"));
        }
    }

    private BlockError check(BlockRequest request) {
        BlockCommand command = request.command();
        if (state == MirrorState.CLOSED) {
            return BlockError.ESHUTDOWN;
        }
        if (command != BlockCommand.FLUSH) {
            BlockError bad = geometry.check(command, request.offsetBytes(), request.lengthBytes());
            if (bad.isError()) {
                return bad;
            }
            if ((request.flags() & BlockRequest.FAST_ZERO) != 0) {
                return BlockError.ENOTSUP;
            }
        }
        return state == MirrorState.FAILED && !onlyReads(command) ? BlockError.EIO : BlockError.NONE;
    }

    private String refusalText(BlockRequest request, BlockError refusal) {
        return switch (refusal) {
            case ESHUTDOWN -> "mirror " + config.tag() + " is closed";
            case EIO -> failure;
            case ENOTSUP -> "mirror " + config.tag() + " does not promise fast zeroing";
            default -> request.command() + " of " + request.lengthBytes() + " bytes at offset " + request.offsetBytes()
                    + " does not fit mirror "
                    + config.tag() + " of " + geometry.sizeBytes() + " bytes in blocks of " + geometry.minBlockBytes()
                    + ", longest transfer " + geometry.maxTransferBytes();
        };
    }

    private static boolean onlyReads(BlockCommand command) {
        return command == BlockCommand.READ || command == BlockCommand.EXTENTS;
    }

    private static boolean isEmpty(BlockRequest request) {
        return request.command() != BlockCommand.FLUSH && request.lengthBytes() == 0;
    }

    private boolean mayStart(BlockRequest request) {
        if (active.isFull()) {
            return false;
        }
        if (state == MirrorState.SUSPENDED) {
            return onlyReads(request.command());
        }
        return queue.isEmpty();
    }

    private void start(BlockRequest upper) {
        MirrorRequest request = active.take();
        request.start(upper);
        switch (request.command) {
            case READ, EXTENTS -> startRead(request);
            case FLUSH -> {
                request.state = MirrorRequest.State.FLUSHING;
                rounds.join(request);
            }
            default -> startModification(request);
        }
    }

    private void startRead(MirrorRequest request) {
        request.state = MirrorRequest.State.READING;
        activeReads++;
        if (request.command == BlockCommand.EXTENTS) {
            // the targets are not asked: an answer from this disk is true of them too, and costs no round trip
            localChannel.extents(request, request.offsetBytes, request.lengthBytes, request.upper.flags(), request.upper.extents());
        } else {
            localChannel.read(request, request.offsetBytes, request.upper.data(), null);
        }
    }

    private void startModification(MirrorRequest request) {
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
        if ((request.upper.flags() & BlockRequest.STABLE_PAYLOAD) != 0) {
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
            writes.add(0);
            // The log finds out in a task of its own whether it must wait for a flush; this one comes after it.
            loop.execute(flushIfWanted);
        }
    }

    private void onIntentFailed(MirrorRequest request) {
        fail("its intent log could not be written");
        request.fail(BlockError.EIO, failure);
        hold(request);
    }

    /** Hop 4: the local disk and every target that replicates, at the same time and from the same bytes. */
    private void copy(MirrorRequest request) {
        request.state = MirrorRequest.State.COPYING;
        int targets = legs.replicatingMask();
        request.mirroredMask = 0;
        request.missedMask = legs.usedMask() & ~targets;
        if (state == MirrorState.FAILED) {
            request.fail(BlockError.EIO, failure);
            request.missedMask = legs.usedMask();
            endCopies(request);
            return;
        }
        if (request.missedMask != 0) {
            legs.noteMissed(request.missedMask);
            request.staleMask |= legs.stalePendingMask() & request.missedMask;
        }
        request.pendingMask = targets | LOCAL_BIT;
        write(request, localChannel);
        for (int rest = targets; rest != 0; rest &= rest - 1) {
            write(request, legs.leg(Integer.numberOfTrailingZeros(rest)).channel);
        }
    }

    private static void write(MirrorRequest request, CopyChannel channel) {
        if (request.command == BlockCommand.WRITE) {
            channel.write(request, request.offsetBytes, (int) request.lengthBytes, request.flags, request.payload, request.payloadStart);
        } else {
            channel.zero(request, request.segmentOffsetBytes, request.segmentLengthBytes, request.flags);
        }
    }

    private void onLocalDone(MirrorRequest request) {
        if (request.state == MirrorRequest.State.READING) {
            finish(request);
            return;
        }
        request.expect(MirrorRequest.State.COPYING, RequestEvent.LOCAL_DONE);
        request.pendingMask &= ~LOCAL_BIT;
        if (ackBeforeMirrored && request.upper != null && request.payload != null && !request.lent) {
            acknowledgeEarly(request);
        }
        endCopiesIfDone(request);
    }

    private void onTargetWritten(MirrorRequest request, int slot) {
        request.pendingMask &= ~(1 << slot);
        request.mirroredMask |= 1 << slot;
        legs.leg(slot).bytesWritten += request.segmentLengthBytes;
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
            request.staleMask |= legs.stalePendingMask() & bit;
        }
        if (request.state == MirrorRequest.State.COPYING) {
            endCopiesIfDone(request);
        }
    }

    private void endCopiesIfDone(MirrorRequest request) {
        if (request.pendingMask == 0) {
            endCopies(request);
        }
    }

    private void endCopies(MirrorRequest request) {
        if ((request.mirroredMask & request.missedMask) != 0 || (request.mirroredMask | request.missedMask) != legs.usedMask()) {
            throw new IllegalStateException("mirror " + config.tag() + ": a write is neither mirrored nor missed, or both: mirrored "
                    + request.mirroredMask + ", missed " + request.missedMask + " of " + legs.usedMask());
        }
        // After a failed local write the copies may differ whatever the targets have.
        int missed = request.localFailed ? legs.usedMask() : request.missedMask;
        log.endWrite(request.segmentOffsetBytes, request.segmentLengthBytes, missed);
        writes.add(request.segmentLengthBytes);
        request.missedMask = 0;
        long doneBytes = request.segmentOffsetBytes + request.segmentLengthBytes - request.offsetBytes;
        if (doneBytes < request.lengthBytes && !request.error().isError()) {
            request.segmentOffsetBytes += request.segmentLengthBytes;
            request.segmentLengthBytes = Math.min(request.lengthBytes - doneBytes, config.segmentBytes());
            legs.checkSettled();
            announce(request);
        } else {
            bytesWritten += doneBytes;
            if (state == MirrorState.FAILED && (request.flags & BlockRequest.FUA) != 0) {
                // A flush that stood in for FUA proves nothing once another one has failed.
                request.fail(BlockError.EIO, failure);
            }
            hold(request);
            legs.checkSettled();
        }
        flushIfWanted();
    }

    private void onFlushed(MirrorRequest request) {
        flushes++;
        if (state == MirrorState.FAILED) {
            request.fail(BlockError.EIO, failure);
        }
        // What a lost target had not flushed must be known to be missing there before the flush is a promise.
        request.staleMask = legs.stalePendingMask();
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
        }
        request.state = MirrorRequest.State.IDLE;
        active.remove(request);
        if (!request.lock.isFree()) {
            locks.release(request.lock);
        }
        active.giveBack(request);
        if (upper != null) {
            upper.complete(error, detail);
        }
        onMemoryFreed();
        admit();
        finishDrain();
    }

    private static void acknowledgeEarly(MirrorRequest request) {
        BlockRequest upper = request.upper;
        request.upper = null;
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
            fill(waiter, payload);
            onEvent(waiter, RequestEvent.BUFFERED, IntentLog.LOCAL);
        }
    }

    private void admit() {
        while (!queue.isEmpty() && !active.isFull() && state != MirrorState.SUSPENDED) {
            BlockRequest request = queue.removeFirst();
            BlockError refusal = check(request);
            if (refusal.isError()) {
                request.complete(refusal, refusalText(request, refusal));
            } else {
                start(request);
            }
        }
    }

    // ---- flushing

    private void flushIfWanted() {
        if (writes.isFull() || log.flushUrgent()) {
            rounds.run();
        }
    }

    private void onFlushDue() {
        if (state != MirrorState.CLOSED) {
            rounds.run();
        }
    }

    void onRoundEnded() {
        finishDrain();
    }

    /** Flushes all copies now and reports the end of the round. */
    public void flushAll(MirrorAction flushed) {
        if (state == MirrorState.CLOSED) {
            loop.execute(() -> flushed.onDone(BlockError.ESHUTDOWN, "mirror " + config.tag() + " is closed"));
        } else {
            rounds.join(flushed);
        }
    }

    // ---- suspension and end

    /**
     * Holds modifications and flushes back, lets those in work end and flushes all copies. Held requests wait in the bounded queue
     * until {@link #resume}, or end with ESHUTDOWN at {@link #close}.
     *
     * @param drained nothing is in work and everything is flushed, or why it could not be
     */
    public void suspend(MirrorAction drained) {
        if (state == MirrorState.RUNNING) {
            state = MirrorState.SUSPENDED;
        }
        drainWaiters.add(drained);
        loop.execute(this::finishDrain);
    }

    /** Ends a suspension. */
    public void resume() {
        if (state == MirrorState.SUSPENDED) {
            state = MirrorState.RUNNING;
            loop.execute(this::admit);
        }
    }

    private void finishDrain() {
        if (!drainWaiters.isEmpty() && active.count() == activeReads) {
            ArrayList<MirrorAction> waiters = drainWaiters;
            drainWaiters = new ArrayList<>();
            for (MirrorAction waiter : waiters) {
                rounds.join(waiter);
            }
        }
        if (closed != null && active.count() == 0 && !rounds.isRunning()) {
            Runnable told = closed;
            closed = null;
            closeDevices(told);
        }
    }

    /** Ends what is in work, then closes the local disk and the connections. Targets stay as in sync as they are. */
    @Override
    public void close(Runnable whenClosed) {
        if (state == MirrorState.CLOSED) {
            throw new IllegalStateException("mirror " + config.tag() + " closed twice");
        }
        state = MirrorState.CLOSED;
        closed = whenClosed;
        writes.stop();
        listeners.mirrorClosing();
        admit();
        loop.execute(this::finishDrain);
    }

    private void closeDevices(Runnable told) {
        int[] open = {1};
        Runnable one = () -> {
            open[0]--;
            if (open[0] == 0) {
                told.run();
            }
        };
        for (int slot = 0; slot < IntentLog.MAX_SLOTS; slot++) {
            CopyChannel channel = legs.leg(slot).channel;
            if (channel != null) {
                open[0]++;
                channel.device.close(one);
            }
        }
        local.close(one);
    }

    /** Stops serving modifications for good: what the mirror rests on cannot be trusted any more. */
    void fail(String why) {
        if (state == MirrorState.FAILED || state == MirrorState.CLOSED) {
            return;
        }
        state = MirrorState.FAILED;
        failure = "mirror " + config.tag() + " has stopped writing: " + why + ". Reads go on. Repair the disk and restart the mirror, "
                + "or let a target that is in sync take over";
        listeners.mirrorFailed(failure);
        loop.execute(this::admit);
    }

    String failure() {
        return failure;
    }

    private final class LocalWatcher implements CopyChannel.Watcher {
        @Override
        public void onError(CopyChannel channel, DeviceOp op) {
            localErrors++;
            lastLocalError = op.errorText();
            listeners.localError(lastLocalError);
            if (op.isFlushFailure()) {
                listeners.localDiskLost(lastLocalError);
                fail("what was written to the local disk may be lost (" + lastLocalError + ")");
            }
        }

        @Override
        public void onTimeout(CopyChannel channel, DeviceOp oldest) {
            throw new IllegalStateException("the local disk has no timeout");
        }

        @Override
        public void onDrained(CopyChannel channel) {
            throw new IllegalStateException("the local disk is never given up");
        }
    }

    // ---- targets

    /** Adds a listener; listeners are called in the order they were added. */
    public void addListener(MirrorListener listener) {
        listeners.add(listener);
    }

    /**
     * Makes a target a member of the mirror, not yet connected. A slot that is unused in the intent log becomes FULL_RESYNC; whoever knows
     * that the copies are equal sets it to TRACKING in the log first.
     */
    public Optional<String> addLeg(LegConfig leg) {
        return legs.add(leg);
    }

    /** Removes a target for good: drops the connection and frees its slot in the log. */
    public Optional<String> removeLeg(int slot, MirrorAction durable) {
        return legs.remove(slot, durable);
    }

    /**
     * Gives a target its connection. The mirror owns the device from now on and closes it when the leg is lost; when it refuses, the
     * device stays the caller's. Listeners hear {@link MirrorListener#legConnected}.
     *
     * @param targetIsConsistent false if the target says of itself that it is inconsistent: then it is resynced even if the
     *     log has no dirty chunk, so that it is marked in sync in the end
     */
    public Optional<String> connectLeg(int slot, BlockDevice device, boolean targetIsConsistent) {
        return legs.connect(slot, device, targetIsConsistent);
    }

    /** The connection is gone or not wanted any more: the target misses every write from now on. Does nothing if there is none. */
    public void legLost(int slot, String reason) {
        legs.lose(slot, reason);
    }

    /** Stops replication to a target; after a flush where possible, so that only what is written from now on is dirty. */
    public Optional<String> pauseLeg(int slot) {
        return legs.pause(slot);
    }

    /** Ends a pause; a connected target goes through a resync. */
    public Optional<String> resumeLeg(int slot) {
        return legs.resume(slot);
    }

    /** Declares the target's content unknown: everything is sent again, at once if it is connected. */
    public Optional<String> fullResync(int slot) {
        return legs.fullResync(slot);
    }

    /** For the resync, once the target is durably marked inconsistent: from now on it gets every write. CONNECTED to RESYNCING. */
    public Optional<String> beginResync(int slot) {
        return legs.beginResync(slot);
    }

    /** For the resync, once the target has everything flushed and is marked so: RESYNCING to IN_SYNC. */
    public Optional<String> endResync(int slot) {
        return legs.endResync(slot);
    }

    /** The locks of this mirror, for the resync, which claims each chunk while it copies it. */
    public RangeLocks rangeLocks() {
        return locks;
    }

    /** For the resync: reads from the local disk into the payload, from its start. */
    public void readLocal(DeviceOpOwner owner, long offsetBytes, int lengthBytes, Payload into) {
        into.bytes().clear().limit(lengthBytes);
        localChannel.read(owner, offsetBytes, into.bytes(), into);
    }

    /** For the resync: writes the start of the payload to a target that replicates. */
    public void resyncWrite(int slot, DeviceOpOwner owner, long offsetBytes, int lengthBytes, Payload from) {
        legs.leg(slot).resyncBytes += lengthBytes;
        legs.leg(slot).channel.write(owner, offsetBytes, lengthBytes, 0, from, 0);
    }

    /** For the resync: makes a range of a target that replicates read as zeros. */
    public void resyncZeroes(int slot, DeviceOpOwner owner, long offsetBytes, int lengthBytes) {
        legs.leg(slot).resyncZeroBytes += lengthBytes;
        legs.leg(slot).channel.zero(owner, offsetBytes, lengthBytes, 0);
    }

    /** For the resync: bytes were written to a target and wait for a flush. */
    public void noteResynced(long bytes) {
        writes.add(bytes);
        flushIfWanted();
    }

    /** For the resync: how far it has come, for the listeners. */
    public void reportResync(int slot, long chunksDone, long chunksTotal) {
        listeners.resyncProgress(slot, chunksDone, chunksTotal);
    }

    /** True while application writes are in work; a resync steps aside then. */
    public boolean isBusy() {
        return active.count() > activeReads;
    }

    /** A target does not replicate any more: every request that counted on it hears of it. */
    void onLegStopped(int slot) {
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

    /** What waits for the log to know of the target's absence can never be promised any more. */
    void onStaleFailed(int slot) {
        for (MirrorRequest request = active.first(); request != null; request = request.next) {
            if ((request.staleMask & 1 << slot) != 0) {
                request.fail(BlockError.EIO, failure);
            }
        }
    }

    /** A slot is in use from now on: what is under way misses it. */
    void onLegAdded(int slot) {
        for (MirrorRequest request = active.first(); request != null; request = request.next) {
            if (request.state == MirrorRequest.State.COPYING) {
                request.missedMask |= 1 << slot;
                request.staleMask |= legs.stalePendingMask() & 1 << slot;
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

    // ---- what it looks like

    public MirrorState state() {
        return state;
    }

    /** DISCONNECTED also for a slot without a leg. */
    public LegState legState(int slot) {
        return legs.leg(slot).shownState();
    }

    /** True if the target's device zeroes ranges itself. */
    public boolean legCanZero(int slot) {
        CopyChannel channel = legs.leg(slot).channel;
        return channel != null && !channel.mustWriteZeros();
    }

    public MirrorSnapshot snapshot() {
        List<LegSnapshot> members = new ArrayList<>();
        for (int slot = 0; slot < IntentLog.MAX_SLOTS; slot++) {
            if (legs.leg(slot).config != null) {
                members.add(legs.snapshot(legs.leg(slot)));
            }
        }
        return new MirrorSnapshot(config.tag(), state, failure, geometry.sizeBytes(), log.chunkBytes(), local.name(), bytesRead,
                bytesWritten, flushes, rounds.rounds(), localErrors, lastLocalError, active.count(), queue.size(), List.copyOf(members));
    }

    CopyChannel localChannel() {
        return localChannel;
    }

    EventLoop loop() {
        return loop;
    }
}
