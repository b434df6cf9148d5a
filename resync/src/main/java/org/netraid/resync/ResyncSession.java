/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.resync;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.netraid.block.BlockError;
import org.netraid.fault.FaultPoints;
import org.netraid.intentlog.IntentLog;
import org.netraid.intentlog.SlotState;
import org.netraid.mirror.LegState;
import org.netraid.mirror.Mirror;
import org.netraid.mirror.Payload;
import org.netraid.mirror.PayloadPool;
import org.netraid.time.EventLoop;

/**
 * Brings one target back in sync.
 *
 * <pre>
 *  MARKING    the target durably knows that it is inconsistent (G4)
 *  COPYING    passes over the dirty chunks, a window of runs in flight
 *  SETTLING   flush of all copies; writes from before the connection have ended; nothing is dirty, or COPYING again
 *  FINISHING  the log has the target as tracking, the target knows that it is in sync
 *  DONE
 * </pre>
 *
 * The loss of the target, a pause or a newer demand cancels it at any point; the bits tell the next session what is left.
 */
final class ResyncSession {

    private static final long RETRY_NS = 1_000_000_000L;
    private static final long REPORT_NS = 250_000_000L;

    private final Mirror mirror;
    private final IntentLog log;
    private final TargetMarker marker;
    private final ResyncConfig config;
    private final EventLoop loop;
    private final int slot;
    private final boolean resyncWithoutLock;
    private final ResyncPlanner planner;
    private final ResyncRate rate;
    private final PayloadPool memory;
    private final List<ChunkCopy> copies = new ArrayList<>();
    private final long startNs;
    private final int requestBytes;

    private ResyncPhase phase = ResyncPhase.MARKING;
    private String waitsFor = "";
    private ChunkCopy free;
    private int inFlight;
    private boolean passOver;
    private boolean settled;
    private boolean awaitsSettled;
    private boolean pumping;
    private EventLoop.Timer timer;
    private long passChunksLeft;
    private long chunksDone;
    private long bytesSent;
    private long bytesAsZeros;
    private long endNs;
    private long reportedNs;

    ResyncSession(Mirror mirror, IntentLog log, TargetMarker marker, ResyncConfig config, EventLoop loop, FaultPoints faults, int slot) {
        this.mirror = mirror;
        this.log = log;
        this.marker = marker;
        this.config = config;
        this.loop = loop;
        this.slot = slot;
        this.resyncWithoutLock = faults.isArmed("resync-without-lock");
        this.requestBytes = Math.max(config.maxRequestBytes(), log.chunkBytes());
        this.planner = new ResyncPlanner(log, slot, requestBytes);
        this.startNs = loop.nanoTime();
        this.rate = new ResyncRate(config.maxBytesPerSecond(), startNs);
        this.memory = new PayloadPool(2L * config.windowRequests() * requestBytes);
        this.passChunksLeft = log.dirtyChunks(slot);
    }

    // ---- marking

    void start() {
        phase = ResyncPhase.MARKING;
        waitsFor = "the target to record that it is inconsistent";
        marker.markInconsistent(slot, this::onMarkedInconsistent);
    }

    private void onMarkedInconsistent(String refusal) {
        if (isOver()) {
            return;
        }
        if (!refusal.isEmpty()) {
            retryLater("the target could not record that it is inconsistent: " + refusal, this::start);
            return;
        }
        Optional<String> refused = mirror.beginResync(slot);
        if (refused.isPresent()) {
            over(ResyncPhase.CANCELLED, refused.get());
            return;
        }
        startPass();
    }

    private void retryLater(String why, Runnable again) {
        waitsFor = why;
        wake(RETRY_NS, again);
    }

    private void wake(long delayNs, Runnable task) {
        if (timer != null) {
            timer.cancel();
        }
        timer = loop.schedule(delayNs, () -> {
            timer = null;
            if (!isOver()) {
                task.run();
            }
        });
    }

    // ---- copying

    private void startPass() {
        phase = ResyncPhase.COPYING;
        waitsFor = "";
        passOver = false;
        passChunksLeft = planner.startPass();
        pump();
    }

    /** Keeps the window full; the application goes first. */
    private void pump() {
        if (pumping) {
            return;
        }
        pumping = true;
        while (phase == ResyncPhase.COPYING && !passOver && inFlight < window() && isReplicating()) {
            long waitNs = rate.waitNs(loop.nanoTime());
            if (waitNs > 0) {
                wake(waitNs, this::pump);
                break;
            }
            if (!copyNext()) {
                break;
            }
        }
        pumping = false;
        if (passOver && inFlight == 0 && phase == ResyncPhase.COPYING && isReplicating()) {
            settle();
        }
    }

    private int window() {
        return mirror.isBusy() ? config.busyWindowRequests() : config.windowRequests();
    }

    private boolean isReplicating() {
        return mirror.legState(slot) == LegState.RESYNCING;
    }

    private boolean copyNext() {
        Payload payload = memory.take(requestBytes);
        if (payload == null) {
            return false;
        }
        if (!planner.next()) {
            payload.release();
            passOver = true;
            return false;
        }
        long offset = planner.runFirst() * log.chunkBytes();
        long end = Math.min(offset + planner.runCount() * log.chunkBytes(), mirror.geometry().sizeBytes());
        int length = (int) (end - offset);
        rate.spend(length);
        inFlight++;
        takeCopy().start(planner.runFirst(), planner.runCount(), offset, length, payload);
        return true;
    }

