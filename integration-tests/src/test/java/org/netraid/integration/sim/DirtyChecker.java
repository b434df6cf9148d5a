/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.integration.sim;

import java.util.BitSet;
import java.util.List;

import org.netraid.fault.FaultPoints;
import org.netraid.intentlog.DiskIntentLog;
import org.netraid.intentlog.IntentLog;
import org.netraid.intentlog.SlotState;
import org.netraid.mirror.LocalState;
import org.netraid.sim.CrashMode;
import org.netraid.sim.DiskObserver;
import org.netraid.sim.SimDisk;
import org.netraid.sim.SimLoop;
import org.netraid.sim.SimRandom;
import org.netraid.sim.SimScheduler;

/**
 * G1: whenever copies differ, or could after a power cut, the log knows.
 *
 * <p>After every event: a chunk that no write is working on and that reads differently on source and target has its bit set in
 * memory. At every crash of the source, real or imagined ({@link #imagineCrash} crashes a copy of the log's disk): every chunk that differs
 * or whose writes are not flushed everywhere is dirty in what the log recovers.
 */
final class DirtyChecker implements DiskObserver {

    private final SourceNode source;
    private final SimClient client;
    private final SimSettings settings;
    private final List<TargetNode> targets;
    private final BitSet touched = new BitSet();
    private final BitSet changed = new BitSet();
    private final BitSet durablyChanged = new BitSet();
    private final BitSet[] differs;
    private final BitSet[] differsDurably;
    /** Chunks that differ and whose bit was not set at the last look, or may not be any more. */
    private final BitSet[] open;
    /** What the log said when all that differs was last looked at. */
    private final long[] dirtyChunks;
    private IntentLog lastLog;
    private long checks;
    private boolean suspended;
    private final MissedChecker missed;

    DirtyChecker(SourceNode source, SimClient client, SimSettings settings, MissedChecker missed) {
        this.source = source;
        this.client = client;
        this.settings = settings;
        this.targets = source.targets();
        this.differs = new BitSet[targets.size()];
        this.differsDurably = new BitSet[targets.size()];
        this.open = new BitSet[targets.size()];
        this.dirtyChunks = new long[targets.size()];
        this.missed = missed;
        source.disk.observe(this);
        for (TargetNode target : targets) {
            differs[target.slot] = new BitSet();
            differsDurably[target.slot] = new BitSet();
            open[target.slot] = new BitSet();
            target.disk.observe(this);
        }
    }

    @Override
    public void contentChanged(SimDisk disk, long offset, long length) {
        int first = (int) (offset / settings.chunkBytes());
        int last = (int) ((offset + length - 1) / settings.chunkBytes());
        changed.set(first, last + 1);
        if (length < settings.deviceBytes()) {
            touched.set(first, last + 1);
        }
    }

    @Override
    public void durableChanged(SimDisk disk, long offset, long length) {
        durablyChanged.set((int) (offset / settings.chunkBytes()), (int) ((offset + length - 1) / settings.chunkBytes()) + 1);
    }

    /** A disk changes what nobody has written: what differs is no fault of the mirror's until that is repaired. */
    void suspend(boolean on) {
        suspended = on;
    }

    boolean isSuspended() {
        return suspended;
    }

    /** After every event. */
    void check() {
        compareChanged();
        if (suspended) {
            return;
        }
        IntentLog log = source.log();
        if (log == null || source.mirror() == null || source.mirror().localState() != LocalState.ATTACHED) {
            return; // a disk that was given up is compared with nothing before it is whole
        }
        // A bit falls, and the count with it; now and then all are looked at in case that others have risen in the same moment.
        boolean anew = log != lastLog || ++checks % 64 == 0;
        lastLog = log;
        for (TargetNode target : targets) {
            BitSet set = open[target.slot];
            if (anew || dirtyChunks[target.slot] != log.dirtyChunks(target.slot)) {
                dirtyChunks[target.slot] = log.dirtyChunks(target.slot);
                set.or(differs[target.slot]);
            }
            for (int chunk = set.nextSetBit(0); chunk >= 0; chunk = set.nextSetBit(chunk + 1)) {
                if (log.isDirty(target.slot, chunk)) {
                    set.clear(chunk);
                } else if (!target.crashedUnnoticed && isQuiet(target, chunk)) {
                    throw new SimViolation("G1", "chunk " + chunk + " differs between source and " + target.name
                            + ", nobody is writing it, and its bit is not set");
                }
            }
        }
    }

