/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.journal;

import java.nio.ByteBuffer;
import java.util.zip.CRC32C;

/**
 * The bytes of a journal record. All numbers big-endian.
 *
 * <pre>
 *   0  magic "NRJR"          4
 *   4  version 1             1
 *   5  kind: 1 write, 2 zero 1
 *   6  slot mask             2
 *   8  sequence              8
 *  16  epoch                 8
 *  24  offset                8
 *  32  length                8
 *  40  flags                 4
 *  44  CRC32C of bytes 0 to 43 and the payload
 *  48  payload of a write
 * </pre>
 */
public final class JournalFormat {

    public static final int HEADER_BYTES = 48;
    private static final int MAGIC = 0x4E524A52;
    private static final int VERSION = 1;
    private static final int CRC_AT = 44;
    private static final int WRITE = 1;
    private static final int ZERO = 2;

    private JournalFormat() {
    }

    /**
     * Writes the header from position 0 and leaves the buffer ready to be read.
     *
     * @param payload of a WRITE: its bytes from position to limit; consumed
     */
    public static void encode(JournalRecord record, ByteBuffer payload, ByteBuffer header, CRC32C crc) {
        header.clear();
        header.putInt(MAGIC).put((byte) VERSION).put((byte) (record.kind == JournalRecord.Kind.WRITE ? WRITE : ZERO));
        header.putShort((short) record.slotMask).putLong(record.sequence).putLong(record.epoch).putLong(record.offsetBytes);
        header.putLong(record.lengthBytes).putInt(record.flags);
        header.putInt(sum(header, payload, crc));
        header.flip();
    }

    private static int sum(ByteBuffer header, ByteBuffer payload, CRC32C crc) {
        crc.reset();
        header.limit(CRC_AT).position(0);
        crc.update(header);
        if (payload != null) {
            crc.update(payload);
        }
        header.limit(HEADER_BYTES).position(CRC_AT);
        return (int) crc.getValue();
    }

    /**
     * Reads a header.
     *
     * @param header at least {@link #HEADER_BYTES} bytes from position 0
     * @return "" or what is wrong with it; then the record must not be used
     */
    public static String decode(ByteBuffer header, long sequence, JournalRecord into) {
        if (header.getInt(0) != MAGIC) {
            return "no record where record " + sequence + " should be";
        }
        if (header.get(4) != VERSION) {
            return "record " + sequence + " has version " + header.get(4) + ", this program knows " + VERSION;
        }
        int kind = header.get(5);
        into.sequence = header.getLong(8);
        into.slotMask = header.getShort(6) & 0xFFFF;
        into.epoch = header.getLong(16);
        into.offsetBytes = header.getLong(24);
        into.lengthBytes = header.getLong(32);
        into.flags = header.getInt(40);
        if (into.sequence != sequence || kind != WRITE && kind != ZERO) {
            return "record " + into.sequence + " of kind " + kind + " where record " + sequence + " should be";
        }
        into.kind = kind == WRITE ? JournalRecord.Kind.WRITE : JournalRecord.Kind.ZERO;
        long longest = into.kind == JournalRecord.Kind.WRITE ? JournalRecord.MAX_PAYLOAD_BYTES : JournalRecord.MAX_LENGTH_BYTES;
        if (into.lengthBytes <= 0 || into.lengthBytes > longest || into.offsetBytes < 0
                || into.offsetBytes > Long.MAX_VALUE - into.lengthBytes) {
            return "record " + sequence + " is of " + into.lengthBytes + " bytes at offset " + into.offsetBytes;
        }
        return "";
    }

    /** @param payload the bytes of a WRITE from position to limit; consumed */
    public static boolean isIntact(ByteBuffer header, ByteBuffer payload, CRC32C crc) {
        return sum(header, payload, crc) == header.getInt(CRC_AT);
    }
}
