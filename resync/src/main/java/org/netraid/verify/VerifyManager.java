/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.verify;

import java.util.Optional;
import org.netraid.intentlog.IntentLog;
import org.netraid.mirror.LegState;
import org.netraid.mirror.Mirror;
import org.netraid.mirror.MirrorListener;
import org.netraid.time.EventLoop;

/** The verifies of one mirror, at most one for each target. Create it right after the mirror. */
public final class VerifyManager implements MirrorListener {

    /** Differences kept in a result; the rest is counted. */
    public static final int MAX_LISTED = VerifySession.MAX_LISTED;

    private final Mirror mirror;
    private final IntentLog log;
    private final EventLoop loop;
    private final VerifySession[] sessions = new VerifySession[IntentLog.MAX_SLOTS];
    private VerifyConfig config;

    /** Registers itself as a listener of the mirror. */
    public VerifyManager(Mirror mirror, IntentLog log, VerifyConfig config, EventLoop loop) {
        this.mirror = mirror;
        this.log = log;
        this.config = config;
        this.loop = loop;
        mirror.addListener(this);
    }

    /**
     * Starts a verify.
     *
     * @param repair write the local disk's chunk over each one that differs
     * @return why it cannot be started; empty if it runs now
     */
    public Optional<String> start(int slot, boolean repair, VerifyListener listener) {
        if (mirror.legState(slot) != LegState.IN_SYNC) {
            return Optional.of("it is " + mirror.legState(slot).words() + "; only a target that is in sync can be compared");
        }
        if (isRunning(slot)) {
            return Optional.of("it is being verified already");
        }
        sessions[slot] = new VerifySession(mirror, log, loop, config, slot, repair, listener);
        sessions[slot].start();
        return Optional.empty();
    }

    /** Ends the verify of a target. @return false if none runs */
    public boolean stop(int slot, String why) {
        boolean running = isRunning(slot);
        if (running) {
            sessions[slot].stop(why);
        }
        return running;
    }

    public boolean isRunning(int slot) {
        return sessions[slot] != null && !sessions[slot].isOver();
    }

    /** True if any target is being verified. */
    public boolean isAnyRunning() {
        for (int slot = 0; slot < sessions.length; slot++) {
            if (isRunning(slot)) {
                return true;
            }
        }
        return false;
    }

    /** The running or last verify of a target in this life; empty if there was none. */
    public Optional<VerifyProgress> progress(int slot) {
        return sessions[slot] == null ? Optional.empty() : Optional.of(sessions[slot].progress());
    }

    /** Changes the ceiling of the rate, at once and for later verifies; 0 for none. */
    public void maxBytesPerSecond(long value) {
        config = config.withMaxBytesPerSecond(value);
        for (int slot = 0; slot < sessions.length; slot++) {
            if (isRunning(slot)) {
                sessions[slot].maxBytesPerSecond(value);
            }
        }
    }

    @Override
    public void replicationStopped(int slot) {
        stop(slot, "replication to the target has stopped");
    }

    @Override
    public void mirrorFailed(String text) {
        stopAll(text);
    }

    @Override
    public void mirrorClosing() {
        stopAll("the mirror leaves service");
    }

    private void stopAll(String why) {
        for (int slot = 0; slot < sessions.length; slot++) {
            stop(slot, why);
        }
    }
}
