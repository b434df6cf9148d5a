/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.resync;

import java.nio.ByteBuffer;
import org.netraid.intentlog.IntentLog;
import org.netraid.mirror.DeviceOp;
import org.netraid.mirror.DeviceOpOwner;
import org.netraid.mirror.Payload;
import org.netraid.mirror.RangeLock;

/**
 * One run of chunks on its way to one target: claim the range, read the local disk, write to the target, give the range back. The
 * claim excludes application writes, so that what arrives is never older than a write already mirrored. Reusable.
 */
final class ChunkCopy implements RangeLock.Holder, DeviceOpOwner {

    private enum State { IDLE, LOCKING, READING, WRITING }

    private final ResyncSession session;
    private final RangeLock lock = new RangeLock(this);
    private State state = State.IDLE;
    private long firstChunk;
    private long chunks;
    private long offsetBytes;
    private int lengthBytes;
    private Payload payload;
    ChunkCopy next;

    ChunkCopy(ResyncSession session) {
        this.session = session;
    }

    void start(long first, long count, long offset, int length, Payload memory) {
        firstChunk = first;
        chunks = count;
        offsetBytes = offset;
        lengthBytes = length;
        payload = memory;
        state = State.LOCKING;
        if (session.skipsLocks() || session.mirror().rangeLocks().acquire(lock, offsetBytes, lengthBytes, false)) {
            onLocked(lock);
        }
    }

    @Override
    public void onLocked(RangeLock held) {
        if (session.isOver()) {
            end();
            return;
        }
        state = State.READING;
        session.mirror().readLocal(this, offsetBytes, lengthBytes, payload);
    }

    @Override
    public void onOpDone(DeviceOp op) {
        if (op.slot() != IntentLog.LOCAL) {
            boolean zeros = op.isZeroing();
            releaseLock();
            session.onWritten(firstChunk, chunks, lengthBytes, zeros);
            end();
        } else if (session.isOver()) {
            end();
        } else if (op.error().isError()) {
            session.onReadFailed(op.errorText());
            end();
        } else {
            write();
        }
    }

    private void write() {
        state = State.WRITING;
        if (session.mirror().legCanZero(session.slot()) && isZero(payload.bytes(), lengthBytes)) {
            session.mirror().resyncZeroes(session.slot(), this, offsetBytes, lengthBytes);
        } else {
            session.mirror().resyncWrite(session.slot(), this, offsetBytes, lengthBytes, payload);
        }
    }

    /** The target is gone; the application's writes must not wait for it any longer. */
    @Override
    public void onOpLost(DeviceOp op) {
        end();
    }

    /** The session is over. A read under way ends later, without the range. */
    void cancel() {
        if (state == State.LOCKING && !lock.isFree()) {
            end();
        } else if (state == State.READING) {
            releaseLock();
        }
    }

    boolean isIdle() {
        return state == State.IDLE;
    }

    private void releaseLock() {
        if (!lock.isFree()) {
            session.mirror().rangeLocks().release(lock);
        }
    }

    private void end() {
        state = State.IDLE;
        Payload memory = payload;
        payload = null;
        releaseLock();
        memory.release();
        session.onCopyEnded(this);
    }

    static boolean isZero(ByteBuffer bytes, int lengthBytes) {
        bytes.clear();
        int i = 0;
        for (; i + Long.BYTES <= lengthBytes; i += Long.BYTES) {
            if (bytes.getLong(i) != 0) {
                return false;
            }
        }
        for (; i < lengthBytes; i++) {
            if (bytes.get(i) != 0) {
                return false;
            }
        }
        return true;
    }
}
