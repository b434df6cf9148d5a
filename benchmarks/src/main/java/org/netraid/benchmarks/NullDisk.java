/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.benchmarks;

import java.util.ArrayDeque;
import java.util.EnumSet;
import java.util.Set;
import org.netraid.block.BlockCapability;
import org.netraid.block.BlockDevice;
import org.netraid.block.BlockGeometry;
import org.netraid.block.BlockRequest;
import org.netraid.time.EventLoop;

/** A device that keeps nothing and ends every request in the loop's next turn, without allocating. */
final class NullDisk implements BlockDevice, Runnable {

    private final EventLoop loop;
    private final BlockGeometry geometry;
    private final Set<BlockCapability> capabilities = Set.copyOf(EnumSet.of(BlockCapability.FLUSH, BlockCapability.FUA,
            BlockCapability.TRIM, BlockCapability.WRITE_ZEROES));
    private final ArrayDeque<BlockRequest> pending = new ArrayDeque<>(1024);

    NullDisk(EventLoop loop, long sizeBytes) {
        this.loop = loop;
        this.geometry = BlockGeometry.ofSize(sizeBytes);
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
        return capabilities;
    }

    @Override
    public void submit(BlockRequest request) {
        request.markSubmitted();
        if (pending.isEmpty()) {
            loop.execute(this);
        }
        pending.addLast(request);
    }

    /** Ends what has been submitted so far. */
    @Override
    public void run() {
        for (int i = pending.size(); i > 0; i--) {
            pending.pollFirst().complete();
        }
        if (!pending.isEmpty()) {
            loop.execute(this);
        }
    }

    @Override
    public void close(Runnable closed) {
        loop.execute(closed);
    }
}
