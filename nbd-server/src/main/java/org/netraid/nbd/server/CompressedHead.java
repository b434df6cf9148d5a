/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.nbd.server;

import java.nio.ByteBuffer;
import org.netraid.nbd.wire.CommandFlags;
import org.netraid.nbd.wire.Lz4Payload;
import org.netraid.nbd.wire.NbdCommand;
import org.netraid.nbd.wire.RequestHeader;

/**
 * The first bytes of a WRITE_LZ4's payload: how long the data is. They are read before the request begins, so that its range is checked and
 * its memory taken as for a WRITE. Reusable, one for each session.
 */
final class CompressedHead {

    private final ByteBuffer bytes = ByteBuffer.allocate(Lz4Payload.HEAD_BYTES);
    private long payloadBytes;
    private int blockBytes;
    private boolean active;
    private boolean plausible;

    /** True if the request has such a payload. */
    static boolean isFor(RequestHeader request, Negotiated negotiated) {
        return request.type() == NbdCommand.WRITE_LZ4 && negotiated.compressed()
                && (!negotiated.extended() || (request.flags() & CommandFlags.PAYLOAD_LEN) != 0);
    }

    /** The header of another request has come. */
    void reset() {
        active = false;
        blockBytes = 0;
        plausible = false;
    }

    /** @return false if the payload is too short to have this head */
    boolean expect(long lengthBytes) {
        active = true;
        payloadBytes = lengthBytes;
        bytes.clear();
        return lengthBytes >= Lz4Payload.HEAD_BYTES;
    }

    /** Takes what fits; when whole, puts the length of the data into the request and returns true. */
    boolean fill(ByteBuffer in, RequestHeader request) {
        if (!Handshake.fill(bytes, in)) {
            return false;
        }
        int dataBytes = bytes.getInt(0);
        plausible = Lz4Payload.isPlausible(payloadBytes, dataBytes);
        blockBytes = plausible ? (int) payloadBytes - Lz4Payload.HEAD_BYTES : 0;
        request.setDataBytes(plausible ? dataBytes : 0);
        payloadBytes -= Lz4Payload.HEAD_BYTES;
        return true;
    }

    /** True if the request underway is compressed. */
    boolean isActive() {
        return active;
    }

    /** True if the two lengths may belong together. */
    boolean isPlausible() {
        return plausible;
    }

    /** Bytes of the payload that are still to come. */
    long payloadLeftBytes() {
        return payloadBytes;
    }

    /** Length of the compressed block; 0 if not plausible. */
    int blockBytes() {
        return blockBytes;
    }
}
