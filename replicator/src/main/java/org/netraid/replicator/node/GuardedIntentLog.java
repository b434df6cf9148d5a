/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.node;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.netraid.block.BlockError;
import org.netraid.fault.FaultPoints;
import org.netraid.intentlog.IntentLog;
import org.netraid.intentlog.IntentWaiter;
import org.netraid.intentlog.SlotState;
import org.netraid.time.EventLoop;

/**
 * An intent log that makes the generation change before the first write that a target misses is acknowledged.
 *
 * <p>When a target that was in sync is lost, it does not know that it will lack writes, and might take over. Its last defence is that the
 * source's generation is no longer its own. Changing the generation at once would turn every idle network cut into a split
 * brain; so the change waits for a write: one under way when the target is lost, or the first one that begins afterwards.
 */
final class GuardedIntentLog implements IntentLog {

    /** Changes the generation. */
    interface Guard {
        /** True if some target believes to be in sync and is not. */
        boolean isNeeded();

        /**
         * True if a write has no answer yet, though it may have ended at every copy: a target that is lost now need not have kept what it
         * had not flushed, and the application will be told that the write is done.
         */
        boolean isAnswerDue();

        /**
         * Makes the change durable, here and on the targets that are in sync.
         *
         * @param done told once; an error means that it cannot be made, and never will be
         */
        void change(IntentWaiter done);
    }

    private record Held(long offsetBytes, long lengthBytes, IntentWaiter waiter) {
    }

    private final IntentLog log;
    private final EventLoop loop;
    private final Guard guard;
    private final ArrayDeque<Held> held = new ArrayDeque<>();
    private final List<IntentWaiter> waiting = new ArrayList<>();
    /** A planted defect: a write counts as under way only from its intent being durable to its end at every copy. */
    private final boolean forgetWaiting;
    private long active;
    /**
     * The next write asks the guard. So does the first one of each life: the life before may have had the log note that a target is stale,
     * which is not noted again, and have left the change to the write that never came.
     */
    private boolean armed = true;
    private boolean changing;
    /** The change could not be made: nothing that it stands before may be acknowledged any more. */
    private boolean failed;

    /** @param faults planted defects, for tests */
    GuardedIntentLog(IntentLog log, EventLoop loop, Guard guard, FaultPoints faults) {
        this.log = log;
        this.loop = loop;
        this.guard = guard;
        this.forgetWaiting = faults.isArmed("forget-waiting-write");
    }

    @Override
    public boolean beginWrite(long offsetBytes, long lengthBytes, IntentWaiter waiter) {
        if (failed) {
            loop.execute(() -> waiter.onIntent(BlockError.EIO));
            return false;
        }
        if (armed || changing) {
            held.add(new Held(offsetBytes, lengthBytes, waiter));
            change(error -> { });
            return false;
        }
        return begin(offsetBytes, lengthBytes, waiter);
    }

    private boolean begin(long offsetBytes, long lengthBytes, IntentWaiter waiter) {
        // Under way from here on, not only when its intent is durable: a target lost in between is missed by it.
        active++;
        boolean hot = log.beginWrite(offsetBytes, lengthBytes, error -> {
            active += forgetWaiting ? 1 : 0;
            active -= error.isError() ? 1 : 0;
            waiter.onIntent(error);
        });
        active -= forgetWaiting && !hot ? 1 : 0;
        return hot;
    }

    @Override
    public void endWrite(long offsetBytes, long lengthBytes, int missedMask) {
        active--;
        log.endWrite(offsetBytes, lengthBytes, missedMask);
    }

    @Override
    public void targetLost(int slot, IntentWaiter durable) {
        if (!guard.isNeeded()) {
            log.targetLost(slot, durable);
        } else if (active == 0 && !changing && (forgetWaiting || !guard.isAnswerDue())) {
            armed = true;
            log.targetLost(slot, durable);
        } else {
            Both both = new Both(durable);
            log.targetLost(slot, both);
            change(both::guarded);
        }
    }

    /** Calls the waiter when the log and the guard are both done. */
    private static final class Both implements IntentWaiter {
        private final IntentWaiter waiter;
        private BlockError logged;
        private BlockError guarded;

        Both(IntentWaiter waiter) {
            this.waiter = waiter;
        }

        @Override
        public void onIntent(BlockError error) {
            logged = error;
            finish();
        }

