/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.nbd.wire;

import java.nio.ByteBuffer;

/**
 * One reply to the option LIST.
 *
 * <pre>
 *   | name length(4) | name | description |
 * </pre>
 *
 * @param name export name as GO takes it
 * @param description for people; may be empty
 */
public record ListedExport(String name, String description) {

    /** Reads the whole buffer. */
    public static ListedExport decode(ByteBuffer data) {
        if (data.remaining() < Integer.BYTES) {
            throw new NbdFormatException("list entry of " + data.remaining() + " bytes is shorter than " + Integer.BYTES);
        }
        String name = NbdStrings.decode(data, Integer.toUnsignedLong(data.getInt()), "export name");
        return new ListedExport(name, NbdStrings.decode(data, data.remaining(), "export description"));
    }

    /** Reply data, ready to be sent behind an {@link OptionReplyHeader}. */
    public ByteBuffer encode() {
        byte[] nameBytes = NbdStrings.encode(name, "export name");
        byte[] descriptionBytes = NbdStrings.encode(description, "export description");
        ByteBuffer data = ByteBuffer.allocate(Integer.BYTES + nameBytes.length + descriptionBytes.length);
        return data.putInt(nameBytes.length).put(nameBytes).put(descriptionBytes).flip();
    }
}
