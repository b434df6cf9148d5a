/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.intentlog;

import java.util.function.Consumer;
import org.netraid.block.BlockDevice;
import org.netraid.block.BlockError;
import org.netraid.fault.FaultPoints;
import org.netraid.time.EventLoop;
import org.roaringbitmap.RoaringBitmap;

/**
 * The intent log on a device of its own.
 *
 * <p>Extents touched by a write are made hot by a group commit ({@link GroupCommits}); from then on writes there cost nothing until the
 * extent is replaced or cools for its age ({@link Cooling}), which needs it to be idle, flushed by all, and its bits on disk. Writes over
 * more than an eighth of the activity log (huge trims) would push everything else out: they set their bits durably instead
 * ({@link HugeWrites}).
 *
 * <p>Any error of the log's device is final: all that wait get EIO, and so does everything that comes later. Unless a
 * {@link LogFailurePolicy} says otherwise: then everything waits until it is recorded elsewhere that every target needs a full
 * resync, and the log goes on in memory, until {@link #reattach} gives it a device again ({@link LogHealth}).
 */
public final class DiskIntentLog extends SlotTracking {

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
    private final Recovery recovery;
    private final int hugeExtents;
    private final boolean clearBitBeforeFlush;
    private final boolean ackBeforeIntent;
    final ExtentTable table;
    final LogCommitter committer;
    final Cooling cooling;
    final ColdWrites cold;
    final HugeWrites huge;
    final GroupCommits commits;
    final LogHealth health;
    final LogClosing closing;
    final LazyBits lazy;

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
        layout = found.layout();
        huge = new HugeWrites(slots);
        table = found.table();
        recovery = found.recovery();
        clearBitBeforeFlush = faults.isArmed("clear-bit-before-flush");
        ackBeforeIntent = faults.isArmed("ack-before-intent");
        hugeExtents = Math.max(1, Math.min(layout.alSlots(), IntentLogLayout.DEFAULT_AL_SLOTS) / 8);
        cold = new ColdWrites(table, slots, huge);
        health = new LogHealth(this, loop);
        closing = new LogClosing(this);
        commits = new GroupCommits(this, loop, cold);
        lazy = new LazyBits(this, loop, config.lazyWriteNs());
        committer = new LogCommitter(new LogIo(device, health::fail), layout, table, slots.all, found.superblock(), found.ringSequence(),
                found.pageSequence());
        cooling = new Cooling(config.coolAfterNs(), loop, table, slots, committer::isRecorded, commits::schedule);
        slots.recompute();
        table.openEpoch(slots.openEpoch(), slots.flushedByAll());
        lazy.arm();
        cooling.arm();
    }

    public IntentLogLayout layout() {
        return layout;
    }

    /** Writes since the log was opened that had to wait for it. For figures. */
    public long coldWrites() {
        return cold.total();
    }

    /** Extents that count as dirty should the node die now. */
    public int hotExtents() {
        return table.hotExtents();
    }

    /** Why the log takes nothing any more, for people; empty while it works. */
    public String failure() {
        return health.failure();
    }

    /** What to do instead of refusing everything when the device fails; without it, or when it fails too, that is final. */
    public void onDeviceFailure(LogFailurePolicy instead) {
        health.onDeviceFailure(instead);
    }

    @Override
    public void onFailedForGood(Consumer<String> told) {
        health.onFailedForGood(told);
    }

    /** Why the log is kept in memory alone, for people; empty while every promise is on its device. */
    public String degraded() {
        return health.degraded();
    }

    /**
     * Writes all that a degraded log knows to a device, as a new log, and goes on there.
     *
     * @param done NONE when it is durable there: from now on the record of {@link LogFailurePolicy} may be withdrawn; else the log stays
     *     as it is, in memory
     */
    public void reattach(BlockDevice device, IntentWaiter done) {
        health.reattach(device, done);
    }

    @Override
    public Recovery recovery() {
        return recovery;
    }

    // ---- the data path

    @Override
    public boolean beginWrite(long offsetBytes, long lengthBytes, IntentWaiter waiter) {
        slots.checkRange(offsetBytes, lengthBytes);
        if (!takesRequests()) {
            refuse(waiter);
            return false;
        }
        if (lengthBytes == 0) {
            return true;
        }
        int first = ExtentRange.first(offsetBytes);
        int last = ExtentRange.last(offsetBytes, lengthBytes);
        boolean isHuge = last - first >= hugeExtents;
        if (!isHuge && cold.letsHotPass() && !health.isDegrading() && table.holdIfHot(first, last)) {
            return true;
        }
        if (ackBeforeIntent && !isHuge && table.acquire(first, last, slots.flushedByAll(), commits.gathering())) {
            commits.schedule();
            return true;
        }
        cold.add(new ColdWrites.Write(offsetBytes, lengthBytes, waiter), isHuge);
        commits.schedule();
        return false;
    }

    /** Answers in a turn of its own. */
    void refuse(IntentWaiter waiter) {
        BlockError error = health.isFailed() ? BlockError.EIO : BlockError.ESHUTDOWN;
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
            commits.schedule();
            return;
        }
        if (missed != 0) {
            slots.markRange(missed, offsetBytes, lengthBytes);
            lazy.arm();
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
        lazy.arm();
        retryCold();
    }

    private void retryCold() {
        if (!cold.isEmpty()) {
            commits.schedule();
        }
    }

    @Override
    public boolean flushUrgent() {
        return cold.isStuck() && slots.hasUnflushedWrites();
    }

    // ---- targets

    @Override
    public void setSlot(int slot, String name, SlotState state, IntentWaiter durable) {
        boolean wasUsed = slots.at(slot).isUsed();
        slots.setState(slot, name, state);
        if (!wasUsed && slots.at(slot).isUsed()) {
            huge.markFor(slot);
            commits.wantBits();
        }
        committer.superblockChanged();
        whenDurable(durable);
    }

    /** Gives a free slot to a target of which another log knows the dirty chunks. */
    void adoptSlot(int slot, String name, SlotState state, RoaringBitmap dirty, IntentWaiter durable) {
        slots.setState(slot, name, state);
        slots.at(slot).bitmap.become(dirty, slots.chunkCount);
        commits.wantBits();
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
        lazy.arm();
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
        return health.isDegraded() || table.find(ExtentRange.first(offsetBytes)) >= 0;
    }

    @Override
    public void chunksWritten(int slot, long firstChunk, long count) {
        if (huge.covers(firstChunk, count)) {
            return; // the bits are all that covers the huge write: they stay until it has ended, and the resync comes again
        }
        slots.chunksWritten(slot, firstChunk, count, clearBitBeforeFlush);
        lazy.arm();
    }

    @Override
    public void markDirty(int slotMask, long firstChunk, long count, IntentWaiter durable) {
        markInMemory(slotMask, firstChunk, count);
        commits.wantBits();
        whenDurable(durable);
    }

    @Override
    public BlockError mergeDirty(int slotMask, byte[] exported, IntentWaiter durable) {
        BlockError error = slots.merge(slotMask, exported);
        if (!error.isError()) {
            commits.wantBits();
            whenDurable(durable);
        }
        return error;
    }

    private void whenDurable(IntentWaiter waiter) {
        if (health.isFailed() || closing.isClosed()) {
            refuse(waiter);
            return;
        }
        commits.add(waiter);
        commits.schedule();
    }

    @Override
    public void close(IntentWaiter whenClosed) {
        if (!takesRequests()) {
            refuse(whenClosed);
            return;
        }
        closing.begin(whenClosed);
    }

    private boolean takesRequests() {
        return !health.isFailed() && !closing.hasBegun();
    }
}
