/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.verify;

import java.util.ArrayList;
import java.util.List;
import org.netraid.block.BlockError;
import org.netraid.intentlog.IntentLog;
import org.netraid.mirror.LegState;
import org.netraid.mirror.Mirror;
import org.netraid.mirror.Payload;
import org.netraid.mirror.PayloadPool;
import org.netraid.time.EventLoop;

/**
 * Compares one target in sync with the local disk from the first byte to the last. A difference makes its chunk dirty, durably,
 * before anybody is told; with repair the local disk's bytes are written over it at once. The target stays in sync all the time: each write
 * of a repair makes one chunk of it what the source has, so that it is at no moment worth less than before.
 *
 * <p>Ends by itself when the target stops to be in sync, or the mirror is closed.
 */
final class VerifySession {

    /** Differences kept in the result; the rest is counted. */
    static final int MAX_LISTED = 100;
    private static final long LAG_LOOK_NS = 5_000_000L;

    private final Mirror mirror;
    private final IntentLog log;
    private final EventLoop loop;
    private final int slot;
    private final boolean repair;
    private final VerifyListener listener;
    private final VerifyPace pace;
    private final PayloadPool memory;
    private final int pieceBytes;
    private final long totalBytes;
    private final long startNs;
    private final List<ComparedPiece> pieces = new ArrayList<>();
    private final List<ComparedPiece> free = new ArrayList<>();
    private final List<VerifyDifference> differences = new ArrayList<>();

    private VerifyPhase phase = VerifyPhase.RUNNING;
    private String reason = "";
    private long cursorBytes;
    private long doneBytes;
    private long chunksCompared;
    private long chunksDiffering;
    private long chunksRepaired;
    private long chunksSkipped;
    private long rechecks;
    private long targetBytesRead;
    private int inFlight;
    private boolean pumping;
    private boolean flushing;
    private boolean mustFlush;
    private boolean told;
    private long endNs;
    private EventLoop.Timer timer;

    VerifySession(Mirror mirror, IntentLog log, EventLoop loop, VerifyConfig config, int slot, boolean repair,
            VerifyListener listener) {
        this.mirror = mirror;
        this.log = log;
        this.loop = loop;
        this.slot = slot;
        this.repair = repair;
        this.listener = listener;
        this.pieceBytes = Math.max(config.pieceBytes(), log.chunkBytes());
        this.totalBytes = mirror.geometry().sizeBytes();
        this.startNs = loop.nanoTime();
        this.pace = new VerifyPace(config.windowPieces(), config.maxBytesPerSecond(), startNs);
        this.memory = new PayloadPool(2L * config.windowPieces() * pieceBytes);
    }

    void start() {
        loop.execute(this::pump);
    }

    /** Ends it early. Nothing happens if it is over. */
    void stop(String why) {
        if (!isOver()) {
            reason = why;
            over(VerifyPhase.STOPPED);
        }
    }

    boolean isOver() {
        return phase != VerifyPhase.RUNNING;
    }

    /** Changes the ceiling of the rate at once; 0 for none. */
    void maxBytesPerSecond(long value) {
        pace.maxBytesPerSecond(value);
        pump();
    }

    // ---- comparing

    private void pump() {
        if (pumping || isOver()) {
            return;
        }
        pumping = true;
        while (!isOver() && cursorBytes < totalBytes) {
            long nowNs = loop.nanoTime();
            pace.noteBusy(mirror.isBusy(), nowNs);
            if (inFlight >= pace.window(nowNs)) {
                break;
            }
            long waitNs = pace.waitNs(nowNs);
            if (waitNs > 0) {
                wake(waitNs);
                break;
            }
            if (!startNext(nowNs)) {
                break;
            }
        }
        pumping = false;
        if (!isOver() && cursorBytes >= totalBytes && inFlight == 0 && !flushing) {
            finish();
        }
    }

    private void wake(long delayNs) {
        if (timer == null) {
            timer = loop.schedule(delayNs, () -> {
                timer = null;
                pump();
            });
        }
    }

    private boolean startNext(long nowNs) {
        int length = (int) Math.min(pieceBytes, totalBytes - cursorBytes);
        if (mirror.legState(slot) != LegState.IN_SYNC) {
            stop("the target is not in sync any more");
            return false;
        }
        Payload local = memory.take(pieceBytes);
        Payload target = local == null ? null : memory.take(pieceBytes);
        if (target == null) {
            if (local != null) {
                local.release();
            }
            return false;
        }
        long offset = cursorBytes;
        cursorBytes += length;
        inFlight++;
        pace.started(length, nowNs);
        takePiece().start(offset, length, local, target, repair && isDirty(offset, length), nowNs);
        return true;
    }

