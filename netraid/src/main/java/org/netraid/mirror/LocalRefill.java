/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.mirror;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import org.netraid.block.BlockError;
import org.netraid.intentlog.IntentLog;

/**
 * Fills a new or repaired local disk from a target that is in sync, all of it: what a disk that has failed still holds is not believed.
 * Each piece is claimed in the range locks while it is copied; the application's writes go to the disk all the while.
 */
final class LocalRefill {

    private static final int PIECES = 4;
    private static final int PIECE_BYTES = 512 << 10;

    private final Mirror mirror;
    private final LocalDisk disk;
    private final MirrorAction whole;
    private final PayloadPool payloads = new PayloadPool((long) PIECES * PIECE_BYTES);
    private final ArrayDeque<Piece> idle = new ArrayDeque<>();
    private final List<Piece> pieces = new ArrayList<>();
    private long nextBytes;
    private long doneBytes;
    private String failure = "";
    private boolean told;

    LocalRefill(Mirror mirror, LocalDisk disk, MirrorAction whole) {
        this.mirror = mirror;
        this.disk = disk;
        this.whole = whole;
    }

    long doneBytes() {
        return doneBytes;
    }

    void start() {
        for (int i = 0; i < PIECES; i++) {
            Piece piece = new Piece();
            pieces.add(piece);
            idle.add(piece);
        }
        next();
    }

    /** Told to whoever asked for it, when nothing of it is under way any more. */
    void fail(String why) {
        failure = failure.isEmpty() ? why : failure;
        next();
    }

    private void next() {
        while (failure.isEmpty() && nextBytes < mirror.geometry().sizeBytes() && !idle.isEmpty()) {
            Piece piece = idle.removeFirst();
            long offset = nextBytes;
            int length = (int) Math.min(PIECE_BYTES, mirror.geometry().sizeBytes() - offset);
            nextBytes += length;
            piece.begin(offset, length);
        }
        if (idle.size() < PIECES || told || failure.isEmpty() && nextBytes < mirror.geometry().sizeBytes()) {
            return;
        }
        told = true;
        if (!failure.isEmpty()) {
            disk.refillEnded();
            whole.onDone(BlockError.EIO, "the local disk of mirror " + mirror.name() + " could not be filled: " + failure);
            return;
        }
        mirror.flushAll((error, detail) -> {
            if (!failure.isEmpty() || error.isError() || disk.state() != LocalState.FILLING) {
                disk.refillEnded();
                whole.onDone(BlockError.EIO, "the local disk of mirror " + mirror.name() + " could not be flushed: "
                        + (failure.isEmpty() ? detail : failure));
            } else {
                disk.filled(whole);
            }
        });
    }

    /** One range on its way from a target to the disk. */
    private final class Piece implements DeviceOpOwner, RangeLock.Holder {
        private final RangeLock lock = new RangeLock(this);
        private long offset;
        private int length;
        private int triedMask;
        private Payload payload;

        void begin(long offsetBytes, int lengthBytes) {
            offset = offsetBytes;
            length = lengthBytes;
            triedMask = 0;
            if (mirror.rangeLocks().acquire(lock, offset, length, false)) {
                read();
            }
        }

        @Override
        public void onLocked(RangeLock held) {
            read();
        }

        private void read() {
            int slot = mirror.standIns.readableSlot(offset, length, triedMask);
            if (slot < 0 && failure.isEmpty() && mirror.standIns.isLaggingCopy(offset, length, triedMask)) {
                mirror.streams.whenPassed(this::read);
                return;
            }
            if (slot < 0 || !failure.isEmpty()) {
                failure = failure.isEmpty() ? "no target could give " + length + " bytes at offset " + offset : failure;
                end();
                return;
            }
            triedMask |= 1 << slot;
            payload = payloads.take(length);
            if (payload == null) {
                // what a lost target sits on is off the account: there is always room for each piece
                throw new IllegalStateException("the refill of mirror " + mirror.name() + " has lost a buffer");
            }
            payload.bytes().clear().limit(length);
            mirror.legs.leg(slot).channel.read(this, offset, payload.bytes(), payload);
        }

        @Override
        public void onOpDone(DeviceOp op) {
            if (op.slot() != IntentLog.LOCAL && failure.isEmpty()) {
                disk.writes().write(this, offset, length, 0, payload, 0);
                return;
            }
            if (op.error().isError() && failure.isEmpty()) {
                failure = op.errorText();
            }
            drop();
            doneBytes += length;
            end();
        }

        @Override
        public void onOpLost(DeviceOp op) {
            drop();
            read();
        }

        private void drop() {
            payload.release();
            payload = null;
        }

        private void end() {
            mirror.rangeLocks().release(lock);
            idle.addLast(this);
            next();
        }
    }
}
