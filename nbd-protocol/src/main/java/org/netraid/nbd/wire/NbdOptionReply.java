/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.nbd.wire;

/** Reply types of the handshake. Source: NBD protocol, "Option reply types". */
public final class NbdOptionReply {

    public static final int ACK = 1;
    public static final int SERVER = 2;
    public static final int INFO = 3;
    public static final int META_CONTEXT = 4;
    public static final int ERR_UNSUP = 0x80000001;
    public static final int ERR_POLICY = 0x80000002;
    public static final int ERR_INVALID = 0x80000003;
    public static final int ERR_PLATFORM = 0x80000004;
    public static final int ERR_TLS_REQD = 0x80000005;
    public static final int ERR_UNKNOWN = 0x80000006;
    public static final int ERR_SHUTDOWN = 0x80000007;
    public static final int ERR_BLOCK_SIZE_REQD = 0x80000008;
    public static final int ERR_TOO_BIG = 0x80000009;
    public static final int ERR_EXT_HEADER_REQD = 0x8000000a;

    private NbdOptionReply() {
    }

    /** Name for messages; a number nobody defined is shown in hexadecimal. */
    public static String nameOf(int type) {
        return switch (type) {
            case ACK -> "ACK";
            case SERVER -> "SERVER";
            case INFO -> "INFO";
            case META_CONTEXT -> "META_CONTEXT";
            case ERR_UNSUP -> "ERR_UNSUP";
            case ERR_POLICY -> "ERR_POLICY";
            case ERR_INVALID -> "ERR_INVALID";
            case ERR_PLATFORM -> "ERR_PLATFORM";
            case ERR_TLS_REQD -> "ERR_TLS_REQD";
            case ERR_UNKNOWN -> "ERR_UNKNOWN";
            case ERR_SHUTDOWN -> "ERR_SHUTDOWN";
            case ERR_BLOCK_SIZE_REQD -> "ERR_BLOCK_SIZE_REQD";
            case ERR_TOO_BIG -> "ERR_TOO_BIG";
            case ERR_EXT_HEADER_REQD -> "ERR_EXT_HEADER_REQD";
            default -> "reply type 0x" + Integer.toHexString(type);
        };
    }

    /** True for the reply types that end an option with an error. */
    public static boolean isError(int type) {
        return type < 0;
    }
}
