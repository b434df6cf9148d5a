/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.verify;

import java.nio.ByteBuffer;
import org.netraid.block.BlockError;
import org.netraid.intentlog.IntentLog;
import org.netraid.mirror.DeviceOp;
import org.netraid.mirror.DeviceOpOwner;
import org.netraid.mirror.Payload;
import org.netraid.mirror.RangeLock;

/**
 * One piece being compared.
 *
 * <pre>
 *  HASHING    where both sides can hash: equal almost always, and no data has moved
 *     | differ: LOCKING; one could not say: READING
 *  READING    both copies, without a lock: equal almost always, and then the application never noticed
 *     | differ
 *  LOCKING    writes under way on the range end, later ones wait
 *  REREADING  both copies again
 *     | differ
 *  FLUSHING   what a target has acknowledged and not yet written is written now
 *  PROVING    both copies for the last time: a difference now is one
 *     | differ
 *  MARKING    the chunk is dirty, durably
 *  REPAIRING  on request: the local disk's chunk goes to the target, still under the lock
 * </pre>
 *
 * Reusable.
 */
final class ComparedPiece implements RangeLock.Holder, DeviceOpOwner {

    private enum State { IDLE, HASHING, READING, LOCKING, REREADING, FLUSHING, PROVING, MARKING, REPAIRING }

    private final VerifySession session;
    private final RangeLock lock = new RangeLock(this);
    private final PieceHashes hashes;
    private State state = State.IDLE;
    private long offsetBytes;
    private int lengthBytes;
    private Payload local;
    private Payload target;
    private int readsOpen;
    private boolean lost;
    private String localError;
    private long startNs;
    /** Chunk within the piece that is looked at now. */
    private int chunkStart;
    private int firstDiffering;
    private int lastDiffering;
    private long differingBytes;

    ComparedPiece(VerifySession session) {
        this.session = session;
        this.hashes = new PieceHashes(session);
    }

    /** @param locked lock at once: equal chunks are to lose the bits of an earlier verify */
    void start(long offset, int length, Payload localMemory, Payload targetMemory, boolean locked, long nowNs) {
        offsetBytes = offset;
        lengthBytes = length;
        local = localMemory;
        target = targetMemory;
        lost = false;
        startNs = nowNs;
        if (locked) {
            claim();
        } else if (session.mirror().resyncPort().canCompare(session.slot())) {
            state = State.HASHING;
            hashes.ask(this, offsetBytes, lengthBytes);
        } else {
            read(State.READING);
        }
    }

    private void hashed() {
        if (lost || session.isOver()) {
            end();
        } else if (!hashes.areKnown()) {
            read(State.READING);
        } else if (hashes.areEqual()) {
            session.onEqual(lengthBytes);
            end();
        } else {
            session.onRecheck();
            claim();
        }
    }

    boolean isIdle() {
        return state == State.IDLE;
    }

    long offsetBytes() {
        return offsetBytes;
    }

    private void read(State as) {
        state = as;
        localError = null;
        readsOpen = 2;
        session.onRead(lengthBytes);
        session.mirror().readLocal(this, offsetBytes, lengthBytes, local);
        session.mirror().resyncPort().readTarget(session.slot(), this, offsetBytes, lengthBytes, target);
    }

    @Override
    public void onOpDone(DeviceOp op) {
        if (state == State.REPAIRING) {
            onRepaired();
            return;
        }
        if (state == State.HASHING) {
            onHashes(op, false);
            return;
        }
        if (op.slot() == IntentLog.LOCAL && op.error().isError()) {
            localError = op.errorText();
        }
        readEnded();
    }

    /** The target is gone; the session is being told by the mirror. */
    @Override
    public void onOpLost(DeviceOp op) {
        lost = true;
        session.onLost();
        if (state == State.REPAIRING) {
            end();
        } else if (state == State.HASHING) {
            onHashes(op, true);
        } else {
            readEnded();
        }
    }

    private void onHashes(DeviceOp op, boolean gone) {
        if (hashes.answered(op, gone)) {
            hashed();
        }
    }

    private void readEnded() {
        if (--readsOpen > 0) {
            return;
        }
        if (lost || session.isOver()) {
            end();
        } else if (localError != null) {
            session.onUnreadable(lengthBytes, localError);
            end();
        } else if (equal()) {
            session.onEqual(lengthBytes);
            if (lock.isHeld() && session.repairs()) {
                session.onProvenEqual(offsetBytes, lengthBytes);
            }
            end();
        } else {
            onDiffering();
        }
    }

