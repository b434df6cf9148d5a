/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.mirror;

import java.util.Set;
import org.netraid.block.BlockCapability;
import org.netraid.block.BlockDevice;
import org.netraid.block.BlockError;
import org.netraid.block.BlockGeometry;
import org.netraid.block.BlockRequest;
import org.netraid.time.EventLoop;

/** Stands where a local disk was that is given up: whoever still asks it gets an error, never old data. */
final class LostDisk implements BlockDevice {

    private final String name;
    private final BlockGeometry geometry;
    private final EventLoop loop;

    LostDisk(BlockDevice lost, EventLoop loop) {
        this.name = lost.name();
        this.geometry = lost.geometry();
        this.loop = loop;
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public BlockGeometry geometry() {
        return geometry;
    }

    @Override
    public Set<BlockCapability> capabilities() {
        return Set.of();
    }

    @Override
    public void submit(BlockRequest request) {
        request.markSubmitted();
        loop.execute(() -> request.complete(BlockError.EIO, "the local disk is given up"));
    }

    @Override
    public void close(Runnable closed) {
        loop.execute(closed);
    }
}
