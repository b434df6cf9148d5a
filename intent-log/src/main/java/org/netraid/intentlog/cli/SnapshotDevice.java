/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.intentlog.cli;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
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

/** A file that is only read: what is written stays in memory, so that a log can be opened as after a crash without changing it. */
final class SnapshotDevice implements BlockDevice {

    private final String name;
    private final FileChannel channel;
    private final EventLoop loop;
    private final BlockGeometry geometry;
    private final TreeMap<Long, byte[]> written = new TreeMap<>();

    SnapshotDevice(String name, FileChannel channel, EventLoop loop) throws IOException {
        this.name = name;
        this.channel = channel;
        this.loop = loop;
        geometry = BlockGeometry.ofSize(channel.size());
    }

    @Override
    public void submit(BlockRequest request) {
        request.markSubmitted();
        BlockError error = BlockError.NONE;
        try {
            if (request.command() == BlockCommand.READ) {
                read(request.offsetBytes(), request.data());
            } else if (request.command() == BlockCommand.WRITE) {
                byte[] bytes = new byte[request.data().remaining()];
                request.data().get(bytes);
                written.put(request.offsetBytes(), bytes);
            }
        } catch (IOException e) {
            error = BlockError.EIO;
        }
        BlockError result = error;
        loop.execute(() -> request.complete(result, result.isError() ? "read error" : ""));
    }

    /** Writes of the log are whole blocks at the places they are read from, so that a write covers a read or misses it. */
    private void read(long offset, ByteBuffer into) throws IOException {
        ByteBuffer target = into.duplicate();
        long end = offset + into.remaining();
        long at = offset;
        while (into.hasRemaining()) {
            int count = channel.read(into, at);
            if (count < 0) {
                throw new IOException("end of file");
            }
            at += count;
        }
        written.subMap(offset, end).forEach((where, bytes) -> target.duplicate()
                .position(target.position() + (int) (where - offset)).put(bytes, 0, (int) Math.min(bytes.length, end - where)));
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
        return EnumSet.noneOf(BlockCapability.class);
    }

    @Override
    public void close(Runnable closed) {
        loop.execute(closed);
    }
}
