/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.resync;

import java.util.BitSet;
import java.util.Optional;
import org.netraid.block.BlockError;
import org.netraid.intentlog.IntentLog;
import org.netraid.intentlog.SlotState;
import org.netraid.mirror.LegState;
import org.netraid.mirror.Mirror;
import org.netraid.time.EventLoop;

/**
 * Brings one target back in sync.
 *
 * <pre>
 *  MARKING    the target durably knows that it is inconsistent (G4)
 *  COPYING    passes over the dirty chunks, copied by the {@link ChunkPump} that all targets share
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
    private static final double CEILING_BURST_SECONDS = 0.1;
    private static final int LEAST_WINDOW_BYTES = 128 << 10;
    private static final int MAX_HALVINGS = 8;

    private final Mirror mirror;
    private final IntentLog log;
    private final TargetMarker marker;
    private final EventLoop loop;
    private final ChunkPump pump;
    private final int slot;
    private final Todo todo;
    private final TargetWindow window;
    private final ResyncRate rate;
    private final ResyncTally tally;
    private final CompareAdvisor compares;
    private final PassPlan passes;
    /** For the pump: the next chunk needed, as seen from its cursor. */
    long nextChunk;

    private ResyncPhase phase = ResyncPhase.MARKING;
    private String waitsFor = "";
    private boolean settled;
    private boolean awaitsSettled;
    private EventLoop.Timer timer;
    private long reportedNs;
    /** Dirty when it began; only what the target has flushed is not sent again. */
    private final long chunksAtStart;
    /** Those before that have come to nothing. */
    private final int fruitless;

    ResyncSession(Mirror mirror, IntentLog log, TargetMarker marker, ResyncConfig config, EventLoop loop, ChunkPump pump, int slot,
            boolean seeded, int fruitless) {
        this.mirror = mirror;
        this.log = log;
        this.marker = marker;
        this.loop = loop;
        this.pump = pump;
        this.slot = slot;
        this.todo = new Todo(log, slot);
        this.compares = new CompareAdvisor(seeded);
        this.passes = new PassPlan();
        this.chunksAtStart = log.dirtyChunks(slot);
        this.fruitless = fruitless;
        long nowNs = loop.nanoTime();
        int halvings = Math.min(fruitless, MAX_HALVINGS);
        this.window = new TargetWindow(Math.max(LEAST_WINDOW_BYTES >> halvings, (fruitless == 0 ? 2L : 1L) * log.chunkBytes()),
                (long) config.windowRequests() * pump.requestBytes(), TargetWindow.FIRST_BYTES >> halvings, nowNs);
        this.rate = new ResyncRate(config.maxBytesPerSecond(), CEILING_BURST_SECONDS, nowNs);
        this.tally = new ResyncTally(log, slot, mirror.geometry().sizeBytes(), nowNs);
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
        todo.startPass();
        tally.startPass();
        passes.started(log.dirtyChunks(slot));
        mirror.resyncPort().offerPasses(slot);
        pump.enter(this);
    }

    private boolean isReplicating() {
        return mirror.legState(slot) == LegState.RESYNCING;
    }

    /** The chunk is about to be sent. @return false if it is clean by now */
    boolean keepDirty(long chunk) {
        return log.keepDirty(slot, chunk);
    }

    /** The target has answered that it has these chunks of a run. */
    void onWritten(long firstChunk, BitSet chunks, long dataBytes, long zeroBytes, long equalBytes) {
        for (int i = chunks.nextSetBit(0); i >= 0; i = chunks.nextSetBit(chunks.nextClearBit(i))) {
            log.chunksWritten(slot, firstChunk + i, chunks.nextClearBit(i) - i);
        }
        tally.done(chunks.cardinality(), dataBytes, zeroBytes, equalBytes, loop.nanoTime());
        waitsFor = "";
        rate.spend(-equalBytes);
        mirror.resyncPort().noteResynced(dataBytes + zeroBytes);
        report(false);
    }

    /** The chunk stays dirty; the next pass tries it again. */
    void onReadFailed(String text) {
        waitsFor = "the local disk to be readable: " + text;
    }

    /** Everything that was dirty when the pass began is written. */
    void onPassOver() {
        settle();
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
        } else if (mirror.resyncPort().skipsWrites(slot)) {
            nextPass();
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

    /** The application writes faster than the target takes it: passes go on while each leaves less to do, then it has to wait. */
    private void nextPass() {
        if (waitsFor.isEmpty() && passes.isLast(log.dirtyChunks(slot), tally.chunksPerSecond(loop.nanoTime()))) {
            settled = false;
            mirror.resyncPort().holdWrites(slot);
        }
        if (waitsFor.isEmpty()) {
            startPass();
        } else {
            retryLater(waitsFor, this::startPass);
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
        mirror.resyncPort().stopOfferingPasses(slot);
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
        tally.end(loop.nanoTime());
        if (timer != null) {
            timer.cancel();
            timer = null;
        }
        pump.leave(this);
        report(true);
    }

    /** Nothing that it has sent was flushed before it ended. */
    boolean isFruitless() {
        return phase == ResyncPhase.CANCELLED && hasNothingFlushed();
    }

    private boolean hasNothingFlushed() {
        return log.dirtyChunks(slot) >= chunksAtStart;
    }

    boolean isOver() {
        return phase == ResyncPhase.DONE || phase == ResyncPhase.CANCELLED;
    }

    // ---- what others see

    private void report(boolean always) {
        long nowNs = loop.nanoTime();
        if (always || nowNs - reportedNs >= REPORT_NS || tally.chunksDone() <= 1) {
            reportedNs = nowNs;
            mirror.reportResync(slot, tally.chunksDone(), tally.chunksDone() + tally.chunksLeft());
        }
    }

    ResyncProgress progress() {
        return tally.progress(slot, phase, loop.nanoTime(), window.limitBytes(), waitsFor.isEmpty() ? holdUp() : waitsFor);
    }

    /** What keeps it from being faster. */
    private String holdUp() {
        if (phase != ResyncPhase.COPYING) {
            return "";
        }
        if (mirror.resyncPort().isDraining(slot)) {
            return "what is queued for it: the application writes faster than it takes them";
        }
        if (mirror.resyncPort().skipsWrites(slot)) {
            return "the application, which writes faster than the target takes it: what it changes is left for the next pass";
        }
        if (mirror.resyncPort().holdsWrites(slot)) {
            return "the last pass, for which the application's writes wait";
        }
        long paced = pump.pace().bytesPerSecond();
        long nowNs = loop.nanoTime();
        if (paced > 0 && (rate.bytesPerSecond() == 0 || paced < rate.bytesPerSecond())) {
            return "the application: held to " + (paced >> 10) + " KiB/s, so that its writes stay quick";
        }
        return rate.waitNs(nowNs) > 0 ? "its speed limit of " + (rate.bytesPerSecond() >> 10) + " KiB/s" : "";
    }

    void config(ResyncConfig changed) {
        rate.set(changed.maxBytesPerSecond());
    }

    // ---- for the pump

    int slot() {
        return slot;
    }

    Todo todo() {
        return todo;
    }

    TargetWindow window() {
        return window;
    }

    /** Those before have come to nothing, and so has this one up to now. */
    boolean isWary() {
        return fruitless > 0 && hasNothingFlushed();
    }

    /** Zeros travel as their length, but not every target makes them at once: where resyncs came to nothing it gets fewer at a time. */
    long holeRunBytes(long mostBytes) {
        return mostBytes >> Math.min(2 * fruitless, 2 * MAX_HALVINGS);
    }

    ResyncRate rate() {
        return rate;
    }

    ResyncTally tally() {
        return tally;
    }

    CompareAdvisor compares() {
        return compares;
    }

    /** That much is on its way to the target. */
    void spend(long bytes) {
        window.sent(bytes, loop.nanoTime());
        rate.spend(bytes);
    }

    /** Longest request for this target: a slow link must not be blocked by one. */
    int requestBytes(int maxBytes) {
        return (int) Math.max(log.chunkBytes(), Math.min(maxBytes, window.requestBytes()));
    }
}
