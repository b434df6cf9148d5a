/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.mirror;

import java.util.ArrayDeque;
import org.netraid.block.BlockError;
import org.netraid.intentlog.IntentLog;
import org.netraid.time.EventLoop;

/**
 * Flushes of all copies, one round at a time. A round closes the epoch, flushes the local disk and every target that replicates, and
 * tells the intent log which of them have succeeded. Whoever asks during a round is served by the next one, all together: a flush
 * covers only what was answered before it was sent.
 *
 * <p>Targets whose protocol does not promise a flush are flushed too, so that extents can cool, but an application's request does not wait
 * for them ({@link LazyFlushes}); an action does.
 *
 * <p>A target whose flush fails is lost, a local disk whose flush fails ends the mirror: a later flush that succeeds would prove nothing.
 */
final class FlushRounds implements DeviceOpOwner {

    private final Mirror mirror;
    private final IntentLog log;
    private final EventLoop loop;
    private final LegTable legs;
    private final WriteEpoch writes;
    private final LazyFlushes lazy;
    private ArrayDeque<MirrorRequest> requests = new ArrayDeque<>();
    private ArrayDeque<MirrorRequest> nextRequests = new ArrayDeque<>();
    private ArrayDeque<MirrorAction> actions = new ArrayDeque<>();
    private ArrayDeque<MirrorAction> nextActions = new ArrayDeque<>();
    private boolean running;
    private boolean wanted;
    private long epoch;
    private int pendingMask;
    /** Targets of this round that no application waits for. */
    private int lazyMask;
    private long rounds;
    private final Runnable end = this::end;

    /** An action that is content with what an application's flush is content with. */
    private record AwaitedOnly(MirrorAction action) implements MirrorAction {
        @Override
        public void onDone(BlockError error, String detail) {
            action.onDone(error, detail);
        }
    }

    FlushRounds(Mirror mirror, IntentLog log, EventLoop loop, LegTable legs, WriteEpoch writes) {
        this.mirror = mirror;
        this.loop = loop;
        this.log = log;
        this.legs = legs;
        this.writes = writes;
        this.lazy = new LazyFlushes(mirror, log, loop);
    }

    /** The request hears FLUSHED at the end of the next round. */
    void join(MirrorRequest request) {
        nextRequests.addLast(request);
        run();
    }

    /** The action hears of the end of the next round. */
    void join(MirrorAction action) {
        nextActions.addLast(action);
        run();
    }

    /** The action hears of the end of the next round, without waiting for targets that no application's flush waits for. */
    void joinAwaited(MirrorAction action) {
        join(new AwaitedOnly(action));
    }

    /** Runs a round now, or right after the one that is running. */
    void run() {
        wanted = true;
        if (!running) {
            start();
        }
    }

    boolean isRunning() {
        return running || lazy.isRunning();
    }

    long rounds() {
        return rounds;
    }

    private void start() {
        running = true;
        wanted = false;
        rounds++;
        swapWaiters();
        writes.close();
        if (mirror.life.state() == MirrorState.FAILED) {
            // A flush that succeeds now would prove nothing about what was lost before.
            loop.execute(end);
            return;
        }
        epoch = log.closeEpoch();
        int awaited = legs.flushAwaitedMask();
        lazyMask = legs.replicatingMask() & ~awaited;
        pendingMask = awaited | Mirror.LOCAL_BIT;
        flush(mirror.localDisk.writes(), Mirror.LOCAL_BIT);
        for (int rest = awaited; rest != 0; rest &= rest - 1) {
            Leg leg = legs.leg(Integer.numberOfTrailingZeros(rest));
            leg.flushingBytes = leg.bytesWritten;
            mirror.streams.journal().flushSent(leg.slot);
            flush(leg.channel, leg.bit());
        }
        for (int rest = lazyMask; rest != 0; rest &= rest - 1) {
            lazy.flush(Integer.numberOfTrailingZeros(rest), epoch);
        }
        if (pendingMask == 0) {
            loop.execute(end);
        }
    }

    private void flush(CopyChannel channel, int bit) {
        if (!channel.flush(this)) {
            // Without a flush a completed write is as durable as the device ever makes it.
            pendingMask &= ~bit;
            if (channel.slot != IntentLog.LOCAL) {
                mirror.streams.journal().flushDone(channel.slot);
            }
            flushed(channel.slot);
        }
    }

    private void flushed(int slot) {
        if (slot != IntentLog.LOCAL || !mirror.localDisk.missesUnrecorded()) {
            log.epochFlushed(slot, epoch);
        }
    }

    private void swapWaiters() {
        ArrayDeque<MirrorRequest> emptyRequests = requests;
        requests = nextRequests;
        nextRequests = emptyRequests;
        ArrayDeque<MirrorAction> emptyActions = actions;
        actions = nextActions;
        nextActions = emptyActions;
    }

    @Override
    public void onOpDone(DeviceOp op) {
        if (!op.error().isError() && mirror.life.state() != MirrorState.FAILED) {
            if (op.slot() != IntentLog.LOCAL) {
                mirror.streams.journal().flushDone(op.slot());
            }
            flushed(op.slot());
            if (op.slot() != IntentLog.LOCAL) {
                legs.leg(op.slot()).flushedBytes = legs.leg(op.slot()).flushingBytes;
            }
        }
        ended(op.slot());
    }

    @Override
    public void onOpLost(DeviceOp op) {
        ended(op.slot());
    }

    private void ended(int slot) {
        pendingMask &= ~(slot == IntentLog.LOCAL ? Mirror.LOCAL_BIT : 1 << slot);
        if (pendingMask == 0) {
            end();
        }
    }

    private void end() {
        running = false;
        long endedEpoch = epoch;
        int endedLazyMask = lazyMask;
        lazyMask = 0;
        if (requests.isEmpty() && actions.isEmpty()) { // the engine's own round: nobody waits, and nothing is allocated
            if (wanted) {
                start();
            }
            mirror.life.finishDrain();
            return;
        }
        boolean failed = mirror.life.state() == MirrorState.FAILED;
        ArrayDeque<MirrorRequest> doneRequests = requests;
        ArrayDeque<MirrorAction> doneActions = actions;
        requests = new ArrayDeque<>(0);
        actions = new ArrayDeque<>(0);
        if (wanted) {
            // Before anybody is told, so that who asks again in there waits for the round after.
            start();
        }
        for (MirrorRequest request : doneRequests) {
            mirror.walk.onEvent(request, RequestEvent.FLUSHED, IntentLog.LOCAL);
        }
        for (MirrorAction action : doneActions) {
            int behind = action instanceof AwaitedOnly ? 0 : lazy.behind(endedLazyMask, endedEpoch);
            if (behind != 0 && !failed) {
                lazy.await(action, behind, endedEpoch);
                continue;
            }
            action.onDone(failed ? BlockError.EIO : BlockError.NONE, failed ? mirror.life.failure() : "");
        }
        mirror.life.finishDrain();
    }
}
