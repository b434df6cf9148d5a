/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.intentlog;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.netraid.block.BlockCapability;
import org.netraid.block.BlockCommand;
import org.netraid.block.BlockDevice;
import org.netraid.block.BlockGeometry;
import org.netraid.block.BlockRequest;

/** Passes everything on and keeps apart what is sure to be on the medium and which writes are not. */
final class RecordingDevice implements BlockDevice {

    /** A write that a power cut may drop or cut. */
    static final class Volatile {
        final long offset;
        final byte[] data;
        boolean completed;

        Volatile(long offset, byte[] data) {
            this.offset = offset;
            this.data = data;
        }
    }

    final byte[] durable;
    final List<Volatile> writes = new ArrayList<>();
    /** Grows with each change of the two above. */
    long version;
    private final BlockDevice below;

    RecordingDevice(BlockDevice below, byte[] content) {
        this.below = below;
        durable = content;
    }

    @Override
    public void submit(BlockRequest request) {
        Volatile written = request.command() == BlockCommand.WRITE ? record(request) : null;
        List<Volatile> covered = new ArrayList<>();
        for (Volatile write : writes) {
            if (request.command() == BlockCommand.FLUSH && write.completed) {
                covered.add(write);
            }
        }
        request.markSubmitted();
        below.submit(new BlockRequest().set(request.command(), request.offsetBytes(), request.lengthBytes(), request.flags(),
                request.data(), done -> ended(request, done, written, covered)));
    }

    private void ended(BlockRequest request, BlockRequest done, Volatile written, List<Volatile> covered) {
        if (written != null) {
            written.completed = true;
        }
        if (!done.error().isError()) {
            covered.forEach(this::makeDurable);
            if (written != null && done.isFua()) {
                makeDurable(written);
            }
        }
        request.complete(done.error(), done.errorDetail());
    }

    private Volatile record(BlockRequest request) {
        ByteBuffer data = request.data().duplicate();
        byte[] bytes = new byte[data.remaining()];
        data.get(bytes);
        Volatile written = new Volatile(request.offsetBytes(), bytes);
        writes.add(written);
        version++;
        return written;
    }

    private void makeDurable(Volatile write) {
        if (writes.remove(write)) {
            System.arraycopy(write.data, 0, durable, (int) write.offset, write.data.length);
            version++;
        }
    }

    @Override
    public String name() {
        return below.name();
    }

    @Override
    public BlockGeometry geometry() {
        return below.geometry();
    }

    @Override
    public Set<BlockCapability> capabilities() {
        return below.capabilities();
    }

    @Override
    public void close(Runnable closed) {
        below.close(closed);
    }
}
