/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.intentlog;

import java.util.function.IntPredicate;
import org.netraid.intentlog.format.ActivityBlockCodec;
import org.netraid.time.EventLoop;

/**
 * Takes extents out of the activity log that nobody has written for a while, so that a crash costs what was written lately. In the
 * background: they ride in commits that are made anyway, or in some of their own with a pause between them. Single-threaded.
 */
final class Cooling {

    /** Steps of age until an extent is old. */
    static final int TICKS = 8;
    private static final long PAUSE_NS = 50_000_000;

    private final long tickNs;
    private final EventLoop loop;
    private final ExtentTable table;
    private final TargetSlots slots;
    private final IntPredicate isRecorded;
    private final Runnable pump;
    private boolean scheduled;
    /** Some may be old. */
    private boolean wanted;
    /** They may have a commit of their own. */
    private boolean due;
    private boolean stopped;

    /**
     * @param coolAfterNs age at which an extent cools; 0 for never
     * @param isRecorded whether an extent's bits are on disk
     * @param pump starts a commit soon
     */
    Cooling(long coolAfterNs, EventLoop loop, ExtentTable table, TargetSlots slots, IntPredicate isRecorded, Runnable pump) {
        tickNs = coolAfterNs == 0 ? 0 : Math.max(1, coolAfterNs / TICKS);
        this.loop = loop;
        this.table = table;
        this.slots = slots;
        this.isRecorded = isRecorded;
        this.pump = pump;
    }

    /** To be called when extents have become hot. */
    void arm() {
        if (!scheduled && !stopped && tickNs > 0 && table.hotExtents() > 0) {
            scheduled = true;
            loop.schedule(wanted ? Math.min(tickNs, PAUSE_NS) : tickNs, this::turn);
        }
    }

    private void turn() {
        scheduled = false;
        if (!stopped) {
            if (!wanted) {
                table.tick();
            }
            wanted = true;
            due = true;
            pump.run();
        }
    }

    /** The log is being closed, or goes on in memory: what is hot stays hot. */
    void stop() {
        stopped = true;
    }

    /** The log is on a device again. */
    void restart() {
        stopped = false;
        arm();
    }

    /** Adds to a commit what may cool, as far as one block of the ring has room. */
    void gather(SlotChanges changes) {
        int room = ActivityBlockCodec.MAX_CHANGES - changes.count();
        boolean rides = changes.count() > 0;
        if (stopped || !wanted || room <= 0 || !rides && !due) {
            return;
        }
        due = false;
        wanted = table.cool(room, slots.flushedByAll(), isRecorded, changes) == room;
        arm();
    }
}
