/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.intentlog;

import java.util.ArrayDeque;
import org.netraid.block.BlockDevice;
import org.netraid.block.BlockError;
import org.netraid.fault.FaultPoints;
import org.netraid.time.EventLoop;
import org.roaringbitmap.RoaringBitmap;

/**
 * The intent log on a device of its own.
 *
 * <p>Extents touched by a write are made hot by a group commit ({@link LogCommitter}); from then on writes there cost nothing until the
 * extent is replaced, which needs it to be idle, flushed by all, and its bits on disk. While one commit runs the next gathers. Writes over
 * more than an eighth of the activity log (huge trims) would push everything else out: they set their bits durably instead, one such write
 * at a time, and the bits fall when the write has been flushed everywhere.
 *
 * <p>Any error of the log's device is final: all that wait get EIO, and so does everything that comes later.
 */
public final class DiskIntentLog implements IntentLog {

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
    private final TargetSlots slots;
    private final ExtentTable table;
    private final LogCommitter committer;
    private final Recovery recovery;
    private final long lazyWriteNs;
    private final int hugeExtents;
    private final boolean clearBitBeforeFlush;
    private final boolean ackBeforeIntent;

    private final ColdWrites cold = new ColdWrites();
    private ColdWrites.Write activeHuge;
    /** Chunks of huge writes the local disk may still lose, and the epoch to flush: dirty also for a target that gets a slot now. */
    private final RoaringBitmap hugeUnflushed = new RoaringBitmap();
    private long hugeEpoch;
    private int failedAttempts;

    private SlotChanges gathering = new SlotChanges();
    private SlotChanges committing = new SlotChanges();
    private ArrayDeque<IntentWaiter> nextWaiters = new ArrayDeque<>();
    private ArrayDeque<IntentWaiter> waiters = new ArrayDeque<>();
    private boolean setBitsWanted;
    private boolean pumpScheduled;
    private boolean lazyScheduled;
    private String failure;
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

    DiskIntentLog(BlockDevice device, EventLoop loop, FaultPoints faults, long lazyWriteNs, OpenedLog found) {
        this.loop = loop;
        this.lazyWriteNs = lazyWriteNs;
        layout = found.layout();
        slots = found.slots();
        table = found.table();
        recovery = found.recovery();
        clearBitBeforeFlush = faults.isArmed("clear-bit-before-flush");
        ackBeforeIntent = faults.isArmed("ack-before-intent");
        hugeExtents = Math.max(1, layout.alSlots() / 8);
        committer = new LogCommitter(new LogIo(device, this::fail), layout, table, slots.all, found.superblock(), found.ringSequence(),
                found.pageSequence());
        slots.recompute();
        table.openEpoch(slots.openEpoch(), slots.flushedByAll());
        armLazyWrite();
    }

    public IntentLogLayout layout() {
        return layout;
    }

    /** Why the log takes nothing any more, for people; empty while it works. */
    public String failure() {
        return failure == null ? "" : failure;
    }

    @Override
    public int chunkBytes() {
        return slots.chunkBytes;
    }

    @Override
    public long chunkCount() {
        return slots.chunkCount;
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
        int first = firstExtent(offsetBytes);
        int last = lastExtent(offsetBytes, lengthBytes);
        boolean huge = last - first >= hugeExtents;
        if (!huge && failedAttempts < PATIENCE && table.holdIfHot(first, last)) {
            return true;
        }
        if (ackBeforeIntent && !huge && table.acquire(first, last, slots.flushedByAll(), gathering)) {
            schedulePump();
            return true;
        }
        cold.add(new ColdWrites.Write(offsetBytes, lengthBytes, waiter), huge);
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
        int first = firstExtent(offsetBytes);
        int last = lastExtent(offsetBytes, lengthBytes);
        if (last - first >= hugeExtents) {
            endHuge(offsetBytes, lengthBytes, missed);
            return;
        }
        if (missed != 0) {
            slots.markRange(missed, offsetBytes, lengthBytes);
            armLazyWrite();
        }
        long end = offsetBytes + lengthBytes;
        for (int e = first; e <= last; e++) {
            table.release(e, partsOf(e, offsetBytes, end), slots.openEpoch());
        }
    }

    private static int firstExtent(long offsetBytes) {
        return (int) (offsetBytes / IntentLogLayout.EXTENT_BYTES);
    }

    private static int lastExtent(long offsetBytes, long lengthBytes) {
        return (int) ((offsetBytes + lengthBytes - 1) / IntentLogLayout.EXTENT_BYTES);
    }

