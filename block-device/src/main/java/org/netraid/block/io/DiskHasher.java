/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.block.io;

import java.io.IOException;
import java.nio.ByteBuffer;
import org.netraid.block.BlockRequest;
import org.netraid.block.ChunkHash;

/** Carries out CHECKSUM on a disk worker: reads slice by slice into memory of the worker's own and hashes it. */
final class DiskHasher {

    /** Starts at multiples of the smallest chunk, so that direct I/O stays aligned if the range is. */
    private static final int SLICE_BYTES = 256 << 10;
    /** One for each thread that ever hashes, and those are few. */
    private static final ThreadLocal<DiskHasher> OF_THREAD = ThreadLocal.withInitial(DiskHasher::new);

    private final ChunkHash hash = new ChunkHash();
    private final ByteBuffer slice = ByteBuffer.allocateDirect(SLICE_BYTES);

    static void checksum(RawDisk disk, BlockRequest request) throws IOException {
        OF_THREAD.get().run(disk, request);
    }

    private void run(RawDisk disk, BlockRequest request) throws IOException {
        ByteBuffer into = request.data();
        int index = into.position();
        long end = request.offsetBytes() + request.lengthBytes();
        long at = request.offsetBytes();
        while (at < end) {
            long chunkEnd = Math.min(end, at + request.chunkBytes());
            while (at < chunkEnd) {
                slice.clear().limit((int) Math.min(SLICE_BYTES, chunkEnd - at));
                disk.read(slice, at);
                at += slice.flip().remaining();
                hash.update(slice);
            }
            hash.finish(into, index);
            index += ChunkHash.BYTES;
        }
    }
}
