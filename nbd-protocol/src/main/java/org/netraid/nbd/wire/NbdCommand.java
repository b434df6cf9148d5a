/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.nbd.wire;

/** Command types of the transmission phase. Source: NBD protocol, "Request types". */
public final class NbdCommand {

    public static final int READ = 0;
    public static final int WRITE = 1;
    /** Finish what is outstanding, then close; has no reply. */
    public static final int DISC = 2;
    public static final int FLUSH = 3;
    public static final int TRIM = 4;
    public static final int CACHE = 5;
    public static final int WRITE_ZEROES = 6;
    public static final int BLOCK_STATUS = 7;
    /** Withdrawn experiment; never carried out. */
    public static final int RESIZE = 8;

    /** NetRAID extension: hashes of the chunks of a range. */
    public static final int CHECKSUM = 0x4e01;
    /** NetRAID extension: what comes before is carried out before what comes behind. */
    public static final int BARRIER = 0x4e02;
    /** NetRAID extension: WRITE with a compressed payload. */
    public static final int WRITE_LZ4 = 0x4e03;

    private NbdCommand() {
    }

    /** Name for messages; a number nobody defined is shown in hexadecimal. */
    public static String nameOf(int type) {
        return switch (type) {
            case READ -> "READ";
            case WRITE -> "WRITE";
            case DISC -> "DISC";
            case FLUSH -> "FLUSH";
            case TRIM -> "TRIM";
            case CACHE -> "CACHE";
            case WRITE_ZEROES -> "WRITE_ZEROES";
            case BLOCK_STATUS -> "BLOCK_STATUS";
            case RESIZE -> "RESIZE";
            case CHECKSUM -> "CHECKSUM";
            case BARRIER -> "BARRIER";
            case WRITE_LZ4 -> "WRITE_LZ4";
            default -> "command 0x" + Integer.toHexString(type);
        };
    }
}
