/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.nbd.server;

import java.nio.ByteBuffer;

/**
 * Payload of a BLOCK_STATUS that names the metadata contexts it wants. Since a context named twice is an error and there is only one,
 * two lengths are possible.
 *
 * <pre>
 *   | length of the range(8) | n x context id(4) |
 * </pre>
 *
 * <p>Source: NBD protocol, "extended headers" extension, NBD_CMD_BLOCK_STATUS with NBD_CMD_FLAG_PAYLOAD_LEN.
 */
final class StatusFilter {

    /** No context wanted. */
    static final int EMPTY_BYTES = Long.BYTES;
    static final int MAX_BYTES = Long.BYTES + Integer.BYTES;

    private final ByteBuffer bytes = ByteBuffer.allocate(MAX_BYTES);

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

    boolean wantsNothing() {
        return bytes.limit() == EMPTY_BYTES;
    }

    /** True if every context named is selected. */
    boolean isKnown() {
        return wantsNothing() || bytes.getInt(Long.BYTES) == Negotiated.ALLOCATION_ID;
    }
}
