/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.resync;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.netraid.fault.FaultPoints;
import org.netraid.intentlog.IntentLog;
import org.netraid.mirror.Mirror;
import org.netraid.mirror.MirrorListener;
import org.netraid.time.EventLoop;

/**
 * Runs one {@link ResyncSession} for each target that needs one, all at the same time, as the mirror's events ask for it. Create it
 * right after the mirror, before any leg is connected.
 */
public final class ResyncManager implements MirrorListener {

    private final Mirror mirror;
    private final IntentLog log;
    private final TargetMarker marker;
    private final EventLoop loop;
    private final ChunkPump pump;
    private final ResyncSession[] sessions = new ResyncSession[IntentLog.MAX_SLOTS];
    /** Resyncs of each target since it was in sync that ended before anything was flushed: each halves what the next sends ahead first. */
    private final int[] fruitless = new int[IntentLog.MAX_SLOTS];
    private final boolean[] seeded = new boolean[IntentLog.MAX_SLOTS];
    private final Past past = new Past();
    private ResyncConfig config;

    /** Registers itself as a listener of the mirror. */
    public ResyncManager(Mirror mirror, IntentLog log, TargetMarker marker, ResyncConfig config, EventLoop loop, FaultPoints faults) {
        this.mirror = mirror;
        this.log = log;
        this.marker = marker;
        this.config = config;
        this.loop = loop;
        this.pump = new ChunkPump(mirror, log, config, loop, faults);
        mirror.addListener(this);
    }

    @Override
    public void legConnected(int slot, boolean needsResync) {
        cancel(slot, "connected anew");
        if (needsResync) {
            past.add(sessions[slot]);
            fruitless[slot] += sessions[slot] != null && sessions[slot].isFruitless() ? 1 : 0;
            sessions[slot] = new ResyncSession(mirror, log, marker, config, loop, pump, slot, seeded[slot], fruitless[slot]);
            sessions[slot].start();
        }
    }

    @Override
    public void legInSync(int slot) {
        seeded[slot] = false;
        fruitless[slot] = 0;
    }

    @Override
    public void legSettled(int slot) {
        if (sessions[slot] != null) {
            sessions[slot].onSettled();
        }
    }

    @Override
    public void replicationStopped(int slot) {
        cancel(slot, "replication to the target has stopped");
    }

    @Override
    public void mirrorFailed(String text) {
        cancelAll(text);
    }

    @Override
    public void mirrorClosing() {
        cancelAll("the mirror is being closed");
    }

    private void cancelAll(String why) {
        for (int slot = 0; slot < sessions.length; slot++) {
            cancel(slot, why);
        }
    }

    private void cancel(int slot, String why) {
        if (sessions[slot] != null) {
            sessions[slot].cancel(why);
        }
    }

    /** The running or last resync of a target; empty if there was none. */
    public Optional<ResyncProgress> progress(int slot) {
        return sessions[slot] == null ? Optional.empty() : Optional.of(sessions[slot].progress());
    }

    /** All running resyncs, by slot. */
    public List<ResyncProgress> running() {
        List<ResyncProgress> all = new ArrayList<>();
        for (ResyncSession session : sessions) {
            if (session != null && !session.isOver()) {
                all.add(session.progress());
            }
        }
        return all;
    }

    /**
     * The target was filled with a copy of the data: until it is in sync, every chunk is compared before it is sent, however few are equal.
     * Without this, comparing ends where it does not pay. A target that cannot compare gets everything.
     */
    public void expectSeeded(int slot) {
        seeded[slot] = true;
    }

    /** What all resyncs of this mirror have cost so far. */
    public ResyncTotals totals() {
        long sent = past.bytesSent;
        long zeros = past.bytesAsZeros;
        long equal = past.bytesEqual;
        for (ResyncSession session : sessions) {
            if (session != null) {
                sent += session.tally().bytesSent();
                zeros += session.tally().bytesAsZeros();
                equal += session.tally().bytesEqual();
            }
        }
        return new ResyncTotals(pump.localBytesRead(), sent, zeros, equal, pump.bytesCompared(), pump.comparingNs(),
                pump.pace().bytesPerSecond(), pump.pace().baselineNs());
    }

    /** The bounds in force. */
    public ResyncConfig config() {
        return config;
    }

    /** Changes the bounds of the rate, at once and for later resyncs. */
    public void rates(long maxBytesPerSecond, long minBytesPerSecond) {
        config = config.withRates(maxBytesPerSecond, minBytesPerSecond);
        for (ResyncSession session : sessions) {
            if (session != null) {
                session.config(config);
            }
        }
        pump.config(config);
    }

    /** Of resyncs whose targets have begun anew since. */
    private static final class Past {
        private long bytesSent;
        private long bytesAsZeros;
        private long bytesEqual;

        void add(ResyncSession session) {
            if (session != null) {
                bytesSent += session.tally().bytesSent();
                bytesAsZeros += session.tally().bytesAsZeros();
                bytesEqual += session.tally().bytesEqual();
            }
        }
    }
}
