/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.nbd.wire;

/** Types of structured reply chunks. Source: NBD protocol, "Structured reply types". */
public final class ChunkType {

    /** No payload; only to finish a reply. */
    public static final int NONE = 0;
    public static final int OFFSET_DATA = 1;
    public static final int OFFSET_HOLE = 2;
    public static final int BLOCK_STATUS = 5;
    /** Extended headers only: 64-bit lengths and status. */
    public static final int BLOCK_STATUS_EXT = 6;
    /** NetRAID extension: offset and hashes. */
    public static final int CHECKSUMS = 0x4e01;
    /** NetRAID extension: the modification is in the server's memory; never the last chunk of its reply. */
    public static final int RECEIVED = 0x4e02;
    public static final int ERROR = 0x8001;
    public static final int ERROR_OFFSET = 0x8002;

    private ChunkType() {
    }

    /** Name for messages; a number nobody defined is shown in hexadecimal. */
    public static String nameOf(int type) {
        return switch (type) {
            case NONE -> "NONE";
            case OFFSET_DATA -> "OFFSET_DATA";
            case OFFSET_HOLE -> "OFFSET_HOLE";
            case BLOCK_STATUS -> "BLOCK_STATUS";
            case BLOCK_STATUS_EXT -> "BLOCK_STATUS_EXT";
            case CHECKSUMS -> "CHECKSUMS";
            case RECEIVED -> "RECEIVED";
            case ERROR -> "ERROR";
            case ERROR_OFFSET -> "ERROR_OFFSET";
            default -> "chunk type 0x" + Integer.toHexString(type);
        };
    }

    /** Reply flag: the last chunk of its reply. */
    public static final int FLAG_DONE = 1;

    /** True for error chunks, also for those of types nobody has defined yet. */
    public static boolean isError(int type) {
        return (type & 0x8000) != 0;
    }
}
