/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.mirror;

import java.nio.ByteBuffer;
import org.netraid.block.BlockCapability;
import org.netraid.block.BlockCommand;
import org.netraid.block.BlockDevice;
import org.netraid.block.ExtentList;
import org.netraid.block.StoredBytes;
import org.netraid.intentlog.IntentLog;
import org.netraid.time.EventLoop;

/**
 * The commands under way on one device of the mirror: the local disk, or one connection to a target. Watches their age. A new connection
 * gets a new channel, so that a late reply of the old one can change nothing.
 */
final class CopyChannel {

    /** Seven targets and the local disk. */
    static final int MAX_COPIES = IntentLog.MAX_SLOTS + 1;
    /** Index of the local disk among the copies. */
    static final int LOCAL_COPY = IntentLog.MAX_SLOTS;
    /** For devices without WRITE_ZEROES; only duplicates are handed out. */
    static final ByteBuffer ZEROS = ByteBuffer.allocateDirect(1 << 20).asReadOnlyBuffer();

    /** Who decides what an error or a silence means. */
    interface Watcher {
        /** The command has failed; called before its owner is told. */
        void onError(CopyChannel channel, DeviceOp op);

        /** The oldest command has had no answer for the channel's timeout; null: one of those given up. */
        void onTimeout(CopyChannel channel, DeviceOp oldest);

        /** The device has ended the last command that was given up. */
        void onDrained(CopyChannel channel);
    }

    final int slot;
    final int copy;
    final BlockDevice device;
    final int maxTransferBytes;
    private final boolean keepsOrder;
    private final boolean givesReceipts;
    boolean zerosByWriting;

    private final EventLoop loop;
    private final Watcher watcher;
    private final long timeoutNs;
    private final Runnable checkAge = this::checkAge;
    private DeviceOp free;
    private DeviceOp oldest;
    private DeviceOp newest;
    private int inFlight;
    private int orphans;
    private long abandonedNs;
    private long bytesInFlight;
    private EventLoop.Timer timer;
    final FlushLine flushes = new FlushLine(this);

    /** @param timeoutNs longest silence; 0 for none */
    CopyChannel(int slot, BlockDevice device, EventLoop loop, Watcher watcher, long timeoutNs) {
        this.slot = slot;
        this.copy = slot == IntentLog.LOCAL ? LOCAL_COPY : slot;
        this.device = device;
        this.loop = loop;
        this.watcher = watcher;
        this.timeoutNs = timeoutNs;
        this.keepsOrder = device.can(BlockCapability.BARRIER);
        this.givesReceipts = keepsOrder && device.can(BlockCapability.RECEIPT);
        int limit = device.geometry().maxTransferBytes();
        this.maxTransferBytes = limit - limit % device.geometry().minBlockBytes();
    }

    /** Writes the first bytes of the payload, which it holds until the command has really ended. */
    void write(DeviceOpOwner owner, long offsetBytes, int lengthBytes, int flags, Payload payload, int payloadStart) {
        ByteBuffer view = payload.view(copy);
        view.clear().limit(payloadStart + lengthBytes).position(payloadStart);
        write(owner, offsetBytes, lengthBytes, flags, payload, view);
    }

    /** The same from a view of the payload that is this command's own. */
    void write(DeviceOpOwner owner, long offsetBytes, int lengthBytes, int flags, Payload payload, ByteBuffer view) {
        payload.retain();
        submit(owner, BlockCommand.WRITE, offsetBytes, lengthBytes, flags, view, payload);
    }

    /** Writes what the local disk holds there, which nobody must change until the command has ended. */
    void writeStored(DeviceOpOwner owner, long offsetBytes, long lengthBytes, StoredBytes from) {
        DeviceOp op = take(owner, null);
        op.stored = from;
        begin(op, BlockCommand.WRITE, offsetBytes, lengthBytes, 0, null);
    }

    void read(DeviceOpOwner owner, long offsetBytes, ByteBuffer into, Payload payload) {
        if (payload != null) {
            payload.retain();
        }
        submit(owner, BlockCommand.READ, offsetBytes, into.remaining(), 0, into, payload);
    }

    void extents(DeviceOpOwner owner, long offsetBytes, long lengthBytes, int flags, ExtentList into) {
        submit(owner, BlockCommand.EXTENTS, offsetBytes, lengthBytes, flags, null, null, into);
    }

    /** The buffer belongs to the command until that has really ended, also when its owner has been told of the target's loss. */
    void checksum(DeviceOpOwner owner, long offsetBytes, int lengthBytes, int chunkBytes, ByteBuffer into) {
        DeviceOp op = take(owner, null);
        op.chunkBytes = chunkBytes;
        begin(op, BlockCommand.CHECKSUM, offsetBytes, lengthBytes, 0, into);
    }

    void zero(DeviceOpOwner owner, long offsetBytes, long lengthBytes, int flags) {
        submit(owner, BlockCommand.WRITE_ZEROES, offsetBytes, lengthBytes, flags, null, null);
    }

    /** @return false if the device has no flush: nothing to wait for */
    boolean flush(DeviceOpOwner owner) {
        if (!device.can(BlockCapability.FLUSH)) {
            return false;
        }
        submit(owner, BlockCommand.FLUSH, 0, 0, 0, null, null);
        return true;
    }

    /** Nothing sent after this is begun at the target before everything sent earlier has ended there. */
    void barrier(DeviceOpOwner owner) {
        submit(owner, BlockCommand.BARRIER, 0, 0, 0, null, null);
    }

    /** True if one epoch need not be answered before the next one is sent. */
    boolean keepsOrder() {
        return keepsOrder;
    }

