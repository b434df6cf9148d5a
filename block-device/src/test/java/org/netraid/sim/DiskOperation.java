/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.sim;

import java.nio.ByteBuffer;

import org.netraid.block.BlockCommand;
import org.netraid.block.BlockError;
import org.netraid.block.BlockRequest;

/** One request on its way through a {@link SimDisk}. */
final class DiskOperation {

    private enum State { WAITING, RUNNING, ENDED }

    private final SimDisk disk;
    private final SimLoop loop;
    private final BlockRequest request;
    private final Runnable ended;
    private final BlockCommand command;
    private final long length;
    private long offset;
    private State state = State.WAITING;
    private SimDiskFault fault;
    private long flushUpTo;
    /** Bytes before this index are applied first, the rest second. */
    private long split;
    private boolean firstApplied;
    private boolean secondApplied;

    DiskOperation(SimDisk disk, SimLoop loop, BlockRequest request, Runnable ended) {
        this.disk = disk;
        this.loop = loop;
        this.request = request;
        this.ended = ended;
        this.command = request.command();
        this.offset = request.offsetBytes();
        this.length = request.lengthBytes();
        this.split = length;
    }

    void begin(SimDiskFault metFault, long lastSequence) {
        state = State.RUNNING;
        fault = metFault;
        flushUpTo = lastSequence;
        if (is(SimDiskFault.Effect.MISDIRECT) && command.modifies()) {
            offset = Math.floorMod(offset + fault.misdirectBytes(), disk.geometry().sizeBytes() - length + 1);
        }
    }

    /** What it moves to the disk. */
    long payloadBytes() {
        return command == BlockCommand.WRITE ? length : 0;
    }

    boolean isRunning() {
        return state == State.RUNNING && loop.isAlive();
    }

    /** Splits the modification at a 512-byte sector. */
    void splitAt(long draw) {
        long sectors = length / DiskImage.SECTOR;
        if (command.modifies() && sectors > 1) {
            long boundary = (offset / DiskImage.SECTOR + 1 + (draw >>> 1) % (sectors - 1)) * DiskImage.SECTOR - offset;
            split = Math.min(boundary, length);
        }
    }

    void applyFirst() {
        firstApplied = true;
        if (!is(SimDiskFault.Effect.FAIL) && !is(SimDiskFault.Effect.LOSE)) {
            if (command == BlockCommand.READ) {
                read();
            } else if (command == BlockCommand.CHECKSUM) {
                disk.hash(offset, length, request.chunkBytes(), request.data());
            } else if (command == BlockCommand.EXTENTS) {
                disk.image().current().extents(offset, length, disk.geometry().minBlockBytes(),
                        (request.flags() & BlockRequest.ONE_EXTENT) != 0, request.extents());
            } else if (command.modifies()) {
                apply(0, split);
            }
        }
    }

    void applySecond() {
        secondApplied = true;
        if (command.modifies() && !is(SimDiskFault.Effect.FAIL) && !is(SimDiskFault.Effect.LOSE)) {
            apply(split, length - split);
        }
    }

    void finish() {
        if (!firstApplied) {
            applyFirst(); // due at the same moment, and the seed has put the end first
        }
        if (!secondApplied && split < length) {
            applySecond();
        }
        state = State.ENDED;
        BlockError error = is(SimDiskFault.Effect.FAIL) ? fault.error()
                : command == BlockCommand.CHECKSUM && disk.flushFailed ? BlockError.EIO : BlockError.NONE;
        if (error.isError()) {
            spoil();
        } else if (command == BlockCommand.FLUSH && !is(SimDiskFault.Effect.LOSE)) {
            disk.image().flush(flushUpTo);
        }
        disk.count(request, error);
        String detail = error.isError() ? disk.name() + ": simulated " + error + " on " + command + " of " + length
                + " bytes at " + offset : "";
        if (command.hasData() && disk.damage().nextBoolean()) {
            request.data().position(request.data().limit());
        }
        loop.execute(() -> {
            ended.run();
            request.complete(error, detail);
        });
    }

    /** The error leaves the range undefined: nothing, a part or all of the data; and a failed flush may drop what it covered. */
    private void spoil() {
        if (command.modifies()) {
            abandon(disk.image(), disk.damage(), disk.damage().nextInt(3), true);
        } else if (command == BlockCommand.FLUSH) {
            disk.image().failedFlush();
            disk.flushFailed = true;
        }
    }

    /**
     * Ends the operation half way.
     *
     * @param fate of what is not applied yet: 0 nothing, 1 all, 2 some sectors
     * @param real false if the image is a copy for a checker and the operation itself goes on
     */
    void abandon(DiskImage image, SimRandom random, int fate, boolean real) {
        if (real) {
            state = State.ENDED;
        }
        boolean failed = is(SimDiskFault.Effect.FAIL);
        if (!command.modifies() || fate == 0 || secondApplied && !failed) {
            return;
        }
        long from = firstApplied && !failed ? split : 0;
        if (fate == 1) {
            apply(image, from, length - from, false, real);
            return;
        }
        for (long at = offset + from; at < offset + length; ) {
            long to = Math.min(offset + length, (at / DiskImage.SECTOR + 1) * DiskImage.SECTOR);
            if (random.nextBoolean()) {
                apply(image, at - offset, to - at, false, real);
            }
            at = to;
        }
    }

    boolean modifies(long otherOffset, long otherLength) {
        return command.modifies() && offset < otherOffset + otherLength && otherOffset < offset + length;
    }

    private boolean is(SimDiskFault.Effect effect) {
        return fault != null && fault.effect() == effect;
    }

    private void read() {
        disk.image().current().read(offset, request.data(), (int) length);
    }

    private void apply(long from, long count) {
        apply(disk.image(), from, count, request.isFua(), true);
    }

    private void apply(DiskImage image, long from, long count, boolean fua, boolean real) {
        if (count == 0) {
            return;
        }
        byte[] bytes = null;
        if (command == BlockCommand.WRITE) {
            bytes = new byte[(int) count];
            ByteBuffer data = request.data();
            data.get(data.position() + (int) from, bytes);
        }
        if (real) {
            disk.noteBefore(command, offset + from, count);
        }
        image.apply(offset + from, count, bytes, fua);
        if (real) {
            disk.noteContent(offset + from, count);
        }
    }
}
