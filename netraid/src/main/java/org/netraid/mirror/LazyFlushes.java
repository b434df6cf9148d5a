/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.mirror;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.function.Consumer;
import org.netraid.block.BlockError;
import org.netraid.intentlog.IntentLog;
import org.netraid.time.EventLoop;

/**
 * Flushes of the targets that no application waits for, one at a time for each: a slow one delays neither the others nor the next round.
 * What a flush that ends late has covered is what it was sent for; a round that came meanwhile gets a flush of its own.
 */
final class LazyFlushes implements DeviceOpOwner {

    private static final long NONE = -1;

    private final Mirror mirror;
    private final IntentLog log;
    private final EventLoop loop;
    private final long[] sentEpoch = new long[IntentLog.MAX_SLOTS];
    private final long[] wantedEpoch = new long[IntentLog.MAX_SLOTS];
    private final ArrayList<Waiter> waiters = new ArrayList<>();
    private int running;

    /** Who must know that all copies are flushed, the lazy ones too. */
    private static final class Waiter {
        final MirrorAction action;
        final long epoch;
        int mask;

        Waiter(MirrorAction action, long epoch, int mask) {
            this.action = action;
            this.epoch = epoch;
            this.mask = mask;
        }
    }

    LazyFlushes(Mirror mirror, IntentLog log, EventLoop loop) {
        this.mirror = mirror;
        this.log = log;
        this.loop = loop;
        Arrays.fill(sentEpoch, NONE);
        Arrays.fill(wantedEpoch, NONE);
    }

    boolean isRunning() {
        return running > 0;
    }

    /** Flushes what the target has answered by now; at once, or after the flush that is under way. */
    void flush(int slot, long epoch) {
        if (sentEpoch[slot] == NONE) {
            send(slot, epoch);
        } else {
            wantedEpoch[slot] = epoch;
        }
    }

    private void send(int slot, long epoch) {
        Leg leg = mirror.legs.leg(slot);
        leg.flushingBytes = leg.bytesWritten;
        mirror.streams.journal().flushSent(slot);
        sentEpoch[slot] = epoch;
        running++;
        if (!leg.channel.flush(this)) {
            // Without a flush a completed write is as durable as the device ever makes it.
            running--;
            sentEpoch[slot] = NONE;
            mirror.streams.journal().flushDone(slot);
            log.epochFlushed(slot, epoch);
        }
    }

    /** Slots of the mask whose flush for this epoch has not ended. */
    int behind(int slotMask, long epoch) {
        int behind = 0;
        for (int rest = slotMask; rest != 0; rest &= rest - 1) {
            int slot = Integer.numberOfTrailingZeros(rest);
            boolean open = sentEpoch[slot] != NONE && sentEpoch[slot] <= epoch;
            behind |= open ? 1 << slot : 0;
        }
        return behind;
    }

    /** The action hears when these targets have flushed the epoch, or are lost. */
    void await(MirrorAction action, int slotMask, long epoch) {
        waiters.add(new Waiter(action, epoch, slotMask));
    }

    @Override
    public void onOpDone(DeviceOp op) {
        int slot = op.slot();
        long epoch = sentEpoch[slot];
        if (mirror.life.state() != MirrorState.FAILED) {
            mirror.streams.journal().flushDone(slot);
            log.epochFlushed(slot, epoch);
            mirror.legs.leg(slot).flushedBytes = mirror.legs.leg(slot).flushingBytes;
        }
        ended(slot);
        long wanted = wantedEpoch[slot];
        wantedEpoch[slot] = NONE;
        if (wanted != NONE) {
            send(slot, wanted);
        }
        tell(slot, epoch, Runnable::run);
    }

    @Override
    public void onOpLost(DeviceOp op) {
        ended(op.slot());
        wantedEpoch[op.slot()] = NONE;
        // in a turn of its own: who waits may use the target at once, whose loss the mirror has not told yet
        tell(op.slot(), Long.MAX_VALUE, loop::execute);
    }

    private void ended(int slot) {
        sentEpoch[slot] = NONE;
        running--;
    }

    private void tell(int slot, long epoch, Consumer<Runnable> how) {
        if (waiters.isEmpty()) { // the engine's own flush: nobody waits, and nothing is allocated
            mirror.life.finishDrain();
            return;
        }
        for (Waiter waiter : new ArrayList<>(waiters)) {
            if (epoch >= waiter.epoch) {
                waiter.mask &= ~(1 << slot);
            }
            if (waiter.mask == 0) {
                waiters.remove(waiter);
                how.accept(() -> tell(waiter.action));
            }
        }
        mirror.life.finishDrain();
    }

    private void tell(MirrorAction action) {
        boolean failed = mirror.life.state() == MirrorState.FAILED;
        action.onDone(failed ? BlockError.EIO : BlockError.NONE, failed ? mirror.life.failure() : "");
    }
}
