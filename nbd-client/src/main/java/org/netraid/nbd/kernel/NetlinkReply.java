/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.nbd.kernel;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.OptionalInt;

/** What the kernel answers to one {@link NetlinkMessage}: messages with attributes, then one that says how it went. */
public final class NetlinkReply {

    private static final int ERROR = 2;

    private final int sequence;
    private final int wantedAttribute;
    private boolean finished;
    private int errno;
    private OptionalInt value = OptionalInt.empty();

    /**
     * @param sequence of the request
     * @param wantedAttribute a number of 2 or 4 bytes that the caller wants out of the answer
     */
    public NetlinkReply(int sequence, int wantedAttribute) {
        this.sequence = sequence;
        this.wantedAttribute = wantedAttribute;
    }

    /**
     * Takes one datagram.
     *
     * @throws IllegalArgumentException if its lengths contradict each other
     */
    public void onDatagram(byte[] datagram, int length, ByteOrder order) {
        ByteBuffer in = ByteBuffer.wrap(datagram, 0, length).slice().order(order);
        while (in.remaining() >= NetlinkMessage.HEADER_BYTES && !finished) {
            int start = in.position();
            int messageBytes = in.getInt(start);
            if (messageBytes < NetlinkMessage.HEADER_BYTES || messageBytes > in.remaining()) {
                throw new IllegalArgumentException("a netlink message of " + messageBytes + " bytes in " + in.remaining());
            }
            if (in.getInt(start + 8) == sequence) {
                onMessage(in.slice(start, messageBytes).order(order));
            }
            in.position(Math.min(in.limit(), start + NetlinkMessage.aligned(messageBytes)));
        }
    }

    private void onMessage(ByteBuffer message) {
        int type = Short.toUnsignedInt(message.getShort(4));
        message.position(NetlinkMessage.HEADER_BYTES);
        if (type == ERROR && message.remaining() >= Integer.BYTES) {
            errno = -message.getInt();
            finished = true;
        } else if (message.remaining() >= NetlinkMessage.GENERIC_HEADER_BYTES) {
            message.position(message.position() + NetlinkMessage.GENERIC_HEADER_BYTES);
            readAttributes(message);
        }
    }

    private void readAttributes(ByteBuffer message) {
        while (message.remaining() >= NetlinkMessage.ATTRIBUTE_HEADER_BYTES) {
            int start = message.position();
            int length = Short.toUnsignedInt(message.getShort(start));
            int type = message.getShort(start + 2) & 0x3fff;
            if (length < NetlinkMessage.ATTRIBUTE_HEADER_BYTES || length > message.remaining()) {
                throw new IllegalArgumentException("a netlink attribute of " + length + " bytes in " + message.remaining());
            }
            int valueBytes = length - NetlinkMessage.ATTRIBUTE_HEADER_BYTES;
            if (type == wantedAttribute && (valueBytes == Short.BYTES || valueBytes == Integer.BYTES)) {
                int at = start + NetlinkMessage.ATTRIBUTE_HEADER_BYTES;
                value = OptionalInt.of(valueBytes == Short.BYTES ? Short.toUnsignedInt(message.getShort(at)) : message.getInt(at));
            }
            message.position(Math.min(message.limit(), start + NetlinkMessage.aligned(length)));
        }
    }

    /** True when the kernel has said how it went. */
    public boolean isFinished() {
        return finished;
    }

    /** 0 for success. */
    public int errno() {
        return errno;
    }

    /** The number that was wanted, if it came. */
    public OptionalInt value() {
        return value;
    }
}
