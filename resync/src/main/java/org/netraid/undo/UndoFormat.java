/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.undo;

import java.nio.ByteBuffer;
import java.util.zip.CRC32C;

/**
 * The bytes of an undo journal, big-endian.
 *
 * <pre>
 *  block 0: superblock                      then batches, one behind the other, each
 *     0  magic "NRundoJ\n"         8           0  magic "NRundoB\n"         8
 *     8  version, 1                4           8  version, 1                4
 *    12  chunk size, bytes         4          12  records, 1 to 168         4
 *    16  journal id                8          16  journal id                8
 *    24  mirror size, bytes        8          24  sequence, from 1          8
 *    32  zeros                                32  payload length, bytes     4, zeros 4
 *  4092  CRC32C of all before      4          40  records, 24 bytes each:
 *                                                 chunk 8, length 4, flags 4 (1: zeros, no payload), CRC32C 4, zeros 4
 *                                           4092  CRC32C of all before      4
 *                                           4096  payload: the records' old content, one behind the other, zeros up to a block
 * </pre>
 *
 * A batch is written only when the one before it is durable, and nothing it covers is overwritten before it is durable itself: the first
 * batch that is not whole is the last, and was never needed, unless a later one is found behind it.
 */
final class UndoFormat {

    static final int BLOCK_BYTES = 4096;
    static final int VERSION = 1;
    static final long SUPER_MAGIC = 0x4e52756e_646f4a0aL;
    static final long BATCH_MAGIC = 0x4e52756e_646f420aL;
    static final int MAX_RECORDS = 168;
    /** Payload of a batch: bounds the memory of a target, and how long an overwrite can wait. */
    static final int MAX_PAYLOAD_BYTES = 4 << 20;
    static final int ZEROS = 1;
    private static final int RECORDS_AT = 40;
    private static final int RECORD_BYTES = 24;
    private static final int CRC_AT = BLOCK_BYTES - 4;

    private UndoFormat() {
    }

    static int crc(ByteBuffer bytes, int from, int to) {
        CRC32C crc = new CRC32C();
        crc.update(bytes.duplicate().limit(to).position(from));
        return (int) crc.getValue();
    }

    private static void seal(ByteBuffer block, int start) {
        block.putInt(start + CRC_AT, crc(block, start, start + CRC_AT));
    }

    static void zero(ByteBuffer bytes, int from, int to) {
        for (int at = from; at < to; at++) {
            bytes.put(at, (byte) 0);
        }
    }

    static void superblock(ByteBuffer block, long id, int chunkBytes, long mirrorBytes) {
        zero(block, 0, BLOCK_BYTES);
        block.putLong(0, SUPER_MAGIC).putInt(8, VERSION).putInt(12, chunkBytes).putLong(16, id).putLong(24, mirrorBytes);
        seal(block, 0);
    }

    static boolean isSuperblock(ByteBuffer block, long id, int chunkBytes, long mirrorBytes) {
        return block.getInt(CRC_AT) == crc(block, 0, CRC_AT) && block.getLong(0) == SUPER_MAGIC && block.getInt(8) == VERSION
                && block.getInt(12) == chunkBytes && block.getLong(16) == id && block.getLong(24) == mirrorBytes;
    }

    static void batchHeader(ByteBuffer block, long id, long sequence) {
        zero(block, 0, BLOCK_BYTES);
        block.putLong(0, BATCH_MAGIC).putInt(8, VERSION).putLong(16, id).putLong(24, sequence);
    }

    static void record(ByteBuffer block, int index, long chunk, int lengthBytes, boolean zeros, int crc) {
        int at = RECORDS_AT + index * RECORD_BYTES;
        block.putLong(at, chunk).putInt(at + 8, lengthBytes).putInt(at + 12, zeros ? ZEROS : 0).putInt(at + 16, crc);
    }

    static void sealBatch(ByteBuffer block, int records, int payloadBytes) {
        block.putInt(12, records).putInt(32, payloadBytes);
        seal(block, 0);
    }

    /** True if the block at {@code start} begins a whole batch header of this journal. */
    static boolean isBatchHeader(ByteBuffer block, int start, long id) {
        return block.getLong(start) == BATCH_MAGIC && block.getLong(start + 16) == id && block.getInt(start + 8) == VERSION
                && block.getInt(start + CRC_AT) == crc(block, start, start + CRC_AT);
    }

    static long sequence(ByteBuffer block, int start) {
        return block.getLong(start + 24);
    }

    static int records(ByteBuffer block) {
        return block.getInt(12);
    }

    static int payloadBytes(ByteBuffer block) {
        return block.getInt(32);
    }

    static long chunk(ByteBuffer block, int index) {
        return block.getLong(RECORDS_AT + index * RECORD_BYTES);
    }

    static int length(ByteBuffer block, int index) {
        return block.getInt(RECORDS_AT + index * RECORD_BYTES + 8);
    }

    static boolean isZeros(ByteBuffer block, int index) {
        return (block.getInt(RECORDS_AT + index * RECORD_BYTES + 12) & ZEROS) != 0;
    }

    static int recordCrc(ByteBuffer block, int index) {
        return block.getInt(RECORDS_AT + index * RECORD_BYTES + 16);
    }

    /** Counts, lengths and places fit the journal's geometry: nothing beyond them is touched. */
    static boolean isSane(ByteBuffer block, int chunkBytes, long mirrorBytes) {
        int count = records(block);
        if (count < 1 || count > MAX_RECORDS) {
            return false;
        }
        long payload = 0;
        for (int i = 0; i < count; i++) {
            long chunk = chunk(block, i);
            if (chunk < 0 || chunk >= (mirrorBytes + chunkBytes - 1) / chunkBytes
                    || length(block, i) != Math.min(chunkBytes, mirrorBytes - chunk * chunkBytes)) {
                return false;
            }
            payload += isZeros(block, i) ? 0 : length(block, i);
        }
        return payload == payloadBytes(block) && payload <= MAX_PAYLOAD_BYTES;
    }

    static long roundUp(long bytes) {
        return (bytes + BLOCK_BYTES - 1) & -BLOCK_BYTES;
    }
}
