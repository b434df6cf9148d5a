/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.nbd.wire;

import java.nio.ByteBuffer;

/**
 * The 16 bytes of a simple reply; the data of a successful READ follows. Reusable.
 *
 * <pre>
 *   0        4       8         16
 *   | magic  | error | cookie  |  data of a READ
 * </pre>
 */
public final class SimpleReply {

    private int error;
    private long cookie;

    /**
     * Reads the reply; needs {@link NbdConstants#SIMPLE_REPLY_BYTES} bytes, of which it consumes all.
     *
     * @return false if the magic is not a simple reply's
     */
    public boolean decode(ByteBuffer from) {
        int magic = from.getInt();
        error = from.getInt();
        cookie = from.getLong();
        return magic == NbdConstants.SIMPLE_REPLY_MAGIC;
    }

    /** @param errno 0 for success */
    public static void encode(ByteBuffer to, int errno, long cookie) {
        to.putInt(NbdConstants.SIMPLE_REPLY_MAGIC);
        to.putInt(errno);
        to.putLong(cookie);
    }

    /** Error number as sent; see {@link org.netraid.block.BlockError#ofWire}. */
    public int error() {
        return error;
    }

    public long cookie() {
        return cookie;
    }
}
