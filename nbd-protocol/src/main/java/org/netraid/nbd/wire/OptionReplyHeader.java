/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.nbd.wire;

import java.nio.ByteBuffer;

/**
 * Header of a reply to an option. Reusable.
 *
 * <pre>
 *   0          8        12     16       20
 *   | magic    | option | type | length |  data
 * </pre>
 */
public final class OptionReplyHeader {

    private int option;
    private int type;
    private long lengthBytes;

    /**
     * Reads the header; needs {@link NbdConstants#OPTION_REPLY_HEADER_BYTES} bytes, of which it consumes all.
     *
     * @return false if the magic is wrong
     */
    public boolean decode(ByteBuffer from) {
        long magic = from.getLong();
        option = from.getInt();
        type = from.getInt();
        lengthBytes = Integer.toUnsignedLong(from.getInt());
        return magic == NbdConstants.OPTION_REPLY_MAGIC;
    }

    /** @param lengthBytes bytes of reply data that follow */
    public static void encode(ByteBuffer to, int option, int type, int lengthBytes) {
        to.putLong(NbdConstants.OPTION_REPLY_MAGIC);
        to.putInt(option);
        to.putInt(type);
        to.putInt(lengthBytes);
    }

    /** The option that is answered. */
    public int option() {
        return option;
    }

    /** {@link NbdOptionReply}, or a number nobody knows. */
    public int type() {
        return type;
    }

    /** Bytes of data behind the header, 0 to 2^32 - 1: check before use. */
    public long lengthBytes() {
        return lengthBytes;
    }
}
