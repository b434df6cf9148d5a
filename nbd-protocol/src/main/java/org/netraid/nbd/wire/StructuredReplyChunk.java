/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.nbd.wire;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/**
 * Header of one chunk of a structured reply, and the layouts of the payloads. Reusable.
 *
 * <pre>
 *   0        4       6      8         16       20
 *   | magic  | flags | type | cookie  | length |  payload
 *
 *   0        4       6      8         16       24       32
 *   | magic  | flags | type | cookie  | offset | length |  payload          (extended headers; offset of the request)
 *
 *   OFFSET_DATA   offset(8) data
 *   OFFSET_HOLE   offset(8) size(4)
 *   BLOCK_STATUS  context id(4) count x ( length(4) status(4) )
 *   BLOCK_STATUS_EXT  context id(4) count(4) count x ( length(8) status(8) )
 *   ERROR         error(4) message length(2) message
 *   ERROR_OFFSET  error(4) message length(2) message offset(8)
 * </pre>
 */
public final class StructuredReplyChunk {

    /** Payload of OFFSET_DATA in front of the data. */
    public static final int OFFSET_BYTES = 8;
    /** Payload of OFFSET_HOLE. */
    public static final int HOLE_PAYLOAD_BYTES = 12;
    /** Payload of BLOCK_STATUS in front of the extents. */
    public static final int STATUS_HEAD_BYTES = 4;
    /** One extent of BLOCK_STATUS. */
    public static final int EXTENT_BYTES = 8;
    /** Payload of BLOCK_STATUS_EXT in front of the extents. */
    public static final int STATUS_EXT_HEAD_BYTES = 8;
    /** One extent of BLOCK_STATUS_EXT. */
    public static final int EXTENT_EXT_BYTES = 16;
    /** Payload of ERROR in front of the message. */
    public static final int ERROR_HEAD_BYTES = 6;
    /** Our own longest message; the protocol allows 4096 bytes. */
    public static final int MAX_MESSAGE_BYTES = 512;

    private int flags;
    private int type;
    private long cookie;
    private long offsetBytes;
    private long lengthBytes;

    /**
     * Reads the header; needs {@link NbdConstants#CHUNK_HEADER_BYTES} bytes, of which it consumes all.
     *
     * @return false if the magic is not a structured reply's
     */
    public boolean decode(ByteBuffer from) {
        int magic = from.getInt();
        flags = Short.toUnsignedInt(from.getShort());
        type = Short.toUnsignedInt(from.getShort());
        cookie = from.getLong();
        lengthBytes = Integer.toUnsignedLong(from.getInt());
        return magic == NbdConstants.STRUCTURED_REPLY_MAGIC;
    }

    /**
     * Reads an extended header; needs {@link NbdConstants#EXTENDED_HEADER_BYTES} bytes, of which it consumes all.
     *
     * @return false if the magic is not an extended reply's
     */
    public boolean decodeExtended(ByteBuffer from) {
        int magic = from.getInt();
        flags = Short.toUnsignedInt(from.getShort());
        type = Short.toUnsignedInt(from.getShort());
        cookie = from.getLong();
        offsetBytes = from.getLong();
        lengthBytes = from.getLong();
        return magic == NbdConstants.EXTENDED_REPLY_MAGIC;
    }

    /**
     * Writes an extended header.
     *
     * @param offsetBytes offset of the request, as it came
     * @param lengthBytes bytes of payload that follow
     */
    public static void encodeExtended(ByteBuffer to, int flags, int type, long cookie, long offsetBytes, long lengthBytes) {
        to.putInt(NbdConstants.EXTENDED_REPLY_MAGIC);
        to.putShort((short) flags);
        to.putShort((short) type);
        to.putLong(cookie);
        to.putLong(offsetBytes);
        to.putLong(lengthBytes);
    }

    /** @param lengthBytes bytes of payload that follow */
    public static void encode(ByteBuffer to, int flags, int type, long cookie, long lengthBytes) {
        to.putInt(NbdConstants.STRUCTURED_REPLY_MAGIC);
        to.putShort((short) flags);
        to.putShort((short) type);
        to.putLong(cookie);
        to.putInt((int) lengthBytes);
    }

    /** Header and offset of a content chunk; {@code dataBytes} of data follow. */
    public static void encodeOffsetData(ByteBuffer to, int flags, long cookie, long offsetBytes, long dataBytes) {
        encode(to, flags, ChunkType.OFFSET_DATA, cookie, OFFSET_BYTES + dataBytes);
        to.putLong(offsetBytes);
    }

    /** A whole hole chunk: the range reads as zeros. */
    public static void encodeOffsetHole(ByteBuffer to, int flags, long cookie, long offsetBytes, long holeBytes) {
        encode(to, flags, ChunkType.OFFSET_HOLE, cookie, HOLE_PAYLOAD_BYTES);
        to.putLong(offsetBytes);
        to.putInt((int) holeBytes);
    }

    /** A whole, final error chunk. The message is cut to {@link #MAX_MESSAGE_BYTES} at a character. */
    public static void encodeError(ByteBuffer to, long cookie, int errno, String message) {
        byte[] payload = errorPayload(errno, message);
        encode(to, ChunkType.FLAG_DONE, ChunkType.ERROR, cookie, payload.length);
        to.put(payload);
    }

    /** Payload of ERROR. The message is cut to {@link #MAX_MESSAGE_BYTES} at a character. */
    public static byte[] errorPayload(int errno, String message) {
        byte[] text = NbdStrings.truncated(message, MAX_MESSAGE_BYTES);
        return ByteBuffer.allocate(ERROR_HEAD_BYTES + text.length).putInt(errno).putShort((short) text.length).put(text).array();
    }

    /** The whole, final chunk of a success without content. */
    public static void encodeDone(ByteBuffer to, long cookie) {
        encode(to, ChunkType.FLAG_DONE, ChunkType.NONE, cookie, 0);
    }

    /**
     * Message of an error chunk. Lenient: what cannot be read is left out, since the error number alone decides.
     *
     * @param payload payload of an error chunk; not consumed
     */
    public static String errorMessage(ByteBuffer payload) {
        if (payload.remaining() < ERROR_HEAD_BYTES) {
            return "";
        }
        int length = Short.toUnsignedInt(payload.getShort(payload.position() + 4));
        byte[] text = new byte[Math.min(length, payload.remaining() - ERROR_HEAD_BYTES)];
        payload.get(payload.position() + ERROR_HEAD_BYTES, text);
        return new String(text, StandardCharsets.UTF_8);
    }

    public int flags() {
        return flags;
    }

    /** {@link ChunkType}, or a number nobody knows. */
    public int type() {
        return type;
    }

    public long cookie() {
        return cookie;
    }

    /** Offset of the request; of extended headers only. */
    public long offsetBytes() {
        return offsetBytes;
    }

    /** Bytes of payload behind the header: check before use. 0 to 2^32 - 1; of an extended header negative means 2^63 and more. */
    public long lengthBytes() {
        return lengthBytes;
    }

    public boolean isDone() {
        return (flags & ChunkType.FLAG_DONE) != 0;
    }
}