    private void compareChanged() {
        for (int chunk = changed.nextSetBit(0); chunk >= 0; chunk = changed.nextSetBit(chunk + 1)) {
            for (TargetNode target : targets) {
                boolean equal = equal(target, chunk);
                differs[target.slot].set(chunk, !equal);
                open[target.slot].set(chunk, !equal);
                if (equal) {
                    missed.caughtUp(target, chunk);
                }
            }
        }
        changed.clear();
        for (int chunk = durablyChanged.nextSetBit(0); chunk >= 0; chunk = durablyChanged.nextSetBit(chunk + 1)) {
            for (TargetNode target : targets) {
                differsDurably[target.slot].set(chunk, !source.disk.equalDurable(target.disk, offset(chunk), length(chunk)));
            }
        }
        durablyChanged.clear();
    }

    /** A target is marked in sync at this moment: it has everything, flushed, but for what is being written. */
    void checkInSync(int slot) {
        TargetNode target = targets.get(slot);
        for (int chunk = differs[slot].nextSetBit(0); chunk >= 0; chunk = differs[slot].nextSetBit(chunk + 1)) {
            boolean isQuiet = isQuiet(target, chunk);
            if (!isQuiet) {
                missed.caughtUp(target, chunk); // it differs by what is being written
            }
            if (!target.crashedUnnoticed && isQuiet && !suspended) {
                throw new SimViolation("G8", target.name + " is marked in sync, and its chunk " + chunk + " differs from the source");
            }
        }
    }

    private boolean equal(TargetNode target, int chunk) {
        return source.disk.equalContent(target.disk, offset(chunk), length(chunk));
    }

    private boolean isQuiet(TargetNode target, int chunk) {
        return !client.isModifying(offset(chunk), length(chunk))
                && !source.disk.isBeingModified(offset(chunk), length(chunk))
                && !target.disk.isBeingModified(offset(chunk), length(chunk))
                && (source.mirror() == null || !source.mirror().isLagging(target.slot, offset(chunk), length(chunk)));
    }

    private long offset(int chunk) {
        return (long) chunk * settings.chunkBytes();
    }

    private long length(int chunk) {
        return Math.min(settings.chunkBytes(), settings.deviceBytes() - offset(chunk));
    }

    // ---- crashes

    /** A log opened after a crash, or a copy of it opened elsewhere. */
    void recovered(IntentLog log, String when) {
        for (TargetNode target : targets) {
            missed.checkStale(log, target, "in the log recovered " + when);
            SlotState state = log.slotState(target.slot);
            if (state == SlotState.FULL_RESYNC || state == SlotState.UNUSED) {
                continue;
            }
            BitSet unsafe = unsafeChunks(target);
            for (int chunk = unsafe.nextSetBit(0); chunk >= 0; chunk = unsafe.nextSetBit(chunk + 1)) {
                if (!log.isDirty(target.slot, chunk)) {
                    throw new SimViolation("G1", "chunk " + chunk + (equal(target, chunk) ? " is not flushed everywhere"
                            : " differs") + " between source and " + target.name + " and is not dirty in the log recovered " + when
                            + " (" + log.recovery().message() + ")");
                }
            }
        }
    }

    /** Chunks that differ now or could after power cuts. */
    private BitSet unsafeChunks(TargetNode target) {
        BitSet unsafe = new BitSet();
        compareChanged();
        unsafe.or(differs[target.slot]);
        unsafe.or(differsDurably[target.slot]);
        unsafe.and(touched);
        markUnflushed(source.disk, unsafe);
        markUnflushed(target.disk, unsafe);
        return unsafe;
    }

    private void markUnflushed(SimDisk disk, BitSet unsafe) {
        disk.forEachUnflushed((offset, length) ->
                unsafe.set((int) (offset / settings.chunkBytes()), (int) ((offset + length - 1) / settings.chunkBytes()) + 1));
    }

    /** Asks what the log would recover if the source stopped now. */
    void imagineCrash(long seed, CrashMode mode, FaultPoints faults) {
        if (source.logPolicy.isNoted()) {
            return; // every target needs a full resync, and that is durable
        }
        SimScheduler elsewhere = new SimScheduler(seed);
        SimDisk copy = source.logDisk.crashedCopy(elsewhere, mode);
        String when = "after an imagined " + mode;
        SimRandom random = elsewhere.random("rot");
        if (random.chance(200)) {
            long rotten = random.nextLong(copy.geometry().sizeBytes());
            copy.rot(rotten, random.nextInt(8));
            when += " and a flipped bit at " + rotten;
        }
        String story = when;
        boolean[] checked = new boolean[1];
        SimLoop loop = elsewhere.loop("imagined");
        DiskIntentLog.open(copy.attach(loop), SourceNode.logConfig(settings), loop, faults, (log, error) -> {
            if (log == null) {
                throw new SimViolation("I10", story + " the log does not open: " + error);
            }
            recovered(log, story);
            checked[0] = true;
        });
        if (!elsewhere.runUntil(() -> checked[0], 100_000)) {
            throw new SimViolation("I14", story + " the log never opens");
        }
    }
}
