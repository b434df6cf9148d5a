/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.nbd.server;

import java.nio.ByteBuffer;

/**
 * Payload of a BLOCK_STATUS that names the metadata contexts it wants. A context named twice is an error, so it is never longer than one
 * that names all that are selected.
 *
 * <pre>
 *   | length of the range(8) | n x context id(4) |
 * </pre>
 *
 * <p>Source: NBD protocol, "extended headers" extension, NBD_CMD_BLOCK_STATUS with NBD_CMD_FLAG_PAYLOAD_LEN.
 */
final class StatusFilter {

    /** No context wanted. */
    private static final int EMPTY_BYTES = Long.BYTES;

    private final ContextSelection selected;
    private final ByteBuffer bytes;

    StatusFilter(ContextSelection selected) {
        this.selected = selected;
        bytes = ByteBuffer.allocate(maxBytes(selected));
    }

    private static int maxBytes(ContextSelection selected) {
        return EMPTY_BYTES + selected.entries().size() * Integer.BYTES;
    }

    /** True if a payload of this length can be one. */
    static boolean fits(long payloadBytes, ContextSelection selected) {
        return payloadBytes >= EMPTY_BYTES && payloadBytes <= maxBytes(selected) && payloadBytes % Integer.BYTES == 0;
    }

    void expect(int payloadBytes) {
        bytes.clear().limit(payloadBytes);
    }

    /** Takes what fits; true when whole. */
    boolean fill(ByteBuffer in) {
        return Handshake.fill(bytes, in);
    }

    /** As signed long: negative means 2^63 and more. */
    long lengthBytes() {
        return bytes.getLong(0);
    }

    /** The contexts wanted, as bits; -1 if one of them is not selected or named twice. */
    int wanted() {
        int wanted = 0;
        for (int at = EMPTY_BYTES; at < bytes.limit(); at += Integer.BYTES) {
            int bit = selected.bitOf(bytes.getInt(at));
            if (bit == 0 || (wanted & bit) != 0) {
                return -1;
            }
            wanted |= bit;
        }
        return wanted;
    }
}
