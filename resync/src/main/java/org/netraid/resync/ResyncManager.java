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
    private final FaultPoints faults;
    private final ResyncSession[] sessions = new ResyncSession[IntentLog.MAX_SLOTS];
    private ResyncConfig config;

    /** Registers itself as a listener of the mirror. */
    public ResyncManager(Mirror mirror, IntentLog log, TargetMarker marker, ResyncConfig config, EventLoop loop, FaultPoints faults) {
        this.mirror = mirror;
        this.log = log;
        this.marker = marker;
        this.config = config;
        this.loop = loop;
        this.faults = faults;
        mirror.addListener(this);
    }

    @Override
    public void legConnected(int slot, boolean needsResync) {
        cancel(slot, "connected anew");
        if (needsResync) {
            sessions[slot] = new ResyncSession(mirror, log, marker, config, loop, faults, slot);
            sessions[slot].start();
        }
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

    /** Changes the ceiling of the rate, at once and for later resyncs; 0 for none. */
    public void maxBytesPerSecond(long value) {
        config = new ResyncConfig(config.windowRequests(), config.busyWindowRequests(), config.maxRequestBytes(), value);
        for (ResyncSession session : sessions) {
            if (session != null && !session.isOver()) {
                session.maxBytesPerSecond(value);
            }
        }
    }
}
