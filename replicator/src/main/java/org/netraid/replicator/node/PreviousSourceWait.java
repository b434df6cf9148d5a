/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.node;

import org.netraid.replicator.config.FailoverSettings;
import org.netraid.replicator.state.MirrorRecord;
import org.netraid.replicator.state.PeerRecord;
import org.netraid.time.EventLoop;

/**
 * How long other targets wait for what only the previous source knows. It counts from the moment the mirror went in service without that
 * one, in wall-clock time and durably, so that a restart of this node does not begin it anew (G9). A clock that was set makes it no longer
 * than the configuration says.
 */
final class PreviousSourceWait {

    private static final long MS = 1_000_000L;

    private final VolumeAgent agent;
    private final long waitNs;
    private final Runnable whenOver;
    private EventLoop.Timer timer;
    private boolean over;

    PreviousSourceWait(VolumeAgent agent, long waitNs, Runnable whenOver) {
        this.agent = agent;
        this.waitNs = waitNs;
        this.whenOver = whenOver;
    }

    boolean isOver() {
        return over;
    }

    /** True if a node that goes in service with this record would not wait, or not for long enough to tell. */
    static boolean isOver(MirrorRecord record, long waitNs, long nowMillis) {
        return waitNs == 0 || waitNs != FailoverSettings.FOR_EVER && record.waitUntilMillis() > 0
                && record.waitUntilMillis() <= nowMillis;
    }

    /** The mirror is in service here. */
    void begin() {
        MirrorRecord record = agent.record();
        if (record.previousSource().isEmpty() || waitNs == FailoverSettings.FOR_EVER) {
            return;
        }
        long now = agent.nowMillis();
        long wholeMillis = waitNs / MS;
        long until = record.waitUntilMillis() > 0 ? Math.min(record.waitUntilMillis(), now + wholeMillis) : now + wholeMillis;
        if (until != record.waitUntilMillis()) {
            agent.write(record.with().waitUntilMillis(until).build());
        }
        timer = agent.context().loop().schedule(Math.max(0, until - now) * MS, this::end);
    }

    private void end() {
        over = true;
        MirrorRecord record = agent.record();
        if (record.peers().stream().anyMatch(peer -> peer.needsMerge() && isWaitedFor(record, peer))) {
            agent.event("D8: " + record.previousSource() + ", the previous source, is not waited for any longer");
        }
        if (!record.previousSource().isEmpty()) {
            whenOver.run();
        }
    }

    private static boolean isWaitedFor(MirrorRecord record, PeerRecord peer) {
        return peer.member() && !record.previousSource().isEmpty() && !peer.node().equals(record.previousSource());
    }

    void close() {
        if (timer != null) {
            timer.cancel();
        }
    }
}
