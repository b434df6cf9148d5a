/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.peer;

import java.nio.ByteBuffer;

/** Cuts the byte stream into frames, holding no more than one frame. */
final class FrameReader {

    static final int LENGTH_BYTES = 4;

    private final ByteBuffer head = ByteBuffer.allocate(LENGTH_BYTES);
    private byte[] frame;
    private int filled;

    /**
     * Takes bytes until a frame is whole or the bytes are used up.
     *
     * @param maxBytes longest frame allowed now
     * @return the frame without its length; null if more bytes are needed
     * @throws IllegalArgumentException if the length is not allowed; nothing was allocated
     */
    byte[] next(ByteBuffer bytes, int maxBytes) {
        while (frame == null && bytes.hasRemaining()) {
            head.put(bytes.get());
            if (!head.hasRemaining()) {
                int length = head.getInt(0);
                head.clear();
                if (length < 2 || length > maxBytes) {
                    throw new IllegalArgumentException("a frame of " + Integer.toUnsignedString(length) + " bytes, allowed are 2 to "
                            + maxBytes);
                }
                frame = new byte[length];
                filled = 0;
            }
        }
        if (frame == null) {
            return null;
        }
        int count = Math.min(bytes.remaining(), frame.length - filled);
        bytes.get(frame, filled, count);
        filled += count;
        if (filled < frame.length) {
            return null;
        }
        byte[] whole = frame;
        frame = null;
        return whole;
    }
}
