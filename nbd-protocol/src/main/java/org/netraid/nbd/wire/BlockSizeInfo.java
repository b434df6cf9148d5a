/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.nbd.wire;

import java.nio.ByteBuffer;
import org.netraid.block.BlockGeometry;

/**
 * Block sizes of an export: NBD_INFO_BLOCK_SIZE. Source: NBD protocol, "Block size constraints".
 *
 * @param minimumBytes unit of offset and length; a power of two from 1 to 65536
 * @param preferredBytes unit without read-modify-write; a power of two, at least 512 and {@code minimumBytes}
 * @param maximumBytes longest payload; {@link NbdConstants#UNLIMITED_PAYLOAD_BYTES} for none
 */
public record BlockSizeInfo(int minimumBytes, int preferredBytes, long maximumBytes) {

    /** The three sizes without the info type in front. */
    public static final int BYTES = 12;

    /** What holds when a server does not say. */
    public static final BlockSizeInfo DEFAULT = new BlockSizeInfo(1, 4096, NbdConstants.DEFAULT_MAX_PAYLOAD_BYTES);

    public static BlockSizeInfo of(BlockGeometry geometry) {
        return new BlockSizeInfo(geometry.minBlockBytes(), geometry.preferredBlockBytes(), geometry.maxTransferBytes());
    }

    /**
     * Reads the whole buffer.
     *
     * @param body what follows the info type
     * @throws NbdFormatException if the sizes break the rules above
     */
    public static BlockSizeInfo decode(ByteBuffer body) {
        if (body.remaining() != BYTES) {
            throw new NbdFormatException("block sizes of " + body.remaining() + " bytes instead of " + BYTES);
        }
        long minimum = Integer.toUnsignedLong(body.getInt());
        long preferred = Integer.toUnsignedLong(body.getInt());
        long maximum = Integer.toUnsignedLong(body.getInt());
        if (Long.bitCount(minimum) != 1 || minimum > 65536 || Long.bitCount(preferred) != 1
                || preferred < Math.max(512, minimum) || preferred > 1 << 30 || maximum < preferred) {
            throw new NbdFormatException("block sizes " + minimum + "/" + preferred + "/" + maximum + " break the protocol's rules");
        }
        return new BlockSizeInfo((int) minimum, (int) preferred, maximum);
    }

    public void encode(ByteBuffer to) {
        to.putInt(minimumBytes);
        to.putInt(preferredBytes);
        to.putInt((int) maximumBytes);
    }
}
