/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.intentlog.format;

import java.nio.ByteBuffer;
import org.roaringbitmap.RoaringBitmap;

/**
 * A set of dirty chunks on its way to another node, big-endian but for the payload.
 *
 * <pre>
 *    0  magic "NRDM"              4
 *    4  version                   4   1
 *    8  chunk size, bytes         4
 *   12  payload length, bytes     4
 *   16  device size, bytes        8
 *   24  payload: RoaringBitmap, portable serialised form (little-endian by its own specification)
 *    -  CRC32C of all before      4
 * </pre>
 */
public final class DirtyMapCodec {

    public static final int VERSION = 1;
    /** A bitmap of 2^32 chunks in the worst case: 65536 containers of 8 KiB and their headers. */
    public static final int MAX_PAYLOAD_BYTES = (512 << 20) + (1 << 20);
    static final int MAGIC = 0x4e52444d;
    private static final int PAYLOAD_AT = 24;
    private static final int CRC_BYTES = 4;

    private DirtyMapCodec() {
    }

    public static byte[] encode(RoaringBitmap dirty, int chunkBytes, long deviceSizeBytes) {
        RoaringBitmap compact = dirty.clone();
        compact.runOptimize();
        int payload = compact.serializedSizeInBytes();
        ByteBuffer to = ByteBuffer.allocate(PAYLOAD_AT + payload + CRC_BYTES);
        to.putInt(MAGIC).putInt(VERSION).putInt(chunkBytes).putInt(payload).putLong(deviceSizeBytes);
        compact.serialize(to);
        to.putInt(PAYLOAD_AT + payload, LogBlock.crc(to, 0, PAYLOAD_AT + payload));
        return to.array();
    }

    /** The chunks, or null if the bytes are damaged, of another version, or of another chunk or device size. */
    public static RoaringBitmap decode(byte[] bytes, int chunkBytes, long deviceSizeBytes) {
        if (bytes.length < PAYLOAD_AT + CRC_BYTES || bytes.length > PAYLOAD_AT + MAX_PAYLOAD_BYTES + CRC_BYTES) {
            return null;
        }
        ByteBuffer from = ByteBuffer.wrap(bytes);
        int payload = bytes.length - PAYLOAD_AT - CRC_BYTES;
        boolean ours = from.getInt(0) == MAGIC && from.getInt(4) == VERSION && from.getInt(8) == chunkBytes
                && from.getInt(12) == payload && from.getLong(16) == deviceSizeBytes;
        if (!ours || from.getInt(PAYLOAD_AT + payload) != LogBlock.crc(from, 0, PAYLOAD_AT + payload)) {
            return null;
        }
        return decodePayload(from.position(PAYLOAD_AT).limit(PAYLOAD_AT + payload).slice(), chunkBytes, deviceSizeBytes);
    }

    private static RoaringBitmap decodePayload(ByteBuffer payload, int chunkBytes, long deviceSizeBytes) {
        RoaringBitmap chunks = new RoaringBitmap();
        try {
            chunks.deserialize(payload);
            if (!chunks.validate()) {
                return null;
            }
        } catch (Exception e) {
            return null; // the library throws several kinds for bytes that are no bitmap; all mean the same here
        }
        long chunkCount = (deviceSizeBytes + chunkBytes - 1) / chunkBytes;
        boolean inside = chunks.isEmpty() || Integer.toUnsignedLong(chunks.last()) < chunkCount;
        return inside ? chunks : null;
    }
}