    /** An earlier verify has found something here, and the application may have overwritten it since. */
    private boolean isDirty(long offsetBytes, int lengthBytes) {
        long dirty = log.nextDirtyChunk(slot, offsetBytes / log.chunkBytes());
        return dirty >= 0 && dirty * log.chunkBytes() < offsetBytes + lengthBytes;
    }

    private ComparedPiece takePiece() {
        if (!free.isEmpty()) {
            return free.remove(free.size() - 1);
        }
        ComparedPiece piece = new ComparedPiece(this);
        pieces.add(piece);
        return piece;
    }

    void onEqual(int lengthBytes) {
        chunksCompared += chunks(lengthBytes);
    }

    void onProven(int lengthBytes) {
        chunksCompared += chunks(lengthBytes);
    }

    /** Proven equal under the lock and flushed soon: bits from an earlier verify go. */
    void onProvenEqual(long offsetBytes, int lengthBytes) {
        log.chunksWritten(slot, offsetBytes / log.chunkBytes(), chunks(lengthBytes));
        mirror.resyncPort().noteResynced(lengthBytes);
        mustFlush = true;
    }

    void later(Runnable task) {
        loop.schedule(LAG_LOOK_NS, task);
    }

    /** A piece is fetched from the target. */
    void onRead(int lengthBytes) {
        targetBytesRead += lengthBytes;
    }

    void onRecheck() {
        rechecks++;
    }

    void onUnreadable(int lengthBytes, String text) {
        chunksSkipped += chunks(lengthBytes);
        reason = text;
    }

    private long chunks(int lengthBytes) {
        return (lengthBytes + log.chunkBytes() - 1) / log.chunkBytes();
    }

    void onDifference(VerifyDifference difference) {
        chunksDiffering++;
        chunksRepaired += difference.repaired() ? 1 : 0;
        if (differences.size() < MAX_LISTED) {
            differences.add(difference);
        }
        listener.onDifference(difference);
    }

    void onCannotMark(BlockError error) {
        stop("the intent log could not record a difference (" + error + ")");
    }

    void onLost() {
        stop("the target is lost");
    }

    void onPieceEnded(ComparedPiece piece, int lengthBytes, long pieceStartNs) {
        long nowNs = loop.nanoTime();
        inFlight--;
        doneBytes += lengthBytes;
        pace.noteBusy(mirror.isBusy(), nowNs);
        pace.ended(nowNs - pieceStartNs, nowNs);
        free.add(piece);
        if (isOver()) {
            tellIfEnded();
        } else {
            pump();
        }
    }

    // ---- the end

    /** With repairs, the flush clears their bits. */
    private void finish() {
        if (chunksRepaired == 0 && !mustFlush) {
            over(VerifyPhase.DONE);
            return;
        }
        flushing = true;
        mirror.flushAll((error, detail) -> {
            flushing = false;
            if (!isOver()) {
                reason = error.isError() ? "what was repaired could not be flushed: " + error : reason;
                over(VerifyPhase.DONE);
            }
        });
    }

    private void over(VerifyPhase how) {
        phase = how;
        endNs = loop.nanoTime();
        if (timer != null) {
            timer.cancel();
            timer = null;
        }
        List.copyOf(pieces).forEach(ComparedPiece::cancel);
        tellIfEnded();
    }

    private void tellIfEnded() {
        if (inFlight == 0 && !told) {
            told = true;
            loop.execute(() -> listener.onEnded(progress()));
        }
    }

    // ---- what others see

    VerifyProgress progress() {
        long elapsedNs = (isOver() ? endNs : loop.nanoTime()) - startNs;
        long rate = elapsedNs <= 0 ? 0 : (long) (doneBytes * 1e9 / elapsedNs);
        long etaNs = isOver() ? 0 : rate == 0 ? -1 : (long) ((double) (totalBytes - doneBytes) / rate * 1e9);
        return new VerifyProgress(slot, phase, repair, totalBytes, doneBytes, chunksCompared, chunksDiffering, chunksRepaired,
                chunksSkipped, rechecks, targetBytesRead, elapsedNs, rate, etaNs, reason, differences);
    }

    Mirror mirror() {
        return mirror;
    }

    IntentLog log() {
        return log;
    }

    int slot() {
        return slot;
    }

    boolean repairs() {
        return repair;
    }
}
