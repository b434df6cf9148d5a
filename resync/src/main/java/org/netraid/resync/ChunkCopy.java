/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.resync;

import java.nio.ByteBuffer;
import java.util.BitSet;
import org.netraid.block.ChunkHash;
import org.netraid.block.ExtentList;
import org.netraid.block.StoredBytes;
import org.netraid.block.Zeros;
import org.netraid.intentlog.IntentLog;
import org.netraid.mirror.DeviceOp;
import org.netraid.mirror.DeviceOpOwner;
import org.netraid.mirror.Payload;
import org.netraid.mirror.RangeLock;

/**
 * One run of chunks on its way to every target that needs some of them: claim the range, read the local disk once, write to the targets
 * in parallel, give the range back. The claim excludes application writes, so that what arrives is never older than a write already
 * mirrored. A run that is a hole is not read but looked at again under the claim. Where it is worth it both sides are asked for
 * their hashes first, and what is equal is neither read nor sent. Reusable.
 */
final class ChunkCopy implements RangeLock.Holder, DeviceOpOwner {

    private enum State { IDLE, LOCKING, LOOKING, COMPARING, READING, WRITING }

    private final ChunkPump pump;
    private final RangeLock lock = new RangeLock(this);
    private final TargetPart[] parts = new TargetPart[IntentLog.MAX_SLOTS];
    private final BitSet zeroChunks = new BitSet();
    private final ExtentList extents = new ExtentList(2);
    private State state = State.IDLE;
    private long firstChunk;
    private int chunks;
    private long offsetBytes;
    private long lengthBytes;
    /** Null for a hole. */
    private Payload payload;
    /** Not null while the bytes go from the disk to the target without having been read. */
    private StoredBytes stored;
    private int targetsLeft;
    private int comparisonsLeft;
    private ByteBuffer localHashes;
    private boolean localHashesFailed;
    ChunkCopy next;

    ChunkCopy(ChunkPump pump) {
        this.pump = pump;
        for (int slot = 0; slot < parts.length; slot++) {
            parts[slot] = new TargetPart();
        }
    }

    /** Before {@link #start}: this target needs these chunks of the run; may be called again for more. */
    void need(ResyncSession taker, long first, long end) {
        parts[taker.slot()].need(taker, (int) (first - firstChunk), (int) (end - firstChunk));
    }

    /** What the target's share counts against its window. */
    void cost(ResyncSession taker, long bytes) {
        parts[taker.slot()].costBytes = bytes;
        taker.spend(bytes);
    }

    /** Which run comes next; tell {@link #need} of it, then {@link #start}. */
    void prepare(long first, int count) {
        firstChunk = first;
        chunks = count;
        offsetBytes = first * pump.chunkBytes();
        lengthBytes = Math.min(offsetBytes + (long) count * pump.chunkBytes(), pump.mirror().geometry().sizeBytes()) - offsetBytes;
    }

    long lengthBytes() {
        return lengthBytes;
    }

    /** @param memory where to read to; null if the run is a hole */
    void start(Payload memory) {
        payload = memory;
        state = State.LOCKING;
        if (pump.skipsLocks() || pump.mirror().rangeLocks().acquire(lock, offsetBytes, lengthBytes, false)) {
            onLocked(lock);
        }
    }

    @Override
    public void onLocked(RangeLock held) {
        leaveOutDraining();
        if (!isWanted()) {
            end();
        } else if (payload == null) {
            state = State.LOOKING;
            pump.port().localExtents(this, offsetBytes, lengthBytes, extents);
        } else if (!compare()) {
            read();
        }
    }

    /** Writes may have begun to go past a target while the run waited: its queue holds older bytes, and nothing newer comes after them. */
    private void leaveOutDraining() {
        for (int slot = 0; slot < parts.length; slot++) {
            if (parts[slot].isLive() && pump.port().isDraining(slot)) {
                parts[slot].putBack(firstChunk);
                parts[slot].drop();
            }
        }
    }

    private void read() {
        pump.noteRead(lengthBytes);
        stored = pump.transfers().source(parts, offsetBytes, lengthBytes);
        if (stored != null) {
            zeroChunks.clear();
            write();
            return;
        }
        state = State.READING;
        pump.mirror().readLocal(this, offsetBytes, (int) lengthBytes, payload);
    }

