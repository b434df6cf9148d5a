/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.intentlog.format;

import java.nio.ByteBuffer;
import java.util.zip.CRC32C;
import org.netraid.block.Zeros;

/**
 * What the three kinds of 4 KiB log block have in common: the last four bytes are the CRC32C of all before them, so that a write torn at
 * any byte is noticed.
 */
final class LogBlock {

    static final int BYTES = 4096;
    static final int CRC_AT = BYTES - 4;

    private LogBlock() {
    }

    /** Writes the checksum of the block that starts at {@code at}. */
    static void seal(ByteBuffer block, int at) {
        block.putInt(at + CRC_AT, crc(block, at, CRC_AT));
    }

    static boolean isIntact(ByteBuffer block, int at) {
        return block.getInt(at + CRC_AT) == crc(block, at, CRC_AT);
    }

    static boolean isZero(ByteBuffer block, int at) {
        return Zeros.isZero(block, at, at + BYTES);
    }

    static void clear(ByteBuffer block, int at) {
        for (int i = 0; i < BYTES; i += Long.BYTES) {
            block.putLong(at + i, 0);
        }
    }

    static int crc(ByteBuffer buffer, int at, int length) {
        CRC32C crc = new CRC32C();
        crc.update(buffer.duplicate().clear().position(at).limit(at + length));
        return (int) crc.getValue();
    }
}
