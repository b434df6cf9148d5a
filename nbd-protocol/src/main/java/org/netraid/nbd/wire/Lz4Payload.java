/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.nbd.wire;

import java.nio.ByteBuffer;
import net.jpountz.lz4.LZ4Compressor;
import net.jpountz.lz4.LZ4Exception;
import net.jpountz.lz4.LZ4Factory;
import net.jpountz.lz4.LZ4SafeDecompressor;

/**
 * Payload of {@link NbdCommand#WRITE_LZ4}. Specified in {@code docs/wire-extensions.md}.
 *
 * <pre>
 *   | length of the data(4) | LZ4 block, shorter than the data |
 * </pre>
 *
 * <p>All buffers are direct or have arrays, and are addressed absolutely. Stateless but for the library's own read-only tables.
 */
public final class Lz4Payload {

    /** Length of the data, in front of the block. */
    public static final int HEAD_BYTES = 4;
    /** Longest data of one command. */
    public static final int MAX_DATA_BYTES = 1 << 20;

    private static final LZ4Factory FACTORY = LZ4Factory.fastestInstance();
    private static final LZ4SafeDecompressor INFLATER = FACTORY.safeDecompressor();

    private final LZ4Compressor compressor;

    /** A sender's side. @param compression not {@link Compression#OFF} */
    public Lz4Payload(Compression compression) {
        compressor = switch (compression) {
            case FAST -> FACTORY.fastCompressor();
            case HIGH -> FACTORY.highCompressor();
            case OFF -> throw new IllegalArgumentException("nothing to compress with");
        };
    }

    /** Room that {@link #encode} may need. */
    public static int maxBytes(int dataBytes) {
        return HEAD_BYTES + dataBytes + dataBytes / 255 + 16;
    }

    /**
     * Compresses.
     *
     * @param to has room for {@link #maxBytes} from index 0 on
     * @return length of the payload, which may be longer than the data
     */
    public int encode(ByteBuffer from, int index, int dataBytes, ByteBuffer to) {
        to.putInt(0, dataBytes);
        return HEAD_BYTES + compressor.compress(from, index, dataBytes, to, HEAD_BYTES, to.capacity() - HEAD_BYTES);
    }

    /** True if data of this length may be announced by a payload of this length. */
    public static boolean isPlausible(long payloadBytes, long dataBytes) {
        return dataBytes >= 1 && dataBytes <= MAX_DATA_BYTES && payloadBytes > HEAD_BYTES && payloadBytes - HEAD_BYTES < dataBytes;
    }

    /**
     * Inflates a block, within the bounds given, whatever it holds.
     *
     * @return true if it is exactly the announced data; false if it is damaged, and the target is undefined
     */
    public static boolean inflate(ByteBuffer from, int index, int blockBytes, ByteBuffer to, int toIndex, int dataBytes) {
        try {
            return INFLATER.decompress(from, index, blockBytes, to, toIndex, dataBytes) == dataBytes;
        } catch (LZ4Exception damaged) {
            return false;
        }
    }
}
