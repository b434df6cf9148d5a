/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.lost;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.zip.CRC32C;

/**
 * The first block of a file of lost writes.
 *
 * <pre>
 *  offset size
 *       0    8  magic "NRlostW\n"
 *       8    4  version, 1
 *      12    4  CRC32C of the block with this field 0
 *      16    8  identity of the mirror
 *      24    8  its size in bytes
 *      32    4  bytes per chunk
 *      36    4  chunks saved
 *      40    4  CRC32C of the index
 *      44    4  reserved, 0
 *      48    8  when, milliseconds since 1970
 *      56    8  generation that was given up
 *      64    8  generation that was kept
 *      72   65  node whose writes these are: length, UTF-8
 *     137   65  node whose data were kept: length, UTF-8
 *    4096    -  index: for each chunk its number (8), its length in bytes (4), CRC32C of its content (4); padded to 4096
 *       -    -  content of each chunk, in the order of the index, each in the room of a whole chunk
 * </pre>
 *
 * All numbers big-endian. The block is written last: a file without it is not whole.
 *
 * @param mirrorId identity of the mirror
 * @param mirrorBytes its size
 * @param chunkBytes bytes per chunk
 * @param count chunks saved
 * @param indexCrc CRC32C of the index without its padding
 * @param millis wall clock when it was saved
 * @param lost generation that was given up
 * @param kept generation that was kept
 * @param node whose writes these are
 * @param winner whose data were kept
 */
public record LostHeader(long mirrorId, long mirrorBytes, int chunkBytes, int count, int indexCrc, long millis, long lost, long kept,
        String node, String winner) {

    public static final int BLOCK_BYTES = 4096;
    /** Chunks in one file. */
    public static final int MAX_CHUNKS = 1 << 24;
    static final int ENTRY_BYTES = 16;
    static final long MAGIC = 0x4e52_6c6f_7374_570aL;
    private static final int VERSION = 1;
    private static final int MAX_NAME = 64;

    /** Where the content begins. */
    public static long dataAt(long count) {
        return BLOCK_BYTES + (count * ENTRY_BYTES + BLOCK_BYTES - 1) / BLOCK_BYTES * BLOCK_BYTES;
    }

    /** How large a file with so many chunks is. */
    public static long fileBytes(long count, int chunkBytes) {
        return dataAt(count) + count * chunkBytes;
    }

    public LostHeader withIndexCrc(int crc) {
        return new LostHeader(mirrorId, mirrorBytes, chunkBytes, count, crc, millis, lost, kept, node, winner);
    }

    /** The block. */
    public ByteBuffer encode() {
        ByteBuffer block = ByteBuffer.allocateDirect(BLOCK_BYTES);
        block.putLong(MAGIC).putInt(VERSION).putInt(0).putLong(mirrorId).putLong(mirrorBytes).putInt(chunkBytes).putInt(count)
                .putInt(indexCrc).putInt(0).putLong(millis).putLong(lost).putLong(kept);
        putName(block, 72, node);
        putName(block, 72 + 1 + MAX_NAME, winner);
        block.clear();
        return block.putInt(12, crc(block));
    }

    private static void putName(ByteBuffer block, int at, String name) {
        byte[] bytes = name.getBytes(StandardCharsets.UTF_8);
        int length = Math.min(bytes.length, MAX_NAME);
        block.put(at, (byte) length);
        for (int i = 0; i < length; i++) {
            block.put(at + 1 + i, bytes[i]);
        }
    }

    /** @return null if the block is damaged, of another version, or none of ours */
    public static LostHeader decode(ByteBuffer block) {
        if (block.remaining() != BLOCK_BYTES || block.getLong(0) != MAGIC || block.getInt(8) != VERSION) {
            return null;
        }
        ByteBuffer copy = ByteBuffer.allocate(BLOCK_BYTES);
        copy.put(block.duplicate()).clear();
        copy.putInt(12, 0);
        if (crc(copy) != block.getInt(12)) {
            return null;
        }
        LostHeader found = new LostHeader(block.getLong(16), block.getLong(24), block.getInt(32), block.getInt(36), block.getInt(40),
                block.getLong(48), block.getLong(56), block.getLong(64), name(block, 72), name(block, 72 + 1 + MAX_NAME));
        boolean sane = Integer.bitCount(found.chunkBytes) == 1 && found.chunkBytes >= 4096 && found.chunkBytes <= 1 << 20
                && found.count >= 0 && found.count <= MAX_CHUNKS && found.mirrorBytes > 0;
        return sane ? found : null;
    }

    private static String name(ByteBuffer block, int at) {
        byte[] bytes = new byte[Math.min(MAX_NAME, block.get(at) & 0xff)];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = block.get(at + 1 + i);
        }
        return new String(bytes, StandardCharsets.UTF_8);
    }

    /** CRC32C of what remains of the buffer, which is not changed. */
    public static int crc(ByteBuffer bytes) {
        CRC32C crc = new CRC32C();
        crc.update(bytes.duplicate());
        return (int) crc.getValue();
    }
}
