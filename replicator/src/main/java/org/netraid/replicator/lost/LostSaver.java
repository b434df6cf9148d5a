/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.lost;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.netraid.block.BlockDevice;
import org.netraid.block.BlockRequest;

/** Copies chunks of a disk that nobody writes to a file, one after the other, and ends with a flush, the header, and another flush. */
public final class LostSaver {

    private static final int STEP_BYTES = 1 << 20;

    private final BlockDevice disk;
    private final BlockDevice file;
    private final LostHeader header;
    private final long[] chunks;
    private final ByteBuffer buffer;
    private final List<LostIndex.Entry> entries = new ArrayList<>();
    private final Consumer<String> done;
    private ByteBuffer index;

    /**
     * @param file at least {@link LostHeader#fileBytes} large
     * @param chunks numbers, ascending; as many as the header says
     * @param done gets "" or what failed
     */
    public LostSaver(BlockDevice disk, BlockDevice file, LostHeader header, long[] chunks, Consumer<String> done) {
        if (chunks.length != header.count()) {
            throw new IllegalArgumentException(chunks.length + " chunks, the header says " + header.count());
        }
        this.disk = disk;
        this.file = file;
        this.header = header;
        this.chunks = chunks.clone();
        this.buffer = ByteBuffer.allocateDirect(header.chunkBytes());
        this.done = done;
    }

    /** Begins. An old header there is made worthless first. */
    public void start() {
        write(0, ByteBuffer.allocateDirect(LostHeader.BLOCK_BYTES), this::next);
    }

    private void next() {
        int at = entries.size();
        if (at == chunks.length) {
            index = LostIndex.encode(entries);
            writeIndex(0);
            return;
        }
        long offset = chunks[at] * header.chunkBytes();
        int length = (int) Math.min(header.chunkBytes(), header.mirrorBytes() - offset);
        buffer.clear().limit(length);
        disk.submit(new BlockRequest().read(offset, buffer, read -> {
            if (read.error().isError()) {
                done.accept("chunk " + chunks[at] + " of " + disk.name() + " cannot be read: " + read.error() + " " + read.errorDetail());
                return;
            }
            buffer.clear().limit(length);
            entries.add(new LostIndex.Entry(chunks[at], length, LostHeader.crc(buffer)));
            write(LostHeader.dataAt(chunks.length) + (long) at * header.chunkBytes(), buffer, this::next);
        }));
    }

    private void writeIndex(int from) {
        if (from == index.capacity()) {
            index.clear().limit(chunks.length * LostHeader.ENTRY_BYTES);
            ByteBuffer block = header.withIndexCrc(LostHeader.crc(index)).encode();
            flush(() -> write(0, block, () -> flush(() -> done.accept(""))));
            return;
        }
        int to = Math.min(index.capacity(), from + STEP_BYTES);
        index.clear().position(from).limit(to);
        write(LostHeader.BLOCK_BYTES + (long) from, index.slice(), () -> writeIndex(to));
    }

    private void write(long offset, ByteBuffer bytes, Runnable then) {
        file.submit(new BlockRequest().write(offset, bytes, 0, written -> check("written", written, then)));
    }

    private void flush(Runnable then) {
        file.submit(new BlockRequest().flush(flushed -> check("flushed", flushed, then)));
    }

    private void check(String what, BlockRequest request, Runnable then) {
        if (request.error().isError()) {
            done.accept(file.name() + " cannot be " + what + ": " + request.error() + " " + request.errorDetail());
        } else {
            then.run();
        }
    }
}
