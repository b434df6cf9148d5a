/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.mirror;

import org.netraid.time.EventLoop;

/** How far a target may lag behind, in bytes and in time, and what follows when it lags more. */
final class StreamLimits {

    private static final long AGE_CHECK_NS = 10_000_000L;

    private final Mirror mirror;
    private final LegStreams streams;
    private final LaggingWrites writes;
    private final EventLoop loop;

    StreamLimits(Mirror mirror, LegStreams streams, LaggingWrites writes, EventLoop loop) {
        this.mirror = mirror;
        this.streams = streams;
        this.writes = writes;
        this.loop = loop;
    }

    /** True if the target lags by more than its limit allows. */
    boolean isFull(int slot, QueueLimit limit, long nowNs) {
        LegStream stream = streams.stream(slot);
        if (limit.ageNs() > 0 && nowNs - stream.ageCheckedNs >= AGE_CHECK_NS) {
            stream.ageCheckedNs = nowNs;
            stream.tooOld = writes.lagNs(slot, nowNs) >= limit.ageNs();
        }
        return stream.memoryBytes >= limit.bytes() || stream.tooOld || writes.count() > StreamJournal.MAX_QUEUED_WRITES;
    }

    /** In a turn of its own: the write that finds the queue full is in the middle of its own walk. */
    void dealWithFull(Leg leg) {
        LegStream stream = streams.stream(leg.slot);
        if (leg.config.queue().whenFull() != QueueLimit.WhenFull.BLOCK && !stream.dealing) {
            stream.dealing = true;
            String why = describe(leg.slot);
            CopyChannel channel = leg.channel;
            loop.execute(() -> {
                stream.dealing = false;
                if (leg.channel == channel && leg.replicates()) {
                    mirror.pullAhead.fellBehind(leg.slot, why);
                }
            });
        }
    }

    private String describe(int slot) {
        return "it is " + streams.stream(slot).lagBytes + " bytes and " + writes.lagNs(slot, loop.nanoTime()) / 1_000_000
                + " ms behind, more than its limit allows";
    }
}
