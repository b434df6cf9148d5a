/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.sim;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

import org.netraid.block.BlockCommand;
import org.netraid.block.BlockDevice;
import org.netraid.block.BlockError;
import org.netraid.block.BlockGeometry;
import org.netraid.block.BlockRequest;
import org.netraid.block.ChunkHash;

/**
 * A disk that outlives its node: the medium with its volatile cache, its faults and its probes. A node reaches it through the
 * {@link BlockDevice} that {@link #attach} gives; after a crash the next life of the node attaches again.
 *
 * <p>Requests overlap and overtake each other. A write becomes visible at a random time between submit and completion, sometimes in two
 * parts; its buffer is read only then. A flush makes durable what was complete when it was submitted, and perhaps more.
 *
 * <p>{@link #crash} belongs to the node's death: kill the loop first, then crash the disk.
 */
public final class SimDisk {

    private long unreadableAt = -1;
    private long peekedBytes;
    private final SimScheduler scheduler;
    private final String name;
    private final SimDiskOptions options;
    private final SimRandom pace;
    private final SimRandom damage;
    private final DiskImage image;
    private final List<DiskObserver> observers = new ArrayList<>();
    private final List<SimDiskFault> faults = new ArrayList<>();
    private final List<DiskOperation> inFlight = new ArrayList<>();
    private final List<DiskOperation> hung = new ArrayList<>();
    private final String appliedLabel;
    private final String doneLabel;
    private long writeBytesPerSecond;
    private long pipeFreeNs;
    private int openCount;
    private long reads;
    private long writes;
    private long flushes;
    /** What it shows may not be what it holds: it gives no hashes before a power cut has made the two one again. */
    boolean flushFailed;
    private final ChunkHash chunkHash = new ChunkHash();
    private final ByteBuffer zeroHash = ByteBuffer.allocate(ChunkHash.BYTES);
    private int zerosHashed = -1;
    private long extents;
    private long checksums;
    private long bytesRead;
    private long bytesWritten;

    public SimDisk(SimScheduler scheduler, String name, SimDiskOptions options) {
        this.scheduler = scheduler;
        this.name = name;
        this.options = options;
        this.pace = scheduler.random(name + ".pace");
        this.damage = scheduler.random(name + ".damage");
        this.image = new DiskImage(options.geometry().sizeBytes(), damage, this::noteDurable);
        this.appliedLabel = name + ".apply";
        this.doneLabel = name + ".done";
    }

    /** A device over this medium for one life of a node. */
    public BlockDevice attach(SimLoop loop) {
        openCount++;
        return new SimDiskDevice(this, loop);
    }

    public String name() {
        return name;
    }

    /** Devices of living nodes over this medium that nobody has closed. */
    public int openCount() {
        return openCount;
    }

    void noteClosed() {
        openCount--;
    }

    public BlockGeometry geometry() {
        return options.geometry();
    }

    SimDiskOptions options() {
        return options;
    }

    // ---- faults

    /** A new fault, active from the moment its effect is chosen: {@code disk.fault().on(READ).once().fail(EIO)}. */
    public SimDiskFault fault() {
        SimDiskFault fault = new SimDiskFault();
        faults.add(fault);
        return fault;
    }

    /** All writes together take no more bytes than this, as if they came through one slow link; 0: no limit. */
    public void throttleWrites(long bytesPerSecond) {
        writeBytesPerSecond = bytesPerSecond;
    }

    /** Ends every fault; hung requests go on. */
    public void clearFaults() {
        faults.clear();
        releaseHung();
    }

    /** Lets every hung request go on. */
    public void releaseHung() {
        List<DiskOperation> released = new ArrayList<>(hung);
        hung.clear();
        for (DiskOperation operation : released) {
            start(operation, null);
        }
    }

    public int hungCount() {
        return hung.size();
    }

    /** Flips one bit of what is stored; no command did it. */
    public void rot(long offsetBytes, int bit) {
        image.current().flipBit(offsetBytes, bit);
        image.durable().flipBit(offsetBytes, bit);
        noteContent(offsetBytes, 1);
        noteDurable(offsetBytes, 1);
    }

    /** The node of this disk has died (its loop is killed): decides what is left on the medium. No request of its completes any more. */
    public void crash(CrashMode mode) {
        scheduler.record(name + ".crash");
        openCount = 0;
        List<DiskOperation> running = new ArrayList<>(inFlight);
        running.addAll(hung);
        inFlight.clear();
        hung.clear();
        for (DiskOperation operation : running) {
            operation.abandon(image, damage, mode == CrashMode.POWER_CUT_ALL_LOST ? 0 : damage.nextInt(3), true);
        }
        if (mode != CrashMode.PROCESS_KILL) {
            image.powerCut(mode == CrashMode.POWER_CUT_ALL_LOST, this::noteContent);
            flushFailed = false;
        }
    }