    private boolean equal() {
        return view(local, 0, lengthBytes).mismatch(view(target, 0, lengthBytes)) < 0;
    }

    private static ByteBuffer view(Payload payload, int from, int to) {
        return payload.bytes().clear().limit(to).position(from);
    }

    private void claim() {
        state = State.LOCKING;
        if (session.mirror().rangeLocks().acquire(lock, offsetBytes, lengthBytes, false)) {
            onLocked(lock);
        }
    }

    private void onDiffering() {
        switch (state) {
            case READING -> {
                session.onRecheck();
                claim();
            }
            case REREADING -> awaitTarget();
            case PROVING -> {
                chunkStart = 0;
                session.onProven(lengthBytes);
                nextChunk();
            }
            default -> throw new IllegalStateException("compared in state " + state);
        }
    }

    @Override
    public void onLocked(RangeLock held) {
        if (session.isOver()) {
            end();
        } else {
            read(State.REREADING);
        }
    }

    /** What is queued for a target or on its way to it is no difference. Nothing is added while the range is locked. */
    private void awaitTarget() {
        state = State.FLUSHING;
        if (session.isOver()) {
            end();
        } else if (session.mirror().isLagging(session.slot(), offsetBytes, lengthBytes)) {
            session.later(this::awaitTarget);
        } else {
            session.mirror().flushAll((error, detail) -> onFlushed(error));
        }
    }

    private void onFlushed(BlockError error) {
        if (session.isOver()) {
            end();
        } else if (error.isError()) {
            session.onUnreadable(lengthBytes, "the copies could not be flushed");
            end();
        } else {
            read(State.PROVING);
        }
    }

    // ---- a difference

    /** Walks the chunks of the piece; each one that differs is marked, then perhaps repaired. */
    private void nextChunk() {
        int chunkBytes = session.log().chunkBytes();
        while (chunkStart < lengthBytes) {
            int end = Math.min(lengthBytes, chunkStart + chunkBytes);
            if (measure(chunkStart, end)) {
                state = State.MARKING;
                session.log().markDirty(1 << session.slot(), chunk(), 1, this::onMarked);
                return;
            }
            chunkStart = end;
        }
        end();
    }

    private long chunk() {
        return (offsetBytes + chunkStart) / session.log().chunkBytes();
    }

    private boolean measure(int from, int to) {
        ByteBuffer mine = local.bytes().clear();
        ByteBuffer its = target.bytes().clear();
        differingBytes = 0;
        for (int at = from; at < to; at++) {
            if (mine.get(at) != its.get(at)) {
                firstDiffering = differingBytes == 0 ? at : firstDiffering;
                lastDiffering = at;
                differingBytes++;
            }
        }
        return differingBytes > 0;
    }

    private void onMarked(BlockError error) {
        if (error.isError()) {
            session.onCannotMark(error);
            end();
        } else if (session.repairs() && !session.isOver()) {
            state = State.REPAIRING;
            int length = Math.min(session.log().chunkBytes(), lengthBytes - chunkStart);
            session.mirror().resyncPort().write(session.slot(), this, offsetBytes + chunkStart, length, local, chunkStart, false);
        } else {
            report(false);
        }
    }

    private void onRepaired() {
        session.log().chunksWritten(session.slot(), chunk(), 1);
        session.mirror().resyncPort().noteResynced(Math.min(session.log().chunkBytes(), lengthBytes - chunkStart));
        report(true);
    }

    private void report(boolean repaired) {
        session.onDifference(new VerifyDifference(offsetBytes + firstDiffering, lastDiffering - firstDiffering + 1, differingBytes,
                repaired));
        chunkStart += session.log().chunkBytes();
        if (session.isOver() && !repaired) {
            end();
        } else {
            nextChunk();
        }
    }

    // ---- the end

    /** The session is over: what waits for the lock gives it up; reads and log writes under way end by themselves. */
    void cancel() {
        if (state == State.LOCKING) {
            end();
        }
    }

    private void end() {
        state = State.IDLE;
        Payload first = local;
        Payload second = target;
        local = null;
        target = null;
        if (!lock.isFree()) {
            session.mirror().rangeLocks().release(lock);
        }
        first.release();
        second.release();
        session.onPieceEnded(this, lengthBytes, startNs);
    }
}