        void guarded(BlockError error) {
            guarded = error;
            finish();
        }

        private void finish() {
            if (guarded != null && logged != null) {
                waiter.onIntent(guarded.isError() ? guarded : logged);
            }
        }
    }

    /** The next write asks the guard first. */
    void arm() {
        armed |= guard.isNeeded();
    }

    /** Does at once what otherwise the next write waits for: afterwards no target that misses writes passes for one in sync. */
    void settle(IntentWaiter done) {
        change(done);
    }

    private void change(IntentWaiter done) {
        if (failed) {
            loop.execute(() -> done.onIntent(BlockError.EIO));
            return;
        }
        waiting.add(done);
        armed = true;
        if (!changing) {
            changing = true;
            loop.execute(this::step);
        }
    }

    private void step() {
        if (guard.isNeeded()) {
            guard.change(error -> loop.execute(error.isError() ? this::giveUp : this::step));
            return;
        }
        changing = false;
        armed = false;
        tellWaiting(BlockError.NONE);
        while (!held.isEmpty() && !changing && !armed) {
            Held write = held.poll();
            if (begin(write.offsetBytes, write.lengthBytes, write.waiter)) {
                loop.execute(() -> write.waiter.onIntent(BlockError.NONE));
            }
        }
    }

    private void giveUp() {
        failed = true;
        changing = false;
        tellWaiting(BlockError.EIO);
        for (Held write = held.poll(); write != null; write = held.poll()) {
            write.waiter.onIntent(BlockError.EIO);
        }
    }

    private void tellWaiting(BlockError error) {
        List<IntentWaiter> told = new ArrayList<>(waiting);
        waiting.clear();
        for (IntentWaiter waiter : told) {
            waiter.onIntent(error);
        }
    }

    @Override
    public int chunkBytes() {
        return log.chunkBytes();
    }

    @Override
    public long chunkCount() {
        return log.chunkCount();
    }

    @Override
    public long closeEpoch() {
        return log.closeEpoch();
    }

    @Override
    public void epochFlushed(int slot, long epoch) {
        log.epochFlushed(slot, epoch);
    }

    @Override
    public boolean wantsFlush() {
        return log.wantsFlush();
    }

    @Override
    public boolean flushUrgent() {
        return log.flushUrgent();
    }

    @Override
    public SlotState slotState(int slot) {
        return log.slotState(slot);
    }

    @Override
    public String slotName(int slot) {
        return log.slotName(slot);
    }

    @Override
    public void setSlot(int slot, String name, SlotState state, IntentWaiter durable) {
        log.setSlot(slot, name, state, durable);
    }

    @Override
    public void targetConnected(int slot) {
        log.targetConnected(slot);
    }

    @Override
    public boolean isConnected(int slot) {
        return log.isConnected(slot);
    }

    @Override
    public long dirtyChunks(int slot) {
        return log.dirtyChunks(slot);
    }

    @Override
    public long nextDirtyChunk(int slot, long fromChunk) {
        return log.nextDirtyChunk(slot, fromChunk);
    }

    @Override
    public long nextCleanChunk(int slot, long fromChunk) {
        return log.nextCleanChunk(slot, fromChunk);
    }

    @Override
    public boolean isDirty(int slot, long chunk) {
        return log.isDirty(slot, chunk);
    }

    @Override
    public boolean isHot(long offsetBytes) {
        return log.isHot(offsetBytes);
    }

    @Override
    public boolean keepDirty(int slot, long chunk) {
        return log.keepDirty(slot, chunk);
    }

    @Override
    public void chunksWritten(int slot, long firstChunk, long count) {
        log.chunksWritten(slot, firstChunk, count);
    }

    @Override
    public void markDirty(int slotMask, long firstChunk, long count, IntentWaiter durable) {
        log.markDirty(slotMask, firstChunk, count, durable);
    }

    @Override
    public byte[] exportDirty(int slotMask) {
        return log.exportDirty(slotMask);
    }

    @Override
    public BlockError mergeDirty(int slotMask, byte[] exported, IntentWaiter durable) {
        return log.mergeDirty(slotMask, exported, durable);
    }

    @Override
    public void onFailedForGood(Consumer<String> told) {
        log.onFailedForGood(told);
    }

    @Override
    public Recovery recovery() {
        return log.recovery();
    }

    @Override
    public void close(IntentWaiter closed) {
        log.close(closed);
    }
}
