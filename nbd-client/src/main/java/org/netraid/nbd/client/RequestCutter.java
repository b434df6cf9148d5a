/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.nbd.client;

import org.netraid.block.BlockCommand;
import org.netraid.nbd.wire.Lz4Payload;

/**
 * Cuts a request into parts a server takes: whole minimum blocks of at most the maximum payload, and single edge blocks for
 * what is left at either end. Reusable; {@link #cut} describes the next part in the fields.
 */
final class RequestCutter {

    /**
     * Longest WRITE_ZEROES on the wire. The protocol allows 4 GiB - 1, but servers are seen to answer success without having
     * zeroed all of a long range, and a slice per answer keeps the timeout meaningful.
     */
    static final int ZERO_SLICE_BYTES = 32 << 20;
    /** Longest TRIM on the wire. */
    static final int TRIM_SLICE_BYTES = 128 << 20;
    /** Longest WRITE of zeros where the server has no WRITE_ZEROES. */
    static final int ZERO_PAYLOAD_BYTES = 256 << 10;

    private final int minBlockBytes;
    private final int maxPayloadBytes;
    private final int maxWriteBytes;
    private final int maxZeroBytes;

    long offsetBytes;
    long lengthBytes;
    /** The part is less than a minimum block. */
    boolean edge;

    /**
     * @param zeroesOnWire the server offers WRITE_ZEROES
     * @param compresses writes are kept short enough to be compressed
     */
    RequestCutter(NbdExport export, boolean zeroesOnWire, boolean compresses) {
        minBlockBytes = export.minBlockBytes();
        maxPayloadBytes = export.maxPayloadBytes();
        maxWriteBytes = compresses ? Math.min(maxPayloadBytes, Lz4Payload.MAX_DATA_BYTES) : maxPayloadBytes;
        maxZeroBytes = zeroesOnWire ? ZERO_SLICE_BYTES : Math.min(ZERO_PAYLOAD_BYTES, maxPayloadBytes);
    }

    /** TRIM is a hint: it is narrowed to the whole blocks inside. False if none is left. */
    boolean narrowTrim(ClientRequest request) {
        request.startBytes = request.startBytes + minBlockBytes - 1 & -(long) minBlockBytes;
        request.endBytes &= -(long) minBlockBytes;
        request.cursorBytes = request.startBytes;
        return request.startBytes < request.endBytes;
    }

    /** Describes the part at the cursor; the caller moves the cursor when it has sent it. */
    void cut(ClientRequest request) {
        long at = request.cursorBytes;
        long inBlock = at & minBlockBytes - 1;
        long left = request.endBytes - at;
        offsetBytes = at;
        edge = inBlock != 0 || left < minBlockBytes;
        lengthBytes = edge ? Math.min(left, minBlockBytes - inBlock)
                : Math.min(left & -(long) minBlockBytes, longest(request.command));
    }

    private int longest(BlockCommand command) {
        return switch (command) {
            case READ -> maxPayloadBytes;
            case WRITE -> maxWriteBytes;
            case WRITE_ZEROES -> maxZeroBytes;
            case TRIM -> TRIM_SLICE_BYTES;
            case FLUSH, EXTENTS, CHECKSUM, BARRIER -> throw new IllegalStateException(command + " has no parts");
        };
    }
}
