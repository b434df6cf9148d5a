/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.nbd.wire;

/** Option numbers of the handshake. Source: NBD protocol, "Option types". */
public final class NbdOption {

    /** Choose an export and start transmission; has no error reply. */
    public static final int EXPORT_NAME = 1;
    public static final int ABORT = 2;
    public static final int LIST = 3;
    public static final int STARTTLS = 5;
    /** Ask about an export. */
    public static final int INFO = 6;
    /** Ask like INFO, then start transmission. */
    public static final int GO = 7;
    public static final int STRUCTURED_REPLY = 8;
    public static final int LIST_META_CONTEXT = 9;
    public static final int SET_META_CONTEXT = 10;
    /** Experimental 64-bit headers. */
    public static final int EXTENDED_HEADERS = 11;

    private NbdOption() {
    }

    /** Name for messages; a number nobody defined is shown in hexadecimal. */
    public static String nameOf(int option) {
        return switch (option) {
            case EXPORT_NAME -> "EXPORT_NAME";
            case ABORT -> "ABORT";
            case LIST -> "LIST";
            case STARTTLS -> "STARTTLS";
            case INFO -> "INFO";
            case GO -> "GO";
            case STRUCTURED_REPLY -> "STRUCTURED_REPLY";
            case LIST_META_CONTEXT -> "LIST_META_CONTEXT";
            case SET_META_CONTEXT -> "SET_META_CONTEXT";
            case EXTENDED_HEADERS -> "EXTENDED_HEADERS";
            default -> "option 0x" + Integer.toHexString(option);
        };
    }
}
