/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.nbd.client;

import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import org.netraid.nbd.wire.Compression;
import org.netraid.nbd.wire.Lz4Payload;

/**
 * Makes the payload of a connection's writes smaller: tells zeros, and compresses what is worth it. Memory is bounded and kept; where
 * none is left, and where data does not shrink by an eighth, the payload goes as it is.
 */
final class PayloadPacker {

    /** Long data is tried by a sample first, so that what cannot be compressed costs a few microseconds. */
    private static final int SAMPLE_BYTES = 4096;
    private static final int MIN_SAMPLED_BYTES = 4 * SAMPLE_BYTES;
    private static final int SMALL_BYTES = 16 << 10;
    private static final int MAX_SMALL = 128;
    private static final int MAX_LARGE = 8;

    private final Lz4Payload lz4;
    private final ArrayDeque<ByteBuffer> small = new ArrayDeque<>();
    private final ArrayDeque<ByteBuffer> large = new ArrayDeque<>();
    private int smallMade;
    private int largeMade;
    private long dataBytes;
    private long wireBytes;

    /** @param compression not {@link Compression#OFF} */
    PayloadPacker(Compression compression) {
        lz4 = new Lz4Payload(compression);
    }

    /**
     * The payload of a WRITE_LZ4 for the data from the buffer's position to its limit, to be given back with {@link #release}; null if it
     * had better go as it is.
     */
    ByteBuffer pack(ByteBuffer data) {
        int length = data.remaining();
        ByteBuffer packed = length > Lz4Payload.MAX_DATA_BYTES ? null : take(length);
        if (packed == null || !isWorthTrying(data, packed)) {
            giveBack(packed);
            return null;
        }
        int packedBytes = lz4.encode(data, data.position(), length, packed);
        if (!isWorthSending(packedBytes, length)) {
            giveBack(packed);
            return null;
        }
        dataBytes += length;
        wireBytes += packedBytes;
        return packed.limit(packedBytes).position(0);
    }

    /** A payload went as it is. */
    void countPlain(int lengthBytes) {
        dataBytes += lengthBytes;
        wireBytes += lengthBytes;
    }

    /** Data went as a command without payload. */
    void countZeros(int lengthBytes) {
        dataBytes += lengthBytes;
    }

    void release(ByteBuffer packed) {
        giveBack(packed);
    }

    /** Data of all writes so far. */
    long dataBytes() {
        return dataBytes;
    }

    /** What of it went over the wire. */
    long wireBytes() {
        return wireBytes;
    }

    private boolean isWorthTrying(ByteBuffer data, ByteBuffer scratch) {
        if (data.remaining() < MIN_SAMPLED_BYTES) {
            return true;
        }
        int middle = data.position() + data.remaining() / 2;
        return isWorthSending(lz4.encode(data, middle, SAMPLE_BYTES, scratch), SAMPLE_BYTES);
    }

    private static boolean isWorthSending(int packedBytes, int length) {
        return packedBytes <= length - length / 8;
    }

    private ByteBuffer take(int length) {
        if (length <= SMALL_BYTES) {
            if (small.isEmpty() && smallMade < MAX_SMALL) {
                smallMade++;
                return ByteBuffer.allocateDirect(Lz4Payload.maxBytes(SMALL_BYTES));
            }
            return small.poll();
        }
        if (large.isEmpty() && largeMade < MAX_LARGE) {
            largeMade++;
            return ByteBuffer.allocateDirect(Lz4Payload.maxBytes(Lz4Payload.MAX_DATA_BYTES));
        }
        return large.poll();
    }

    private void giveBack(ByteBuffer packed) {
        if (packed != null) {
            packed.clear();
            (packed.capacity() == Lz4Payload.maxBytes(SMALL_BYTES) ? small : large).push(packed);
        }
    }
}
