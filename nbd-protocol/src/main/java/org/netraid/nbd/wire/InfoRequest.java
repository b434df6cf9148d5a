/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.nbd.wire;

import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * Data of the options INFO and GO.
 *
 * <pre>
 *   | name length(4) | name | count(2) | count x info type(2) |
 * </pre>
 *
 * @param exportName empty for the default export
 * @param infoTypes {@link NbdInfoType} and unknown ones, as sent
 */
public record InfoRequest(String exportName, int[] infoTypes) {

    private static final int FIXED_BYTES = 6;

    /**
     * Reads the whole buffer.
     *
     * @throws NbdFormatException if lengths and count do not match the data exactly
     */
    public static InfoRequest decode(ByteBuffer data) {
        if (data.remaining() < FIXED_BYTES) {
            throw new NbdFormatException("option data of " + data.remaining() + " bytes is shorter than " + FIXED_BYTES);
        }
        long nameBytes = Integer.toUnsignedLong(data.getInt());
        if (nameBytes > data.remaining() - Short.BYTES) {
            throw new NbdFormatException("export name of " + nameBytes + " bytes does not fit the option");
        }
        String name = NbdStrings.decode(data, nameBytes, "export name");
        int count = Short.toUnsignedInt(data.getShort());
        if (data.remaining() != count * Short.BYTES) {
            throw new NbdFormatException(count + " info types need " + count * Short.BYTES + " bytes, " + data.remaining() + " are there");
        }
        int[] types = new int[count];
        for (int i = 0; i < count; i++) {
            types[i] = Short.toUnsignedInt(data.getShort());
        }
        return new InfoRequest(name, types);
    }

    /** Option data, ready to be sent behind an {@link OptionHeader}. */
    public ByteBuffer encode() {
        byte[] name = NbdStrings.encode(exportName, "export name");
        ByteBuffer data = ByteBuffer.allocate(FIXED_BYTES + name.length + infoTypes.length * Short.BYTES);
        data.putInt(name.length).put(name).putShort((short) infoTypes.length);
        for (int type : infoTypes) {
            data.putShort((short) type);
        }
        return data.flip();
    }

    public boolean asksFor(int infoType) {
        for (int type : infoTypes) {
            if (type == infoType) {
                return true;
            }
        }
        return false;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof InfoRequest that && exportName.equals(that.exportName) && Arrays.equals(infoTypes, that.infoTypes);
    }

    @Override
    public int hashCode() {
        return 31 * exportName.hashCode() + Arrays.hashCode(infoTypes);
    }

    @Override
    public String toString() {
        return "'" + exportName + "' " + Arrays.toString(infoTypes);
    }
}
