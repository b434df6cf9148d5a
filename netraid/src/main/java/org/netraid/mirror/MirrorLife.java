/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.mirror;

import java.util.ArrayList;
import java.util.Map;
import org.netraid.intentlog.IntentLog;
import org.netraid.time.EventLoop;

/** What the mirror as a whole does: runs, is suspended, has failed, is being closed. */
final class MirrorLife {

    /** How long a close waits for what is queued for targets that lag behind; the rest is dirty. {@link #suspend} waits for all of it. */
    private static final long CLOSE_WAIT_NS = 6_000_000_000L;

    private final Mirror mirror;
    private final String tag;
    private final EventLoop loop;
    private MirrorState state = MirrorState.RUNNING;
    private String failure = "";
    private boolean stopped;
    private final IoGate gate = new IoGate();
    private ArrayList<MirrorAction> drainWaiters = new ArrayList<>();
    /** Who waits for the running modifications only, not for what is queued for targets that lag behind. */
    private ArrayList<MirrorAction> settleWaiters = new ArrayList<>();
    private Runnable closed;
    private EventLoop.Timer lastWait;

    MirrorLife(Mirror mirror, String tag, EventLoop loop) {
        this.mirror = mirror;
        this.tag = tag;
        this.loop = loop;
    }

    MirrorState state() {
        return state == MirrorState.RUNNING && !gate.isOpen() ? MirrorState.SUSPENDED : state;
    }

    /** Reasons that hold modifications back or refuse them, with their words. */
    Map<IoReason, String> ioReasons() {
        return gate.reasons();
    }

    /** True if modifications wait. */
    boolean isHolding() {
        return state == MirrorState.RUNNING && gate.isHolding();
    }

    /** Why modifications end with EIO; "" if they do not. */
    String refusal() {
        return state == MirrorState.FAILED ? failure : gate.refusal();
    }

    String failure() {
        return failure;
    }

    void suspend(IoReason reason, String why, MirrorAction drained) {
        gate.hold(reason, why);
        (reason == IoReason.LEAVING ? drainWaiters : settleWaiters).add(drained);
        loop.execute(this::finishDrain);
    }

    void refuse(IoReason reason, String why) {
        gate.refuse(reason, why);
        loop.execute(mirror.admission::admit);
    }

    void resume(IoReason reason) {
        if (gate.lift(reason) || !gate.refusal().isEmpty()) {
            loop.execute(mirror.admission::admit);
        }
    }

    void finishDrain() {
        if (!settleWaiters.isEmpty() && mirror.walk.modifications() == 0) {
            ArrayList<MirrorAction> waiters = settleWaiters;
            settleWaiters = new ArrayList<>();
            waiters.forEach(mirror.rounds::joinAwaited);
        }
        if (!drainWaiters.isEmpty() && mirror.walk.modifications() == 0 && mirror.streams.writes().isEmpty()) {
            ArrayList<MirrorAction> waiters = drainWaiters;
            drainWaiters = new ArrayList<>();
            for (MirrorAction waiter : waiters) {
                mirror.rounds.join(waiter);
            }
        }
        if (closed != null && mirror.walk.count() == 0 && mirror.streams.writes().isEmpty() && !mirror.rounds.isRunning()) {
            lastWait.cancel();
            Runnable told = closed;
            closed = null;
            closeDevices(told);
        }
    }

    void close(Runnable whenClosed) {
        if (state == MirrorState.CLOSED) {
            throw new IllegalStateException("mirror " + tag + " closed twice");
        }
        state = MirrorState.CLOSED;
        closed = whenClosed;
        mirror.writes.stop();
        mirror.listeners.mirrorClosing();
        mirror.admission.admit();
        lastWait = loop.schedule(CLOSE_WAIT_NS, () -> mirror.pullAhead.dropBacklogs("the mirror is being closed"));
        loop.execute(this::finishDrain);
    }

    private void closeDevices(Runnable told) {
        mirror.replays.close();
        mirror.streams.journal().close();
        int[] open = {mirror.localDisk.openDevices()};
        Runnable one = () -> {
            open[0]--;
            if (open[0] == 0) {
                told.run();
            }
        };
        for (int slot = 0; slot < IntentLog.MAX_SLOTS; slot++) {
            CopyChannel channel = mirror.legs.leg(slot).channel;
            if (channel != null) {
                open[0]++;
                channel.device.close(one);
            }
        }
        mirror.localDisk.close(one);
    }

    /** False once nothing is served at all. */
    boolean servesReads() {
        return !stopped;
    }

    /** Stops serving for good, reads too. */
    void stop(String why) {
        if (state != MirrorState.FAILED && state != MirrorState.CLOSED) {
            stopped = true;
            failWith("mirror " + tag + " has stopped: " + why + ". Repair the disk and restart the mirror, or let a target that is in sync "
                    + "take over");
        }
    }

    /** Stops serving modifications for good: what the mirror rests on cannot be trusted any more. */
    void fail(String why) {
        if (state != MirrorState.FAILED && state != MirrorState.CLOSED) {
            failWith("mirror " + tag + " has stopped writing: " + why + ". Reads go on. Repair the disk and restart the mirror, "
                    + "or let a target that is in sync take over");
        }
    }

    private void failWith(String text) {
        state = MirrorState.FAILED;
        failure = text;
        mirror.listeners.mirrorFailed(failure);
        loop.execute(mirror.admission::admit);
    }
}
