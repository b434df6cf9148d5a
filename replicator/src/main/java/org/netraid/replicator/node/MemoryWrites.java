/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.node;

import java.nio.ByteBuffer;
import java.util.EnumSet;
import java.util.Set;
import java.util.TreeMap;
import org.netraid.block.BlockCapability;
import org.netraid.block.BlockCommand;
import org.netraid.block.BlockDevice;
import org.netraid.block.BlockError;
import org.netraid.block.BlockGeometry;
import org.netraid.block.BlockRequest;
import org.netraid.time.EventLoop;

/** A log's device that is only read: what is written stays in memory, so that a log can be opened as after a crash without changing it. */
final class MemoryWrites implements BlockDevice {

    private final BlockDevice inner;
    private final EventLoop loop;
    private final TreeMap<Long, byte[]> written = new TreeMap<>();

    MemoryWrites(BlockDevice inner, EventLoop loop) {
        this.inner = inner;
        this.loop = loop;
    }

    @Override
    public void submit(BlockRequest request) {
        request.markSubmitted();
        if (request.command() == BlockCommand.READ) {
            ByteBuffer into = request.data();
            ByteBuffer filled = into.duplicate();
            inner.submit(new BlockRequest().read(request.offsetBytes(), into, done -> {
                patch(request.offsetBytes(), filled);
                request.complete(done.error(), done.errorDetail());
            }));
            return;
        }
        if (request.command() == BlockCommand.WRITE) {
            byte[] bytes = new byte[request.data().remaining()];
            request.data().get(bytes);
            written.put(request.offsetBytes(), bytes);
        }
        loop.execute(() -> request.complete(BlockError.NONE, ""));
    }

    /** Writes of the log are whole blocks at the places they are read from, so that a write covers a read or misses it. */
    private void patch(long offset, ByteBuffer target) {
        long end = offset + target.remaining();
        written.subMap(offset, end).forEach((where, bytes) -> target.duplicate()
                .position(target.position() + (int) (where - offset)).put(bytes, 0, (int) Math.min(bytes.length, end - where)));
    }

    @Override
    public String name() {
        return inner.name();
    }

    @Override
    public BlockGeometry geometry() {
        return inner.geometry();
    }

    @Override
    public Set<BlockCapability> capabilities() {
        return EnumSet.noneOf(BlockCapability.class);
    }

    @Override
    public void close(Runnable closed) {
        inner.close(closed);
    }
}
