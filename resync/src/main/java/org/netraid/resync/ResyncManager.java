/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.resync;

import java.util.List;
import java.util.Optional;
import org.netraid.fault.FaultPoints;
import org.netraid.intentlog.IntentLog;
import org.netraid.mirror.Mirror;
import org.netraid.mirror.MirrorListener;
import org.netraid.time.EventLoop;

/**
 * Runs one resync session for each target that needs one, as the mirror's events ask for it. Create it right after the mirror,
 * before any leg is connected.
 */
public final class ResyncManager implements MirrorListener {

    /** Registers itself as a listener of the mirror. */
    public ResyncManager(Mirror mirror, IntentLog log, TargetMarker marker, ResyncConfig config, EventLoop loop, FaultPoints faults) {
        mirror.addListener(this);
    }

    /** The running or last resync of a target; empty if there was none. */
    public Optional<ResyncProgress> progress(int slot) {
        return Optional.empty();
    }

    /** All running resyncs, by slot. */
    public List<ResyncProgress> running() {
        return List.of();
    }

    /** Changes the ceiling of the rate, at once and for later resyncs; 0 for none. */
    public void maxBytesPerSecond(long value) {
        throw new UnsupportedOperationException();
    }
}
