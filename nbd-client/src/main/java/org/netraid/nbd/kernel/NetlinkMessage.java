/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.nbd.kernel;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/**
 * One request of generic netlink, built attribute by attribute. All numbers in the byte order of the machine.
 *
 * <pre>
 *   | length(4) | type(2) | flags(2) | sequence(4) | port(4) |     netlink
 *   | command(1) | version(1) | 0(2) |                           generic netlink
 *   { | length(2) | type(2) | value, padded to 4 | } ...         attributes
 * </pre>
 */
public final class NetlinkMessage {

    public static final int HEADER_BYTES = 16;
    public static final int GENERIC_HEADER_BYTES = 4;
    static final int ATTRIBUTE_HEADER_BYTES = 4;
    private static final int ALIGNMENT = 4;
    /** NLM_F_REQUEST and NLM_F_ACK: do it, and say how it went. */
    private static final short REQUEST_AND_ACK = 1 | 4;
    private static final int MAX_BYTES = 4096;

    private final ByteBuffer bytes;

    /**
     * @param family number of the family, as told by the kernel
     * @param order the machine's byte order
     */
    public NetlinkMessage(ByteOrder order, int family, int sequence, int command, int version) {
        bytes = ByteBuffer.allocate(MAX_BYTES).order(order);
        bytes.putInt(0).putShort((short) family).putShort(REQUEST_AND_ACK).putInt(sequence).putInt(0);
        bytes.put((byte) command).put((byte) version).putShort((short) 0);
    }

    public NetlinkMessage u32(int type, int value) {
        header(type, Integer.BYTES);
        bytes.putInt(value);
        return this;
    }

    public NetlinkMessage u64(int type, long value) {
        header(type, Long.BYTES);
        bytes.putLong(value);
        return this;
    }

    /** Text, ended by a zero byte. */
    public NetlinkMessage text(int type, String value) {
        byte[] encoded = value.getBytes(StandardCharsets.UTF_8);
        header(type, encoded.length + 1);
        bytes.put(encoded).put((byte) 0);
        pad();
        return this;
    }

    /** Begins an attribute that holds attributes. @return what {@link #end} needs */
    public int begin(int type) {
        int start = bytes.position();
        header(type, 0);
        return start;
    }

    public NetlinkMessage end(int start) {
        bytes.putShort(start, (short) (bytes.position() - start));
        return this;
    }

    private void header(int type, int valueBytes) {
        bytes.putShort((short) (ATTRIBUTE_HEADER_BYTES + valueBytes)).putShort((short) type);
    }

    private void pad() {
        while (bytes.position() % ALIGNMENT != 0) {
            bytes.put((byte) 0);
        }
    }

    /** The whole message. */
    public byte[] encode() {
        bytes.putInt(0, bytes.position());
        byte[] whole = new byte[bytes.position()];
        bytes.get(0, whole);
        return whole;
    }

    static int aligned(int length) {
        return length + ALIGNMENT - 1 & -ALIGNMENT;
    }
}