    /**
     * What the disk could be after a crash at this moment, as a disk of another simulation; this one stays untouched, and must not go on
     * while the copy is in use. For checkers that ask "and if it stopped here?".
     */
    public SimDisk crashedCopy(SimScheduler elsewhere, CrashMode mode) {
        SimDisk copy = new SimDisk(elsewhere, name, options);
        copy.image.copyFrom(image);
        List<DiskOperation> running = new ArrayList<>(inFlight);
        running.addAll(hung);
        for (DiskOperation operation : running) {
            operation.abandon(copy.image, copy.damage, mode == CrashMode.POWER_CUT_ALL_LOST ? 0 : copy.damage.nextInt(3), false);
        }
        copy.crash(mode);
        return copy;
    }

    // ---- probes

    /** Gets ranges, perhaps overlapping. */
    @FunctionalInterface
    public interface RangeVisitor {
        void visit(long offsetBytes, long lengthBytes);
    }

    /** Visits every applied modification that a power cut could undo. */
    public void forEachUnflushed(RangeVisitor visitor) {
        image.forEachUnflushed(visitor);
    }

    public void observe(DiskObserver observer) {
        observers.add(observer);
    }

    /** What reads see now. */
    public byte[] content(long offsetBytes, int lengthBytes) {
        byte[] bytes = new byte[lengthBytes];
        image.current().read(offsetBytes, bytes, 0, lengthBytes);
        return bytes;
    }

    /** What reads see now, into the beginning of an array: for checkers that look often. */
    public void readContent(long offsetBytes, byte[] into, int lengthBytes) {
        image.current().read(offsetBytes, into, 0, lengthBytes);
    }

    /** What is sure to be there after a power cut, into the beginning of an array. */
    public void readDurable(long offsetBytes, byte[] into, int lengthBytes) {
        image.durable().read(offsetBytes, into, 0, lengthBytes);
    }

    /** From now on nothing that holds this byte can be taken from the cache; -1: all can. Reads as requests have faults of their own. */
    public void unreadableAt(long offsetBytes) {
        unreadableAt = offsetBytes;
    }

    /** Puts the hash of each chunk to the buffer's position, which stays. Most of a simulated disk is zeros: hashed once. */
    void hash(long offset, long length, int chunkBytes, ByteBuffer into) {
        int index = into.position();
        for (long at = offset; at < offset + length; at += chunkBytes, index += ChunkHash.BYTES) {
            int count = (int) Math.min(chunkBytes, offset + length - at);
            if (image.current().isZero(at, at + count)) {
                if (zerosHashed != count) {
                    hash(ByteBuffer.allocate(count), zeroHash, 0);
                    zerosHashed = count;
                }
                into.put(index, zeroHash.array());
            } else {
                hash(ByteBuffer.wrap(content(at, count)), into, index);
            }
        }
    }

    private void hash(ByteBuffer data, ByteBuffer into, int index) {
        chunkHash.update(data);
        chunkHash.finish(into, index);
    }

    boolean peek(long offsetBytes, ByteBuffer into) {
        if (unreadableAt >= offsetBytes && unreadableAt < offsetBytes + into.remaining()) {
            return false;
        }
        peekedBytes += into.remaining();
        into.put(content(offsetBytes, into.remaining()));
        return true;
    }

    /** Bytes taken from the cache so far. */
    public long peekedBytes() {
        return peekedBytes;
    }

    /** What is sure to be there after a power cut. */
    public byte[] durableContent(long offsetBytes, int lengthBytes) {
        byte[] bytes = new byte[lengthBytes];
        image.durable().read(offsetBytes, bytes, 0, lengthBytes);
        return bytes;
    }

    /** True if reads of this range on both disks see the same. */
    public boolean equalContent(SimDisk other, long offsetBytes, long lengthBytes) {
        return image.current().equal(other.image.current(), offsetBytes, lengthBytes);
    }

    /** True if the durable bytes of this range are the same on both disks. */
    public boolean equalDurable(SimDisk other, long offsetBytes, long lengthBytes) {
        return image.durable().equal(other.image.durable(), offsetBytes, lengthBytes);
    }

    /** True if a power cut now could change what reads of this range see. */
    public boolean hasUnflushed(long offsetBytes, long lengthBytes) {
        return image.hasUnflushed(offsetBytes, lengthBytes);
    }

    /** Modifications applied and not yet durable. */
    public int unflushedCount() {
        return image.unflushedCount();
    }

