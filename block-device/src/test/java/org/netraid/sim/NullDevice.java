/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.sim;

import java.util.EnumSet;
import java.util.Set;

import org.netraid.block.BlockCapability;
import org.netraid.block.BlockCommand;
import org.netraid.block.BlockDevice;
import org.netraid.block.BlockError;
import org.netraid.block.BlockGeometry;
import org.netraid.block.BlockRequest;
import org.netraid.time.EventLoop;

/** Completes everything on the loop's next turn and keeps nothing: for benchmarks and for tests that count. */
public final class NullDevice implements BlockDevice {

    private static final Set<BlockCapability> CAPABILITIES = Set.copyOf(EnumSet.of(BlockCapability.FLUSH, BlockCapability.FUA,
            BlockCapability.TRIM, BlockCapability.WRITE_ZEROES, BlockCapability.MULTI_CONN));

    private final EventLoop loop;
    private final BlockGeometry geometry;
    private boolean closed;
    private long completedCount;

    public NullDevice(EventLoop loop, BlockGeometry geometry) {
        this.loop = loop;
        this.geometry = geometry;
    }

    @Override
    public String name() {
        return "null";
    }

    @Override
    public BlockGeometry geometry() {
        return geometry;
    }

    @Override
    public Set<BlockCapability> capabilities() {
        return CAPABILITIES;
    }

    @Override
    public void submit(BlockRequest request) {
        request.markSubmitted();
        BlockError error = closed ? BlockError.ESHUTDOWN
                : request.command() == BlockCommand.FLUSH ? BlockError.NONE
                : geometry.check(request.command(), request.offsetBytes(), request.lengthBytes());
        loop.execute(() -> {
            completedCount++;
            request.complete(error, error.isError() ? "null device: " + error : "");
        });
    }

    @Override
    public void close(Runnable whenClosed) {
        closed = true;
        loop.execute(whenClosed);
    }

    /** Requests completed so far. */
    public long completedCount() {
        return completedCount;
    }
}
