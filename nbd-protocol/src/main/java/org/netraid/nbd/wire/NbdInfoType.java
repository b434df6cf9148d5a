/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.nbd.wire;

/** Information types of INFO and GO. Source: NBD protocol, "NBD_REP_INFO". */
public final class NbdInfoType {

    /** Size and transmission flags. */
    public static final int EXPORT = 0;
    /** Canonical name. */
    public static final int NAME = 1;
    public static final int DESCRIPTION = 2;
    /** Minimum, preferred, maximum. */
    public static final int BLOCK_SIZE = 3;

    private NbdInfoType() {
    }

    /** Name for messages; a number nobody defined is shown in hexadecimal. */
    public static String nameOf(int type) {
        return switch (type) {
            case EXPORT -> "EXPORT";
            case NAME -> "NAME";
            case DESCRIPTION -> "DESCRIPTION";
            case BLOCK_SIZE -> "BLOCK_SIZE";
            default -> "info type 0x" + Integer.toHexString(type);
        };
    }
}