    private ChunkCopy takeCopy() {
        ChunkCopy copy = free;
        if (copy == null) {
            copy = new ChunkCopy(this);
            copies.add(copy);
        } else {
            free = copy.next;
        }
        return copy;
    }

    void onWritten(long firstChunk, long count, int lengthBytes, boolean asZeros) {
        if (isOver()) {
            return;
        }
        log.chunksWritten(slot, firstChunk, count);
        chunksDone += count;
        passChunksLeft = Math.max(0, passChunksLeft - count);
        if (asZeros) {
            bytesAsZeros += lengthBytes;
        } else {
            bytesSent += lengthBytes;
        }
        waitsFor = "";
        mirror.noteResynced(lengthBytes);
        report(false);
    }

    /** The chunk stays dirty; the next pass tries it again. */
    void onReadFailed(String text) {
        waitsFor = "the local disk to be readable: " + text;
    }

    void onCopyEnded(ChunkCopy copy) {
        copy.next = free;
        free = copy;
        inFlight--;
        pump();
    }

    // ---- settling and finishing

    /** All is sent: what counts is that it is flushed. */
    private void settle() {
        phase = ResyncPhase.SETTLING;
        mirror.flushAll((error, detail) -> onFlushed(error));
    }

    private void onFlushed(BlockError error) {
        if (isOver() || phase != ResyncPhase.SETTLING || !isReplicating()) {
            // A round also ends when the target is lost during it; then it proves nothing, and the cancel is on its way.
            return;
        }
        if (error.isError()) {
            retryLater("the source's disk to be flushed", this::settle);
        } else if (log.dirtyChunks(slot) > 0) {
            if (waitsFor.isEmpty()) {
                startPass();
            } else {
                retryLater(waitsFor, this::startPass);
            }
        } else if (settled) {
            finish();
        } else {
            waitsFor = "writes from before the target was connected";
            awaitsSettled = true;
        }
    }

    /** From here on no write can miss the target. Those that did have made their chunks dirty. */
    void onSettled() {
        settled = true;
        if (awaitsSettled && !isOver()) {
            awaitsSettled = false;
            startPass();
        }
    }

    private void finish() {
        phase = ResyncPhase.FINISHING;
        waitsFor = "the intent log";
        log.setSlot(slot, log.slotName(slot), SlotState.TRACKING, this::onTracking);
    }

    private void onTracking(BlockError error) {
        if (isOver()) {
            return;
        }
        if (error.isError()) {
            over(ResyncPhase.CANCELLED, "the intent log could not record the end of the resync (" + error + ")");
            return;
        }
        markInSync();
    }

    private void markInSync() {
        waitsFor = "the target to record that it is in sync";
        marker.markInSync(slot, this::onMarkedInSync);
    }

    private void onMarkedInSync(String refusal) {
        if (isOver()) {
            return;
        }
        if (!refusal.isEmpty()) {
            retryLater("the target could not record that it is in sync: " + refusal, this::markInSync);
            return;
        }
        Optional<String> refused = mirror.endResync(slot);
        over(refused.isPresent() ? ResyncPhase.CANCELLED : ResyncPhase.DONE, refused.orElse(""));
    }

    // ---- the end

    void cancel(String why) {
        if (!isOver()) {
            over(ResyncPhase.CANCELLED, why);
        }
    }

    private void over(ResyncPhase how, String why) {
        phase = how;
        waitsFor = why;
        endNs = loop.nanoTime();
        if (timer != null) {
            timer.cancel();
            timer = null;
        }
        for (ChunkCopy copy : copies) {
            copy.cancel();
        }
        report(true);
    }

    boolean isOver() {
        return phase == ResyncPhase.DONE || phase == ResyncPhase.CANCELLED;
    }

    // ---- what others see

    private void report(boolean always) {
        long nowNs = loop.nanoTime();
        if (always || nowNs - reportedNs >= REPORT_NS || chunksDone <= 1) {
            reportedNs = nowNs;
            mirror.reportResync(slot, chunksDone, chunksDone + passChunksLeft);
        }
    }

    ResyncProgress progress() {
        long elapsedNs = (isOver() ? endNs : loop.nanoTime()) - startNs;
        long bytes = bytesSent + bytesAsZeros;
        long bytesPerSecond = elapsedNs <= 0 ? 0 : (long) (bytes * 1e9 / elapsedNs);
        long left = phase == ResyncPhase.DONE ? 0 : passChunksLeft;
        long etaNs = left == 0 ? 0 : bytesPerSecond == 0 ? -1 : (long) ((double) left * log.chunkBytes() / bytesPerSecond * 1e9);
        return new ResyncProgress(slot, phase, chunksDone + left, left, bytesSent, bytesAsZeros, elapsedNs, bytesPerSecond, etaNs,
                waitsFor);
    }

    void maxBytesPerSecond(long value) {
        rate.set(value);
        if (phase == ResyncPhase.COPYING) {
            pump();
        }
    }

    Mirror mirror() {
        return mirror;
    }

    int slot() {
        return slot;
    }

    boolean skipsLocks() {
        return resyncWithoutLock;
    }
}