    /** Mask of the 64ths of the extent that the range touches. */
    private static long partsOf(int extent, long offsetBytes, long endBytes) {
        long start = (long) extent * IntentLogLayout.EXTENT_BYTES;
        int from = (int) (Math.max(offsetBytes - start, 0) / PART_BYTES);
        int to = (int) ((Math.min(endBytes - start, IntentLogLayout.EXTENT_BYTES) - 1) / PART_BYTES);
        return -1L >>> 63 - (to - from) << from;
    }

    private static final int PART_BYTES = IntentLogLayout.EXTENT_BYTES / 64;

    private void endHuge(long offsetBytes, long lengthBytes, int missed) {
        if (activeHuge == null || activeHuge.offsetBytes() != offsetBytes || activeHuge.lengthBytes() != lengthBytes) {
            throw new IllegalStateException("end of a write at " + offsetBytes + "+" + lengthBytes + " that has not begun");
        }
        activeHuge = null;
        hugeUnflushed.add(slots.firstChunk(offsetBytes), slots.firstChunk(offsetBytes + lengthBytes - 1) + 1);
        hugeEpoch = slots.openEpoch();
        for (TargetSlot target : slots.all) {
            if ((missed & 1 << target.index) != 0) {
                target.bitmap.keepLoan();
                slots.markRange(1 << target.index, offsetBytes, lengthBytes);
            } else {
                target.bitmap.giveBack(slots.openEpoch());
            }
        }
        schedulePump();
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
        if (slot == LOCAL && epoch >= hugeEpoch && !hugeUnflushed.isEmpty()) {
            hugeUnflushed.clear();
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
    public boolean wantsFlush() {
        return slots.wantsFlush();
    }

    @Override
    public boolean flushUrgent() {
        return failedAttempts > 0 && slots.hasUnflushedWrites();
    }

    // ---- targets

    @Override
    public SlotState slotState(int slot) {
        return slots.at(slot).state;
    }

    @Override
    public String slotName(int slot) {
        return slots.at(slot).name;
    }

    @Override
    public void setSlot(int slot, String name, SlotState state, IntentWaiter durable) {
        boolean wasUsed = slots.at(slot).isUsed();
        slots.setState(slot, name, state);
        if (!wasUsed && slots.at(slot).isUsed()) {
            markHugeWrites(slot);
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

    /** No hot extent covers them, so a target that is equal now needs their bits in case that a write or its flush never ends. */
    private void markHugeWrites(int slot) {
        slots.at(slot).bitmap.setAll(hugeUnflushed);
        if (activeHuge != null) {
            slots.markRange(1 << slot, activeHuge.offsetBytes(), activeHuge.lengthBytes());
        }
        setBitsWanted = true;
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
            long parts = table.writtenAfter(s, target.flushedEpoch);
            while (parts != 0) {
                int from = Long.numberOfTrailingZeros(parts);
                int length = Long.numberOfTrailingZeros(~(parts >>> from));
                markParts(target, table.extentAt[s], from, length);
                parts &= from + length == 64 ? 0 : -1L << from + length;
            }
        }
    }

    private void markParts(TargetSlot target, int extent, int from, int length) {
        long offset = (long) extent * IntentLogLayout.EXTENT_BYTES + (long) from * PART_BYTES;
        long end = Math.min(offset + (long) length * PART_BYTES, layout.deviceSizeBytes());
        slots.markRange(1 << target.index, offset, end - offset);
    }

    @Override
    public void targetConnected(int slot) {
        slots.connect(slot);
    }

    @Override
    public boolean isConnected(int slot) {
        return slots.at(slot).connected;
    }

    // ---- resync

    @Override
    public long dirtyChunks(int slot) {
        return slots.at(slot).bitmap.dirty.getLongCardinality();
    }

    @Override
    public long nextDirtyChunk(int slot, long fromChunk) {
        return slots.nextDirty(slot, fromChunk);
    }

    @Override
    public long nextCleanChunk(int slot, long fromChunk) {
        return slots.nextClean(slot, fromChunk);
    }

    @Override
    public boolean isDirty(int slot, long chunk) {
        return slots.isDirty(slot, chunk);
    }

    /** All dirty chunks of the slot; not to be changed. */
    RoaringBitmap dirty(int slot) {
        return slots.at(slot).bitmap.dirty;
    }

    @Override
    public void chunksWritten(int slot, long firstChunk, long count) {
        if (overlapsHuge(firstChunk, count)) {
            return; // the bits are all that covers the huge write: they stay until it has ended, and the resync comes again
        }
        slots.chunksWritten(slot, firstChunk, count, clearBitBeforeFlush);
        armLazyWrite();
    }

    private boolean overlapsHuge(long firstChunk, long count) {
        return activeHuge != null && firstChunk + count > slots.firstChunk(activeHuge.offsetBytes())
                && firstChunk <= slots.firstChunk(activeHuge.offsetBytes() + activeHuge.lengthBytes() - 1);
    }

    @Override
    public void markDirty(int slotMask, long firstChunk, long count, IntentWaiter durable) {
        slots.checkChunks(firstChunk, count);
        if (count > 0) {
            slots.markChunks(slotMask & slots.usedMask(), firstChunk, firstChunk + count - 1);
        }
        setBitsWanted = true;
        whenDurable(durable);
    }

    @Override
    public byte[] exportDirty(int slotMask) {
        return slots.export(slotMask);
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

    /** Starts the next commit if none is running; without anything to write its waiters are served at once. */
    private void pump() {
        if (committer.isRunning() || failure != null || closed) {
            return;
        }
        ArrayDeque<IntentWaiter> gathered = nextWaiters;
        nextWaiters = waiters;
        waiters = gathered;
        admitHuge();
        admitOrdinary();
        SlotChanges changes = gathering;
        gathering = committing;
        committing = changes;
        gatherPages();
        if (committer.hasWork(committing)) {
            committer.start(committing, this::committed);
        } else {
            committed();
        }
    }

    /** The whole range becomes dirty for every target; the write may start when the bits are on disk. */
    private void admitHuge() {
        if (activeHuge != null || cold.huge().isEmpty()) {
            return;
        }
        activeHuge = cold.huge().poll();
        long firstChunk = slots.firstChunk(activeHuge.offsetBytes());
        long lastChunk = slots.firstChunk(activeHuge.offsetBytes() + activeHuge.lengthBytes() - 1);
        for (TargetSlot target : slots.all) {
            if (target.isUsed()) {
                target.bitmap.lend(firstChunk, lastChunk);
            }
        }
        setBitsWanted = true;
        waiters.add(activeHuge.waiter());
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
                gatherPagesOf(committing.evicted(i));
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

    private void gatherPagesOf(int extent) {
        long offset = (long) extent * IntentLogLayout.EXTENT_BYTES;
        long end = Math.min(offset + IntentLogLayout.EXTENT_BYTES, layout.deviceSizeBytes());
        int firstPage = SlotBitmap.pageOf(slots.firstChunk(offset));
        int lastPage = SlotBitmap.pageOf(slots.firstChunk(end - 1));
        for (TargetSlot target : slots.all) {
            for (int page = firstPage; page <= lastPage; page++) {
                if (target.bitmap.setStale.contains(page)) {
                    committer.addPage(target.index, page);
                }
            }
        }
    }

    private void committed() {
        for (int i = 0; i < committing.count(); i++) {
            table.markDurable(committing.slot(i));
        }
        committing.clear();
        for (IntentWaiter waiter = waiters.poll(); waiter != null; waiter = waiters.poll()) {
            waiter.onIntent(failure == null ? BlockError.NONE : BlockError.EIO);
        }
        boolean admissible = !cold.ordinary().isEmpty() && failedAttempts == 0 || !cold.huge().isEmpty() && activeHuge == null;
        if (admissible || !nextWaiters.isEmpty() || gathering.count() > 0) {
            schedulePump();
        } else if (closing) {
            finishClose();
        }
    }

    private void fail(String detail) {
        failure = "intent log failed, no further write is accepted: " + detail;
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
        if (!lazyScheduled && failure == null && !closing && slots.hasStalePages()) {
            lazyScheduled = true;
            loop.schedule(lazyWriteNs, this::writeLazily);
        }
    }

    private void writeLazily() {
        lazyScheduled = false;
        if (failure != null || closing) {
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
        closeWaiter = whenClosed;
        for (ColdWrites.Write write = cold.poll(); write != null; write = cold.poll()) {
            refuse(write.waiter());
        }
        failedAttempts = 0;
        schedulePump();
    }

    private void finishClose() {
        boolean quiet = table.activeWrites() == 0 && activeHuge == null && !slots.hasUnflushedWrites();
        if (!slots.hasStalePages() && quiet && !committer.isMarkedClean()) {
            committer.markClean();
            schedulePump();
        } else if (slots.hasStalePages()) {
            schedulePump();
        } else {
            closed = true;
            IntentWaiter waiter = closeWaiter;
            closeWaiter = null;
            waiter.onIntent(BlockError.NONE);
        }
    }
}
