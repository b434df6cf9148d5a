/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.intentlog;

import java.util.ArrayDeque;
import java.util.function.Consumer;
import org.netraid.block.BlockDevice;
import org.netraid.block.BlockError;
import org.netraid.fault.FaultPoints;
import org.netraid.intentlog.format.ActivityBlockCodec;
import org.netraid.time.EventLoop;
import org.roaringbitmap.RoaringBitmap;

/**
 * The intent log on a device of its own.
 *
 * <p>Extents touched by a write are made hot by a group commit ({@link LogCommitter}); from then on writes there cost nothing until the
 * extent is replaced or cools for its age ({@link Cooling}), which needs it to be idle, flushed by all, and its bits on disk. While one
 * commit runs the next gathers. Writes over more than an eighth of the activity log (huge trims) would push everything else out: they
 * set their bits durably instead, one such write at a time, and the bits fall when the write has been flushed everywhere.
 *
 * <p>Any error of the log's device is final: all that wait get EIO, and so does everything that comes later. Unless a
 * {@link LogFailurePolicy} says otherwise: then everything waits until it is recorded elsewhere that every target needs a full
 * resync, and the log goes on in memory, until {@link #reattach} gives it a device again.
 */
public final class DiskIntentLog extends SlotTracking {

    private static final int LAZY_PAGES = 1024;
    /** Failed attempts after which even hot writes queue behind the one that finds no extent. */
    private static final int PATIENCE = 2;

    /** Receives the outcome of {@link #open} or {@link #create}, on the loop. */
    @FunctionalInterface
    public interface Opened {
        /**
         * @param log the log, or null if it cannot be used at all
         * @param error for people, what failed and where; empty on success
         */
        void onOpened(DiskIntentLog log, String error);
    }

    private final EventLoop loop;
    private final IntentLogLayout layout;
    private final ExtentTable table;
    private final LogCommitter committer;
    private final Recovery recovery;
    private final Cooling cooling;
    private final long lazyWriteNs;
    private final int hugeExtents;
    private final boolean clearBitBeforeFlush;
    private final boolean ackBeforeIntent;

    private final ColdWrites cold = new ColdWrites();
    private final HugeWrites huge;
    private int failedAttempts;
    private long coldWrites;

    private SlotChanges gathering = new SlotChanges();
    private SlotChanges committing = new SlotChanges();
    private ArrayDeque<IntentWaiter> nextWaiters = new ArrayDeque<>();
    private ArrayDeque<IntentWaiter> waiters = new ArrayDeque<>();
    private boolean setBitsWanted;
    private final GroupDelay delay = new GroupDelay();
    private boolean holding;
    private boolean pumpScheduled;
    /** Something has changed for those who wait while a commit was running. */
    private boolean pumpAgain;
    private boolean lazyScheduled;
    private String failure;
    private LogFailurePolicy policy;
    private Consumer<String> failureListener = detail -> { };
    /** Why the log goes on in memory alone; empty while it is on its device. */
    private String degraded = "";
    /** The policy's record is on its way; nothing is granted meanwhile. */
    private boolean degrading;
    private IntentWaiter reattaching;
    private boolean closing;
    private boolean closed;
    private IntentWaiter closeWaiter;

    /** Opens the log as it is; a log that cannot be trusted is made anew, with every slot in FULL_RESYNC. */
    public static void open(BlockDevice device, IntentLogConfig config, EventLoop loop, FaultPoints faults, Opened opened) {
        new LogOpener(device, config, loop, faults, opened).open();
    }

    /** Makes a new log, whatever the device holds. */
    public static void create(BlockDevice device, IntentLogConfig config, EventLoop loop, FaultPoints faults, Opened opened) {
        new LogOpener(device, config, loop, faults, opened).create();
    }