    /** Asks both sides for their hashes. @return false if no target is worth that */
    private boolean compare() {
        comparisonsLeft = 0;
        for (int slot = 0; slot < parts.length; slot++) {
            TargetPart part = parts[slot];
            part.compares = part.isLive() && pump.port().isOpen(slot) && pump.port().canCompare(slot)
                    && part.taker.compares().shouldCompare();
            if (part.compares) {
                comparisonsLeft++;
                pump.port().checksum(slot, this, offsetBytes, (int) lengthBytes, pump.chunkBytes(), part.hashes(chunks));
            }
        }
        if (comparisonsLeft == 0) {
            return false;
        }
        state = State.COMPARING;
        comparisonsLeft++;
        int bytes = chunks * ChunkHash.BYTES;
        if (localHashes == null || localHashes.capacity() < bytes) {
            localHashes = ByteBuffer.allocate(Math.max(bytes, 16 * ChunkHash.BYTES));
        }
        localHashesFailed = false;
        pump.noteCompared(lengthBytes, 1);
        pump.port().checksum(IntentLog.LOCAL, this, offsetBytes, (int) lengthBytes, pump.chunkBytes(), localHashes.clear().limit(bytes));
        return true;
    }

    private void onComparison(DeviceOp op, boolean lost) {
        if (op.slot() == IntentLog.LOCAL) {
            localHashesFailed = op.error().isError();
            pump.noteCompared(0, -1);
        } else if (lost || op.error().isError()) {
            TargetPart part = parts[op.slot()];
            part.compares = false;
            part.taker.compares().onAbandoned();
            part.leaveHashes();
        }
        comparisonsLeft--;
        if (comparisonsLeft == 0) {
            onCompared();
        }
    }

    private void onCompared() {
        boolean somethingToSend = false;
        for (TargetPart part : parts) {
            if (part.compares && !localHashesFailed) {
                part.compare(localHashes, chunks);
                part.taker.compares().onCompared(part.need.cardinality(), part.equal.cardinality());
                part.compares = false;
            }
            somethingToSend |= part.isLive() && part.equal.cardinality() < part.need.cardinality();
        }
        if (!isWanted()) {
            end();
        } else if (somethingToSend) {
            read();
        } else {
            write();
        }
    }

    private long bytesOf(BitSet some) {
        long bytes = (long) some.cardinality() * pump.chunkBytes();
        return some.get(chunks - 1) ? bytes - ((long) chunks * pump.chunkBytes() - lengthBytes) : bytes;
    }

    @Override
    public void onOpDone(DeviceOp op) {
        if (state == State.COMPARING) {
            onComparison(op, false);
        } else if (op.slot() != IntentLog.LOCAL) {
            onTargetOp(op.slot(), true);
        } else if (!isWanted()) {
            end();
        } else if (state == State.LOOKING) {
            onLooked(op);
        } else if (op.error().isError()) {
            forEachTaker(taker -> taker.onReadFailed(op.errorText()));
            end();
        } else {
            findZeros();
            write();
        }
    }

    private interface TakerAction {
        void apply(ResyncSession taker);
    }

    private void forEachTaker(TakerAction action) {
        for (TargetPart part : parts) {
            if (part.isLive()) {
                action.apply(part.taker);
            }
        }
    }

    private void onLooked(DeviceOp op) {
        boolean zero = !op.error().isError() && extents.count() == 1 && extents.totalBytes() == lengthBytes
                && (extents.status(0) & ExtentList.ZERO) != 0;
        if (zero) {
            zeroChunks.set(0, chunks);
            write();
            return;
        }
        // Written since the hint, or not to be known: read it.
        for (TargetPart part : parts) {
            if (part.isLive()) {
                part.putBack(firstChunk);
            }
        }
        pump.onNoHole(op.error().isError());
        end();
    }

    private void findZeros() {
        zeroChunks.clear();
        int chunkBytes = pump.chunkBytes();
        for (int i = 0; i < chunks; i++) {
            int start = i * chunkBytes;
            if (Zeros.isZero(payload.bytes(), start, (int) Math.min(start + (long) chunkBytes, lengthBytes))) {
                zeroChunks.set(i);
            }
        }
    }

