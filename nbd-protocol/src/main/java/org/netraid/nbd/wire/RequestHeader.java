/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.nbd.wire;

import java.nio.ByteBuffer;

/**
 * The 28 bytes, or 32 with extended headers, in front of every command of the transmission phase. Reusable: one object per session.
 *
 * <pre>
 *   0        4       6      8         16        24       28
 *   | magic  | flags | type | cookie  | offset  | length |  payload of a WRITE
 *
 *   0        4       6      8         16        24       32
 *   | magic  | flags | type | cookie  | offset  | length |  payload of that length if the flag PAYLOAD_LEN is set
 * </pre>
 */
public final class RequestHeader {

    private int flags;
    private int type;
    private long cookie;
    private long offsetBytes;
    private long lengthBytes;
    private boolean extended;

    /**
     * Reads the header; needs {@link NbdConstants#REQUEST_BYTES} bytes, of which it consumes all.
     *
     * @return false if the magic is wrong: the stream cannot be resynchronised and must be cut
     */
    public boolean decode(ByteBuffer from) {
        int magic = from.getInt();
        flags = Short.toUnsignedInt(from.getShort());
        type = Short.toUnsignedInt(from.getShort());
        cookie = from.getLong();
        offsetBytes = from.getLong();
        lengthBytes = Integer.toUnsignedLong(from.getInt());
        extended = false;
        return magic == NbdConstants.REQUEST_MAGIC;
    }

    /**
     * Reads an extended header; needs {@link NbdConstants#EXTENDED_HEADER_BYTES} bytes, of which it consumes all.
     *
     * @return false if the magic is wrong: the stream cannot be resynchronised and must be cut
     */
    public boolean decodeExtended(ByteBuffer from) {
        int magic = from.getInt();
        flags = Short.toUnsignedInt(from.getShort());
        type = Short.toUnsignedInt(from.getShort());
        cookie = from.getLong();
        offsetBytes = from.getLong();
        lengthBytes = from.getLong();
        extended = true;
        return magic == NbdConstants.EXTENDED_REQUEST_MAGIC;
    }

    /** Writes an extended header. */
    public static void encodeExtended(ByteBuffer to, int flags, int type, long cookie, long offsetBytes, long lengthBytes) {
        to.putInt(NbdConstants.EXTENDED_REQUEST_MAGIC);
        to.putShort((short) flags);
        to.putShort((short) type);
        to.putLong(cookie);
        to.putLong(offsetBytes);
        to.putLong(lengthBytes);
    }

    /** Bytes that follow the header. As signed long: negative means 2^63 and more. */
    public long payloadBytes() {
        boolean follows = extended ? (flags & CommandFlags.PAYLOAD_LEN) != 0 : type == NbdCommand.WRITE;
        return follows ? lengthBytes : 0;
    }

    /** Puts the length of the data in the place of that of a compressed payload, once it is known. */
    public void setDataBytes(int dataBytes) {
        lengthBytes = dataBytes;
    }

    /** Writes a header. @param lengthBytes 0 to 2^32 - 1 */
    public static void encode(ByteBuffer to, int flags, int type, long cookie, long offsetBytes, long lengthBytes) {
        to.putInt(NbdConstants.REQUEST_MAGIC);
        to.putShort((short) flags);
        to.putShort((short) type);
        to.putLong(cookie);
        to.putLong(offsetBytes);
        to.putInt((int) lengthBytes);
    }

    /** {@link CommandFlags}, and whatever else the client has set. */
    public int flags() {
        return flags;
    }

    /** {@link NbdCommand}, or a number nobody knows. */
    public int type() {
        return type;
    }

    /** Opaque to the server; echoed in the reply. */
    public long cookie() {
        return cookie;
    }

    /** As signed long: negative means 2^63 and more, which is beyond any device. */
    public long offsetBytes() {
        return offsetBytes;
    }

    /** 0 to 2^32 - 1; of an extended header as signed long: negative means 2^63 and more. */
    public long lengthBytes() {
        return lengthBytes;
    }

    @Override
    public String toString() {
        return NbdCommand.nameOf(type) + " " + Long.toUnsignedString(lengthBytes) + "@" + Long.toUnsignedString(offsetBytes)
                + (flags == 0 ? "" : " flags 0x" + Integer.toHexString(flags));
    }
}