    DiskIntentLog(BlockDevice device, EventLoop loop, FaultPoints faults, IntentLogConfig config, OpenedLog found) {
        super(found.slots());
        this.loop = loop;
        lazyWriteNs = config.lazyWriteNs();
        layout = found.layout();
        huge = new HugeWrites(slots);
        table = found.table();
        recovery = found.recovery();
        clearBitBeforeFlush = faults.isArmed("clear-bit-before-flush");
        ackBeforeIntent = faults.isArmed("ack-before-intent");
        hugeExtents = Math.max(1, Math.min(layout.alSlots(), IntentLogLayout.DEFAULT_AL_SLOTS) / 8);
        committer = new LogCommitter(new LogIo(device, this::fail), layout, table, slots.all, found.superblock(), found.ringSequence(),
                found.pageSequence());
        cooling = new Cooling(config.coolAfterNs(), loop, table, slots, committer::isRecorded, this::schedulePump);
        slots.recompute();
        table.openEpoch(slots.openEpoch(), slots.flushedByAll());
        armLazyWrite();
        cooling.arm();
    }

    public IntentLogLayout layout() {
        return layout;
    }

    /** Writes since the log was opened that had to wait for it. For figures. */
    public long coldWrites() {
        return coldWrites;
    }

    /** Extents that count as dirty should the node die now. */
    public int hotExtents() {
        return table.hotExtents();
    }

    /** Why the log takes nothing any more, for people; empty while it works. */
    public String failure() {
        return failure == null ? "" : failure;
    }

    /** What to do instead of refusing everything when the device fails; without it, or when it fails too, that is final. */
    public void onDeviceFailure(LogFailurePolicy instead) {
        policy = instead;
    }

    @Override
    public void onFailedForGood(Consumer<String> told) {
        failureListener = told;
    }

    /** Why the log is kept in memory alone, for people; empty while every promise is on its device. */
    public String degraded() {
        return degraded;
    }

    @Override
    public Recovery recovery() {
        return recovery;
    }

    // ---- the data path

    @Override
    public boolean beginWrite(long offsetBytes, long lengthBytes, IntentWaiter waiter) {
        slots.checkRange(offsetBytes, lengthBytes);
        if (failure != null || closing) {
            refuse(waiter);
            return false;
        }
        if (lengthBytes == 0) {
            return true;
        }
        int first = ExtentRange.first(offsetBytes);
        int last = ExtentRange.last(offsetBytes, lengthBytes);
        boolean isHuge = last - first >= hugeExtents;
        if (!isHuge && failedAttempts < PATIENCE && !degrading && table.holdIfHot(first, last)) {
            return true;
        }
        if (ackBeforeIntent && !isHuge && table.acquire(first, last, slots.flushedByAll(), gathering)) {
            schedulePump();
            return true;
        }
        coldWrites++;
        cold.add(new ColdWrites.Write(offsetBytes, lengthBytes, waiter), isHuge);
        schedulePump();
        return false;
    }

    private void refuse(IntentWaiter waiter) {
        BlockError error = failure != null ? BlockError.EIO : BlockError.ESHUTDOWN;
        loop.execute(() -> waiter.onIntent(error));
    }

    @Override
    public void endWrite(long offsetBytes, long lengthBytes, int missedMask) {
        slots.checkRange(offsetBytes, lengthBytes);
        if (lengthBytes == 0) {
            return;
        }
        int missed = slots.missed(missedMask);
        slots.noteWrite();
        int first = ExtentRange.first(offsetBytes);
        int last = ExtentRange.last(offsetBytes, lengthBytes);
        if (last - first >= hugeExtents) {
            huge.end(offsetBytes, lengthBytes, missed);
            schedulePump();
            return;
        }
        if (missed != 0) {
            slots.markRange(missed, offsetBytes, lengthBytes);
            armLazyWrite();
        }
        long end = offsetBytes + lengthBytes;
        for (int e = first; e <= last; e++) {
            table.release(e, ExtentRange.partsOf(e, offsetBytes, end), slots.openEpoch());
        }
    }

    // ---- epochs

    @Override
    public long closeEpoch() {
        long closedEpoch = slots.closeEpoch();
        table.openEpoch(slots.openEpoch(), slots.flushedByAll());
        return closedEpoch;
    }

