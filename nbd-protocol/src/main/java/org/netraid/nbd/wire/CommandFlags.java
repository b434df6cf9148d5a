/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.nbd.wire;

/** Flags of a request. Source: NBD protocol, "Command flags". */
public final class CommandFlags {

    /** No reply before the data is on stable storage. */
    public static final int FUA = 1;
    /** WRITE_ZEROES must leave the range allocated. */
    public static final int NO_HOLE = 1 << 1;
    /** READ: at most one content chunk. */
    public static final int DF = 1 << 2;
    /** BLOCK_STATUS: one extent only. */
    public static final int REQ_ONE = 1 << 3;
    /** WRITE_ZEROES: fail at once unless faster than writing. */
    public static final int FAST_ZERO = 1 << 4;
    /** Extended headers only. */
    public static final int PAYLOAD_LEN = 1 << 5;

    /** NetRAID extension: acknowledge a modification when it is in memory, too. */
    public static final int RECEIPT = 1 << 12;

    private CommandFlags() {
    }
}
