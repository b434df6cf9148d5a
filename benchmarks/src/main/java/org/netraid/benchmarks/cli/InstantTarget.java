/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.benchmarks.cli;

import java.util.EnumSet;
import java.util.Set;
import org.netraid.block.BlockCapability;
import org.netraid.block.BlockDevice;
import org.netraid.block.BlockGeometry;
import org.netraid.block.BlockRequest;
import org.netraid.time.EventLoop;

/** A target that has written and flushed everything at once, so that only disk and log are measured. */
final class InstantTarget implements BlockDevice {

    private final EventLoop loop;
    private final BlockGeometry geometry;

    InstantTarget(EventLoop loop, long sizeBytes) {
        this.loop = loop;
        geometry = BlockGeometry.ofSize(sizeBytes);
    }

    @Override
    public void submit(BlockRequest request) {
        request.markSubmitted();
        loop.execute(request::complete);
    }

    @Override
    public String name() {
        return "instant";
    }

    @Override
    public BlockGeometry geometry() {
        return geometry;
    }

    @Override
    public Set<BlockCapability> capabilities() {
        return EnumSet.of(BlockCapability.FLUSH, BlockCapability.FUA, BlockCapability.TRIM, BlockCapability.WRITE_ZEROES);
    }

    @Override
    public void close(Runnable closed) {
        loop.execute(closed);
    }
}