    @Override
    public void epochFlushed(int slot, long epoch) {
        slots.flushed(slot, epoch);
        if (slot == LOCAL) {
            huge.localFlushed(epoch);
        }
        armLazyWrite();
        retryCold();
    }

    private void retryCold() {
        if (!cold.isEmpty()) {
            schedulePump();
        }
    }

    @Override
    public boolean flushUrgent() {
        return failedAttempts > 0 && slots.hasUnflushedWrites();
    }

    // ---- targets

    @Override
    public void setSlot(int slot, String name, SlotState state, IntentWaiter durable) {
        boolean wasUsed = slots.at(slot).isUsed();
        slots.setState(slot, name, state);
        if (!wasUsed && slots.at(slot).isUsed()) {
            huge.markFor(slot);
            setBitsWanted = true;
        }
        committer.superblockChanged();
        whenDurable(durable);
    }

    /** Gives a free slot to a target of which another log knows the dirty chunks. */
    void adoptSlot(int slot, String name, SlotState state, RoaringBitmap dirty, IntentWaiter durable) {
        slots.setState(slot, name, state);
        slots.at(slot).bitmap.become(dirty, slots.chunkCount);
        setBitsWanted = true;
        committer.superblockChanged();
        whenDurable(durable);
    }

    @Override
    public void targetLost(int slot, IntentWaiter durable) {
        TargetSlot target = slots.at(slot);
        if (target.connected) {
            markUnflushed(target);
        }
        slots.disconnect(target);
        if (target.state == SlotState.TRACKING) {
            target.state = SlotState.STALE;
            committer.superblockChanged();
        }
        armLazyWrite();
        whenDurable(durable);
    }

    /** What the target may lose with its cache is dirty. The extents are hot, so the bits need not be on disk yet. */
    private void markUnflushed(TargetSlot target) {
        for (int s = 0; s < table.slots(); s++) {
            ExtentRange.forEachRun(table.extentAt[s], table.writtenAfter(s, target.flushedEpoch), layout.deviceSizeBytes(),
                    (offset, length) -> slots.markRange(1 << target.index, offset, length));
        }
    }

    // ---- resync

    @Override
    public boolean isHot(long offsetBytes) {
        return !degraded.isEmpty() || table.find(ExtentRange.first(offsetBytes)) >= 0;
    }

    @Override
    public void chunksWritten(int slot, long firstChunk, long count) {
        if (huge.covers(firstChunk, count)) {
            return; // the bits are all that covers the huge write: they stay until it has ended, and the resync comes again
        }
        slots.chunksWritten(slot, firstChunk, count, clearBitBeforeFlush);
        armLazyWrite();
    }

    @Override
    public void markDirty(int slotMask, long firstChunk, long count, IntentWaiter durable) {
        markInMemory(slotMask, firstChunk, count);
        setBitsWanted = true;
        whenDurable(durable);
    }

    @Override
    public BlockError mergeDirty(int slotMask, byte[] exported, IntentWaiter durable) {
        BlockError error = slots.merge(slotMask, exported);
        if (!error.isError()) {
            setBitsWanted = true;
            whenDurable(durable);
        }
        return error;
    }

    private void whenDurable(IntentWaiter waiter) {
        if (failure != null || closed) {
            refuse(waiter);
            return;
        }
        nextWaiters.add(waiter);
        schedulePump();
    }

    // ---- commits

    private void schedulePump() {
        if (!pumpScheduled && failure == null) {
            pumpScheduled = true;
            loop.execute(() -> {
                pumpScheduled = false;
                pump();
            });
        }
    }

    /** True while nobody but cold writes waits, and more of them are about to come. */
    private boolean isHeldBack() {
        if (!nextWaiters.isEmpty() || gathering.count() > 0 || !cold.huge().isEmpty() || closing || setBitsWanted) {
            return false;
        }
        long holdNs = delay.holdNs(loop.nanoTime(), cold.ordinary().size());
        if (holdNs > 0 && !holding) {
            holding = true;
            loop.schedule(holdNs, () -> {
                holding = false;
                schedulePump();
            });
        }
        return holdNs > 0;
    }

