/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.benchmarks;

import java.util.EnumSet;
import java.util.Set;
import org.netraid.block.BlockCapability;
import org.netraid.block.BlockDevice;
import org.netraid.block.BlockGeometry;
import org.netraid.block.BlockRequest;
import org.netraid.time.EventLoop;

/** A disk of the intent log that takes no time and keeps nothing. */
final class NullLogDevice implements BlockDevice {

    private final BlockGeometry geometry;
    private final EventLoop loop;

    NullLogDevice(long sizeBytes, EventLoop loop) {
        geometry = BlockGeometry.ofSize(sizeBytes);
        this.loop = loop;
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
        return EnumSet.of(BlockCapability.FLUSH, BlockCapability.FUA);
    }

    @Override
    public void submit(BlockRequest request) {
        request.markSubmitted();
        loop.execute(request::complete);
    }

    @Override
    public void close(Runnable closed) {
        loop.execute(closed);
    }
}