    /** True if the target says when it has a write in memory, and keeps order on its way from there. */
    boolean givesReceipts() {
        return givesReceipts;
    }

    /** True if the command goes to the device at once and whole: only then can a barrier sent later come after all of it. */
    boolean goesWhole(BlockCommand command, long lengthBytes) {
        return command == BlockCommand.WRITE && lengthBytes <= maxTransferBytes;
    }

    boolean mustWriteZeros() {
        return zerosByWriting || !device.can(BlockCapability.WRITE_ZEROES);
    }

    private void submit(DeviceOpOwner owner, BlockCommand command, long offsetBytes, long lengthBytes, int flags, ByteBuffer data,
            Payload payload) {
        submit(owner, command, offsetBytes, lengthBytes, flags, data, payload, null);
    }

    private void submit(DeviceOpOwner owner, BlockCommand command, long offsetBytes, long lengthBytes, int flags, ByteBuffer data,
            Payload payload, ExtentList extents) {
        DeviceOp op = take(owner, payload);
        op.extents = extents;
        begin(op, command, offsetBytes, lengthBytes, flags, data);
    }

    private DeviceOp take(DeviceOpOwner owner, Payload payload) {
        DeviceOp op = free;
        if (op == null) {
            op = new DeviceOp(this);
        } else {
            free = op.next;
        }
        op.owner = owner;
        op.payload = payload;
        op.extents = null;
        op.stored = null;
        op.wantsReceipt = givesReceipts && owner.wantsReceipt(slot);
        return op;
    }

    private void begin(DeviceOp op, BlockCommand command, long offsetBytes, long lengthBytes, int flags, ByteBuffer data) {
        append(op);
        inFlight++;
        bytesInFlight += command == BlockCommand.WRITE ? lengthBytes : 0;
        if (timeoutNs > 0 && timer == null) {
            timer = loop.schedule(timeoutNs, checkAge);
        }
        op.start(command, offsetBytes, lengthBytes, flags, data);
    }

    /** The device has answered a slice: it lives. */
    void onProgress(DeviceOp op) {
        unlink(op);
        append(op);
    }

    void onEnded(DeviceOp op) {
        unlink(op);
        inFlight--;
        DeviceOpOwner owner = op.owner;
        boolean lost = false;
        dropPayload(op);
        if (op.error().isError() && !op.isHarmless()) {
            watcher.onError(this, op);
            lost = slot != IntentLog.LOCAL;
        }
        if (lost) {
            owner.onOpLost(op);
        } else {
            owner.onOpDone(op);
        }
        recycle(op);
    }

    void onOrphanEnded(DeviceOp op) {
        orphans--;
        dropPayload(op);
        recycle(op);
        if (orphans == 0) {
            watcher.onDrained(this);
        }
    }

    /** Gives up every command under way; what they use stays theirs until they really end. */
    void abandon() {
        // Who gives up again and again must not put off the end of those from before.
        abandonedNs = orphans == 0 ? loop.nanoTime() : abandonedNs;
        while (oldest != null) {
            DeviceOp op = oldest;
            unlink(op);
            inFlight--;
            if (flushes.leave(op)) {
                op.owner.onOpLost(op);
                dropPayload(op);
                recycle(op);
                continue;
            }
            orphans++;
            op.orphaned = true;
            if (op.payload != null) {
                op.payload.orphan();
            }
            op.owner.onOpLost(op);
            op.owner = null;
        }
        bytesInFlight = 0;
        if (timer != null) {
            timer.cancel();
            timer = null;
        }
        if (orphans > 0 && timeoutNs > 0) {
            // A device that never lets go of them would otherwise hold the target back for ever.
            timer = loop.schedule(Math.max(0, abandonedNs + timeoutNs - loop.nanoTime()), checkAge);
        }
    }

    int inFlight() {
        return inFlight;
    }

    long bytesInFlight() {
        return bytesInFlight;
    }

    /** Commands given up that the device has not ended yet. */
    int orphans() {
        return orphans;
    }

    long oldestAgeNs() {
        return oldest == null ? 0 : loop.nanoTime() - oldest.startedNs;
    }

    private void checkAge() {
        timer = null;
        if (orphans > 0 && loop.nanoTime() - abandonedNs >= timeoutNs) {
            watcher.onTimeout(this, null);
            return;
        }
        if (oldest == null) {
            return;
        }
        long ageNs = oldestAgeNs();
        if (ageNs >= timeoutNs) {
            watcher.onTimeout(this, oldest);
        } else {
            timer = loop.schedule(timeoutNs - ageNs, checkAge);
        }
    }

    private void append(DeviceOp op) {
        op.startedNs = timeoutNs > 0 ? loop.nanoTime() : 0;
        op.previous = newest;
        op.next = null;
        if (newest == null) {
            oldest = op;
        } else {
            newest.next = op;
        }
        newest = op;
    }

    private void unlink(DeviceOp op) {
        if (op.previous == null) {
            oldest = op.next;
        } else {
            op.previous.next = op.next;
        }
        if (op.next == null) {
            newest = op.previous;
        } else {
            op.next.previous = op.previous;
        }
        op.previous = null;
        op.next = null;
    }

    private void dropPayload(DeviceOp op) {
        Payload payload = op.payload;
        op.payload = null;
        if (!op.orphaned) {
            bytesInFlight -= op.isWrite() ? op.lengthBytes() : 0;
        }
        if (payload != null) {
            payload.release();
        }
    }

    private void recycle(DeviceOp op) {
        op.owner = null;
        op.next = free;
        free = op;
    }
}