    /** Starts the next commit if none is running; without anything to write its waiters are served at once. */
    private void pump() {
        if (committer.isRunning()) {
            pumpAgain = true;
            return;
        }
        if (failure != null || closed || isHeldBack()) {
            return;
        }
        pumpAgain = false;
        ArrayDeque<IntentWaiter> gathered = nextWaiters;
        nextWaiters = waiters;
        waiters = gathered;
        admitHuge();
        admitOrdinary();
        cooling.gather(gathering);
        SlotChanges changes = gathering;
        gathering = committing;
        committing = changes;
        gatherPages();
        if (committer.hasWork(committing)) {
            delay.commitStarted(loop.nanoTime());
            committer.start(committing, this::committed);
        } else {
            committed();
        }
    }

    private void admitHuge() {
        if (huge.isActive() || cold.huge().isEmpty()) {
            return;
        }
        ColdWrites.Write write = cold.huge().poll();
        huge.begin(write);
        setBitsWanted = true;
        waiters.add(write.waiter());
    }

    private void admitOrdinary() {
        while (!cold.ordinary().isEmpty() && gathering.count() < 64) {
            ColdWrites.Write write = cold.ordinary().peek();
            if (!table.acquire(write.firstExtent(), write.lastExtent(), slots.flushedByAll(), gathering)) {
                failedAttempts++;
                return;
            }
            failedAttempts = 0;
            waiters.add(cold.ordinary().poll().waiter());
        }
    }

    private void gatherPages() {
        for (int i = 0; i < committing.count(); i++) {
            if (committing.evicted(i) >= 0) {
                committer.addPagesOf(committing.evicted(i));
            }
        }
        for (TargetSlot target : slots.all) {
            if (setBitsWanted || closing) {
                committer.addPages(target.index, target.bitmap.setStale);
            }
            if (closing) {
                committer.addPages(target.index, target.bitmap.clearStale);
            }
        }
        setBitsWanted = false;
    }

    private void committed() {
        for (int i = 0; i < committing.count(); i++) {
            table.markDurable(committing.slot(i), committing.extent(i));
        }
        if (committing.count() > 0) {
            cooling.arm();
            delay.commitEnded(loop.nanoTime(), waiters.size(), cold.ordinary().size());
        }
        committing.clear();
        for (IntentWaiter waiter = waiters.poll(); waiter != null; waiter = waiters.poll()) {
            waiter.onIntent(failure == null ? BlockError.NONE : BlockError.EIO);
        }
        boolean admissible = !cold.ordinary().isEmpty() && failedAttempts == 0 || !cold.huge().isEmpty() && !huge.isActive();
        if (admissible || pumpAgain && !cold.isEmpty() || !nextWaiters.isEmpty() || gathering.count() > 0) {
            schedulePump();
        } else if (closing) {
            finishClose();
        }
    }

    /** A write or flush of the log's device has failed; the commit it was part of is still running. */
    private void fail(String detail) {
        if (policy == null || closed) {
            failForGood(detail);
        } else if (!degraded.isEmpty()) {
            // the record that every target needs a full resync is still in force
            goOnInMemory(detail);
        } else {
            degrading = true;
            policy.recordFullResync(detail, error -> {
                degrading = false;
                if (error.isError()) {
                    failForGood(detail + "; nor could it be recorded that every target needs a full resync");
                } else {
                    goOnInMemory(detail);
                }
            });
        }
    }

    private void goOnInMemory(String detail) {
        degraded = detail;
        cooling.stop();
        IntentWaiter waiter = reattaching;
        reattaching = null;
        if (waiter != null) {
            loop.execute(() -> waiter.onIntent(BlockError.EIO));
        }
        committer.goOnInMemory();
    }