    private void write() {
        state = State.WRITING;
        long nowNs = pump.loop().nanoTime();
        // Counted before the first is sent, so that none can end the copy early.
        targetsLeft = 1;
        for (int slot = 0; slot < parts.length; slot++) {
            TargetPart part = parts[slot];
            if (part.isLive() && pump.port().isOpen(slot)) {
                targetsLeft++;
                part.keepDirty(firstChunk);
                part.equalBytes = bytesOf(part.equal);
                part.leave(nowNs);
                part.opsLeft = 1;
                writeTo(slot, part);
                onTargetOp(slot, true);
            } else {
                part.drop();
            }
        }
        targetsLeft--;
        if (targetsLeft == 0) {
            end();
        }
    }

    private void writeTo(int slot, TargetPart part) {
        boolean canZero = payload == null || pump.port().canZero(slot);
        boolean viewUsed = false;
        int chunk = part.need.nextSetBit(0);
        while (chunk >= 0) {
            if (part.equal.get(chunk)) {
                chunk = part.need.nextSetBit(chunk + 1);
                continue;
            }
            int firstEqual = part.equal.nextSetBit(chunk);
            int needEnd = part.need.nextClearBit(chunk);
            needEnd = firstEqual < 0 ? needEnd : Math.min(needEnd, firstEqual);
            boolean zero = canZero && zeroChunks.get(chunk);
            int end = !canZero ? needEnd : Math.min(needEnd, zero ? zeroChunks.nextClearBit(chunk) : nextZero(chunk, needEnd));
            long start = (long) chunk * pump.chunkBytes();
            long length = Math.min((long) end * pump.chunkBytes(), lengthBytes) - start;
            part.opsLeft++;
            if (zero) {
                // A device that cannot zero gets zeros written by its channel.
                part.zeroBytes += pump.port().canZero(slot) ? length : 0;
                part.dataBytes += pump.port().canZero(slot) ? 0 : length;
                pump.port().zero(slot, this, offsetBytes + start, length);
            } else {
                part.dataBytes += length;
                if (stored == null) {
                    pump.port().write(slot, this, offsetBytes + start, (int) length, payload, (int) start, viewUsed);
                } else {
                    pump.port().writeStored(slot, this, offsetBytes + start, length, stored);
                }
                viewUsed = true;
            }
            chunk = part.need.nextSetBit(end);
        }
    }

    private int nextZero(int chunk, int limit) {
        int zero = zeroChunks.nextSetBit(chunk);
        return zero < 0 ? limit : Math.min(zero, limit);
    }

    /** The target is gone; the application's writes must not wait for it any longer. */
    @Override
    public void onOpLost(DeviceOp op) {
        if (state == State.COMPARING) {
            onComparison(op, true);
        } else {
            if (stored != null) {
                pump.transfers().lost(offsetBytes, lengthBytes);
            }
            onTargetOp(op.slot(), false);
        }
    }

    private void onTargetOp(int slot, boolean written) {
        TargetPart part = parts[slot];
        part.lost |= !written;
        part.opsLeft--;
        if (part.opsLeft > 0) {
            return;
        }
        if (!part.lost) {
            part.tellWritten(firstChunk, pump.loop().nanoTime());
        }
        part.drop();
        targetsLeft--;
        if (targetsLeft == 0) {
            end();
        }
    }

    /** A taker has gone. What nobody wants any more gives its range back; a read under way ends later, without it. */
    void endIfUnwanted() {
        if (state == State.IDLE || state == State.WRITING || isWanted()) {
            return;
        }
        if (state == State.LOCKING && !lock.isFree()) {
            end();
        } else {
            releaseLock();
        }
    }

    private boolean isWanted() {
        for (TargetPart part : parts) {
            if (part.isLive()) {
                return true;
            }
        }
        return false;
    }

    private void releaseLock() {
        if (!lock.isFree()) {
            pump.mirror().rangeLocks().release(lock);
        }
    }

    private void end() {
        state = State.IDLE;
        for (TargetPart part : parts) {
            part.drop();
        }
        Payload memory = payload;
        payload = null;
        stored = null;
        releaseLock();
        if (memory != null) {
            memory.release();
        }
        pump.onCopyEnded(this);
    }
}
