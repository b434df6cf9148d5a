/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.nbd.wire;

import java.util.Collections;
import java.util.EnumSet;
import java.util.Set;
import org.netraid.block.BlockCapability;

/** What an export can do, as 16 bits. Source: NBD protocol, "Transmission flags". */
public final class TransmissionFlags {

    /** Always set. */
    public static final int HAS_FLAGS = 1;
    public static final int READ_ONLY = 1 << 1;
    public static final int SEND_FLUSH = 1 << 2;
    public static final int SEND_FUA = 1 << 3;
    public static final int ROTATIONAL = 1 << 4;
    public static final int SEND_TRIM = 1 << 5;
    public static final int SEND_WRITE_ZEROES = 1 << 6;
    /** Only with structured replies. */
    public static final int SEND_DF = 1 << 7;
    public static final int CAN_MULTI_CONN = 1 << 8;
    public static final int SEND_RESIZE = 1 << 9;
    public static final int SEND_CACHE = 1 << 10;
    /** Only with SEND_WRITE_ZEROES. */
    public static final int SEND_FAST_ZERO = 1 << 11;

    /** Only with extended headers: BLOCK_STATUS may name the metadata contexts it wants. */
    public static final int BLOCK_STATUS_PAYLOAD = 1 << 12;

    private TransmissionFlags() {
    }

    /**
     * Flags a server sends for a device.
     *
     * @param readOnly the export forbids modification whatever the device can do
     * @param structured structured replies are negotiated
     */
    public static int of(Set<BlockCapability> capabilities, boolean readOnly, boolean structured) {
        int flags = HAS_FLAGS;
        if (structured) {
            flags |= SEND_DF;
        }
        for (BlockCapability capability : capabilities) {
            flags |= flagOf(capability);
        }
        if (readOnly) {
            flags |= READ_ONLY;
        }
        if ((flags & READ_ONLY) != 0) {
            flags &= ~(SEND_TRIM | SEND_WRITE_ZEROES);
        }
        if ((flags & SEND_WRITE_ZEROES) == 0) {
            flags &= ~SEND_FAST_ZERO;
        }
        return flags;
    }

    /** What a client may ask of a server that has sent these flags. */
    public static Set<BlockCapability> capabilities(int flags) {
        EnumSet<BlockCapability> capabilities = EnumSet.noneOf(BlockCapability.class);
        if ((flags & HAS_FLAGS) != 0) {
            for (BlockCapability capability : BlockCapability.values()) {
                if ((flags & flagOf(capability)) != 0) {
                    capabilities.add(capability);
                }
            }
        }
        if (!capabilities.contains(BlockCapability.WRITE_ZEROES)) {
            capabilities.remove(BlockCapability.FAST_ZERO);
        }
        return Collections.unmodifiableSet(capabilities);
    }

    private static int flagOf(BlockCapability capability) {
        return switch (capability) {
            case READ_ONLY -> READ_ONLY;
            case FLUSH -> SEND_FLUSH;
            case FUA -> SEND_FUA;
            case TRIM -> SEND_TRIM;
            case WRITE_ZEROES -> SEND_WRITE_ZEROES;
            case FAST_ZERO -> SEND_FAST_ZERO;
            case MULTI_CONN -> CAN_MULTI_CONN;
            case ROTATIONAL -> ROTATIONAL;
            // known by a metadata context, or to this process only
            case EXTENTS, CHECKSUM, BARRIER, RECEIPT, STORED -> 0;
        };
    }
}