    /**
     * Writes all that a degraded log knows to a device, as a new log, and goes on there.
     *
     * @param done NONE when it is durable there: from now on the record of {@link LogFailurePolicy} may be withdrawn; else the log stays
     *     as it is, in memory
     */
    public void reattach(BlockDevice device, IntentWaiter done) {
        boolean fits = device.geometry().sizeBytes() >= layout.sizeBytes()
                && device.geometry().minBlockBytes() <= IntentLogLayout.BLOCK_BYTES;
        if (degraded.isEmpty() || failure != null || closing || reattaching != null || !fits) {
            loop.execute(() -> done.onIntent(fits ? BlockError.EINVAL : BlockError.ENOSPC));
            return;
        }
        reattaching = done;
        committer.attach(new LogIo(device, this::fail), loop.nanoTime());
        for (int s = 0; s < table.slots(); s++) {
            if (table.extentAt[s] != ActivityBlockCodec.FREE) {
                gathering.add(s, ActivityBlockCodec.FREE, table.extentAt[s]);
            }
        }
        for (TargetSlot target : slots.all) {
            target.bitmap.nothingWritten(target.fillOnes, slots.chunkCount);
        }
        setBitsWanted = true;
        nextWaiters.add(error -> reattached());
        schedulePump();
    }

    private void reattached() {
        IntentWaiter waiter = reattaching;
        reattaching = null;
        if (waiter != null) {
            degraded = "";
            cooling.restart();
            waiter.onIntent(BlockError.NONE);
            armLazyWrite();
        }
    }

    private void failForGood(String detail) {
        failure = "intent log failed, no further write is accepted: " + detail;
        loop.execute(() -> failureListener.accept(detail)); // before those who waited hear of it: they know no detail
        refuseAll(waiters);
        refuseAll(nextWaiters);
        for (ColdWrites.Write write = cold.poll(); write != null; write = cold.poll()) {
            refuse(write.waiter());
        }
        if (closeWaiter != null) {
            refuse(closeWaiter);
            closeWaiter = null;
        }
    }

    private void refuseAll(ArrayDeque<IntentWaiter> all) {
        for (IntentWaiter waiter = all.poll(); waiter != null; waiter = all.poll()) {
            refuse(waiter);
        }
    }

    // ---- writing bits that nobody waits for

    private void armLazyWrite() {
        if (!lazyScheduled && failure == null && degraded.isEmpty() && !closing && slots.hasStalePages()) {
            lazyScheduled = true;
            loop.schedule(lazyWriteNs, this::writeLazily);
        }
    }

    private void writeLazily() {
        lazyScheduled = false;
        if (failure != null || !degraded.isEmpty() || closing) {
            return;
        }
        int room = LAZY_PAGES;
        for (TargetSlot target : slots.all) {
            RoaringBitmap stale = RoaringBitmap.or(target.bitmap.setStale, target.bitmap.clearStale);
            RoaringBitmap some = stale.limit(room);
            room -= some.getCardinality();
            committer.addPages(target.index, some);
        }
        armLazyWrite();
        schedulePump();
    }

    // ---- close

    @Override
    public void close(IntentWaiter whenClosed) {
        if (failure != null || closing) {
            refuse(whenClosed);
            return;
        }
        closing = true;
        cooling.stop();
        closeWaiter = whenClosed;
        for (ColdWrites.Write write = cold.poll(); write != null; write = cold.poll()) {
            refuse(write.waiter());
        }
        failedAttempts = 0;
        schedulePump();
    }

    private void finishClose() {
        if (!degraded.isEmpty()) {
            endClose();
            return;
        }
        boolean quiet = table.activeWrites() == 0 && !huge.isActive() && !slots.hasUnflushedWrites();
        if (!slots.hasStalePages() && quiet && !committer.isMarkedClean()) {
            committer.markClean();
            schedulePump();
        } else if (slots.hasStalePages()) {
            schedulePump();
        } else {
            endClose();
        }
    }

    private void endClose() {
        closed = true;
        IntentWaiter waiter = closeWaiter;
        closeWaiter = null;
        waiter.onIntent(BlockError.NONE);
    }
}
