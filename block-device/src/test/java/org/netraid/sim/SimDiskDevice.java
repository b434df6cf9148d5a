/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.sim;

import java.nio.ByteBuffer;
import java.util.Set;

import org.netraid.block.BlockCapability;
import org.netraid.block.BlockCommand;
import org.netraid.block.BlockDevice;
import org.netraid.block.BlockError;
import org.netraid.block.BlockGeometry;
import org.netraid.block.BlockRequest;
import org.netraid.block.StoredBytes;

/** A {@link SimDisk} as one life of a node sees it. */
final class SimDiskDevice implements BlockDevice {

    private final SimDisk disk;
    private final SimLoop loop;
    private int running;
    private boolean closing;
    private Runnable whenClosed;

    SimDiskDevice(SimDisk disk, SimLoop loop) {
        this.disk = disk;
        this.loop = loop;
    }

    @Override
    public String name() {
        return disk.name();
    }

    @Override
    public BlockGeometry geometry() {
        return disk.geometry();
    }

    @Override
    public Set<BlockCapability> capabilities() {
        return disk.options().capabilities();
    }

    @Override
    public void submit(BlockRequest request) {
        request.markSubmitted();
        BlockError error = check(request);
        running++;
        if (error.isError()) {
            loop.execute(() -> {
                ended();
                request.complete(error, name() + ": " + error + " for " + request.command() + " of " + request.lengthBytes()
                        + " bytes at " + request.offsetBytes());
            });
        } else if (request.stored() != null) {
            fetch(request);
        } else {
            disk.start(loop, request, this::ended);
        }
    }

    @Override
    public StoredBytes stored() {
        return can(BlockCapability.STORED) ? disk::peek : null;
    }

    /** The bytes are taken at some moment between submit and completion, as sendfile does. */
    private void fetch(BlockRequest request) {
        loop.schedule(disk.damage().nextInt(500_000), () -> {
            ByteBuffer bytes = ByteBuffer.allocate((int) request.lengthBytes());
            if (request.stored().peek(request.offsetBytes(), bytes)) {
                BlockRequest fetched = new BlockRequest().write(request.offsetBytes(), bytes.flip(), request.flags(),
                        done -> request.complete(done.error(), done.errorDetail()));
                fetched.markSubmitted();
                disk.start(loop, fetched, this::ended);
            } else {
                ended();
                request.complete(BlockError.EIO, name() + ": what was to be written could not be read");
            }
        });
    }

    private BlockError check(BlockRequest request) {
        if (closing) {
            return BlockError.ESHUTDOWN;
        }
        BlockCommand command = request.command();
        if (command.modifies() && can(BlockCapability.READ_ONLY)) {
            return BlockError.EPERM;
        }
        BlockCapability needed = switch (command) {
            case FLUSH -> BlockCapability.FLUSH;
            case TRIM -> BlockCapability.TRIM;
            case WRITE_ZEROES -> BlockCapability.WRITE_ZEROES;
            case EXTENTS -> BlockCapability.EXTENTS;
            case CHECKSUM -> BlockCapability.CHECKSUM;
            case BARRIER -> BlockCapability.BARRIER;
            default -> null;
        };
        if (needed != null && !can(needed) || request.isFua() && !can(BlockCapability.FUA)) {
            return BlockError.EINVAL;
        }
        if ((request.flags() & BlockRequest.FAST_ZERO) != 0 && !can(BlockCapability.FAST_ZERO)) {
            return BlockError.ENOTSUP;
        }
        return command == BlockCommand.FLUSH ? BlockError.NONE
                : geometry().check(command, request.offsetBytes(), request.lengthBytes());
    }

    @Override
    public void close(Runnable closed) {
        if (closing) {
            throw new IllegalStateException(name() + " closed twice");
        }
        closing = true;
        disk.noteClosed();
        whenClosed = closed;
        if (running == 0) {
            loop.execute(closed);
        }
    }

    private void ended() {
        running--;
        if (closing && running == 0) {
            loop.execute(whenClosed);
        }
    }
}
