/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.link.io;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.unix.Buffer;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Memory that all links of one loop use in turn, so that neither a read nor a write allocates and what has just been received
 * is still in the cache. On the loop's thread only; its content means nothing once the callback that uses it has returned.
 */
final class LoopMemory {

    /** Enough for 15 writes of 4 KiB; a longer one costs more in cache misses than it saves in system calls. */
    private static final int RECEIVE_BYTES = 64 << 10;
    /** Linux takes no longer vector (UIO_MAXIOV). */
    static final int VECTOR_ENTRIES = 1024;
    /** struct iovec: address and length. */
    private static final int ENTRY_BYTES = 2 * Long.BYTES;

    private ByteBuf receive;
    private ByteBuffer vector;
    private long vectorAddress;

    /** An empty buffer that the caller has to release, for one read; null if it is in use or too long. */
    ByteBuf receiveBuffer(int maxBytes) {
        if (receive == null) {
            // goes with the loop, by garbage collection
            receive = Unpooled.wrappedBuffer(ByteBuffer.allocateDirect(RECEIVE_BYTES));
        }
        return receive.refCnt() > 1 || maxBytes < RECEIVE_BYTES ? null : receive.clear().retain();
    }

    boolean isShared(ByteBuf bytes) {
        return bytes == receive;
    }

    /** Address of a vector with room for {@link #VECTOR_ENTRIES}. */
    long vectorAddress() {
        if (vector == null) {
            vector = ByteBuffer.allocateDirect(VECTOR_ENTRIES * ENTRY_BYTES).order(ByteOrder.nativeOrder());
            vectorAddress = Buffer.memoryAddress(vector);
        }
        return vectorAddress;
    }

    /** Call {@link #vectorAddress} before. */
    void setVectorEntry(int index, long address, long lengthBytes) {
        vector.putLong(index * ENTRY_BYTES, address).putLong(index * ENTRY_BYTES + Long.BYTES, lengthBytes);
    }
}