    /** Modifications that power cuts have torn so far: some of their sectors are there, others are not. */
    public long tornCount() {
        return image.torn();
    }

    /** Requests submitted and not completed, hung ones included. */
    public int inFlightCount() {
        return inFlight.size() + hung.size();
    }

    /** True if a modifying request on this range is submitted and not completed. */
    public boolean isBeingModified(long offsetBytes, long lengthBytes) {
        for (DiskOperation operation : inFlight) {
            if (operation.modifies(offsetBytes, lengthBytes)) {
                return true;
            }
        }
        for (DiskOperation operation : hung) {
            if (operation.modifies(offsetBytes, lengthBytes)) {
                return true;
            }
        }
        return false;
    }

    public long reads() {
        return reads;
    }

    public long writes() {
        return writes;
    }

    public long flushes() {
        return flushes;
    }

    /** Answered questions for holes. */
    public long extents() {
        return extents;
    }

    public long bytesRead() {
        return bytesRead;
    }

    /** Answered questions for checksums. */
    public long checksums() {
        return checksums;
    }

    /** Bytes of completed WRITEs, TRIMs and WRITE_ZEROES. */
    public long bytesWritten() {
        return bytesWritten;
    }

    // ---- for SimDiskDevice and DiskOperation

    void start(SimLoop loop, BlockRequest request, Runnable ended) {
        DiskOperation operation = new DiskOperation(this, loop, request, ended);
        start(operation, meet(request));
    }

    private void start(DiskOperation operation, SimDiskFault fault) {
        if (fault != null && fault.effect() == SimDiskFault.Effect.HANG) {
            scheduler.record(name + ".hang");
            hung.add(operation);
            return;
        }
        inFlight.add(operation);
        long totalNs = pace.between(options.minDelayNs(), options.maxDelayNs());
        if (pace.chance(20)) {
            totalNs *= 8;
        }
        if (fault != null && fault.effect() == SimDiskFault.Effect.SLOW) {
            totalNs *= fault.slowFactor();
        }
        totalNs += waitForPipeNs(operation);
        long applyNs = pace.between(0, totalNs);
        long secondPartNs = pace.chance(300) ? pace.between(applyNs, totalNs) : applyNs;
        operation.begin(fault, image.lastSequence());
        scheduler.after(applyNs, appliedLabel, () -> ifRunning(operation, operation::applyFirst));
        if (secondPartNs > applyNs) {
            operation.splitAt(pace.nextLong());
            scheduler.after(secondPartNs, appliedLabel, () -> ifRunning(operation, operation::applySecond));
        }
        scheduler.after(totalNs, doneLabel, () -> ifRunning(operation, () -> finish(operation)));
    }

    private long waitForPipeNs(DiskOperation operation) {
        if (writeBytesPerSecond == 0) {
            return 0;
        }
        pipeFreeNs = Math.max(scheduler.nanoTime(), pipeFreeNs) + (long) (operation.payloadBytes() * 1e9 / writeBytesPerSecond);
        return pipeFreeNs - scheduler.nanoTime();
    }

    private void ifRunning(DiskOperation operation, Runnable step) {
        if (operation.isRunning()) {
            step.run();
        }
    }

    private void finish(DiskOperation operation) {
        inFlight.remove(operation);
        operation.finish();
    }

    private SimDiskFault meet(BlockRequest request) {
        faults.removeIf(SimDiskFault::isSpent);
        for (SimDiskFault fault : faults) {
            if (fault.meets(request)) {
                return fault;
            }
        }
        return null;
    }

    DiskImage image() {
        return image;
    }

    SimRandom damage() {
        return damage;
    }

    void noteBefore(BlockCommand command, long offset, long length) {
        for (DiskObserver observer : observers) {
            observer.beforeApply(this, command, offset, length);
        }
    }

    void noteContent(long offset, long length) {
        for (DiskObserver observer : observers) {
            observer.contentChanged(this, offset, length);
        }
    }

    private void noteDurable(long offset, long length) {
        for (DiskObserver observer : observers) {
            observer.durableChanged(this, offset, length);
        }
    }

    void count(BlockRequest request, BlockError error) {
        if (error.isError()) {
            return;
        }
        switch (request.command()) {
            case READ -> {
                reads++;
                bytesRead += request.lengthBytes();
            }
            case FLUSH -> flushes++;
            case EXTENTS -> extents++;
            case CHECKSUM -> checksums++;
            default -> {
                writes++;
                bytesWritten += request.lengthBytes();
            }
        }
    }

    @Override
    public String toString() {
        return name;
    }
}
