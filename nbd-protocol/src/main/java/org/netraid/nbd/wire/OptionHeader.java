/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.nbd.wire;

import java.nio.ByteBuffer;

/**
 * Header of an option from the client. Reusable.
 *
 * <pre>
 *   0                8        12       16
 *   | IHAVEOPT       | option | length |  data
 * </pre>
 */
public final class OptionHeader {

    private int option;
    private long lengthBytes;

    /**
     * Reads the header; needs {@link NbdConstants#OPTION_HEADER_BYTES} bytes, of which it consumes all.
     *
     * @return false if the magic is wrong: the stream cannot be resynchronised and must be cut
     */
    public boolean decode(ByteBuffer from) {
        long magic = from.getLong();
        option = from.getInt();
        lengthBytes = Integer.toUnsignedLong(from.getInt());
        return magic == NbdConstants.OPTION_MAGIC;
    }

    /** @param lengthBytes bytes of option data that follow */
    public static void encode(ByteBuffer to, int option, int lengthBytes) {
        to.putLong(NbdConstants.OPTION_MAGIC);
        to.putInt(option);
        to.putInt(lengthBytes);
    }

    /** {@link NbdOption}, or a number nobody knows. */
    public int option() {
        return option;
    }

    /** Bytes of data behind the header, 0 to 2^32 - 1: check before use. */
    public long lengthBytes() {
        return lengthBytes;
    }
}
