/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.nbd.wire;

/** Flags of the greeting; the client answers with the same bits. Source: NBD protocol, "Handshake flags". */
public final class HandshakeFlags {

    /** Every option is answered. */
    public static final int FIXED_NEWSTYLE = 1;
    /** No padding behind the answer to EXPORT_NAME. */
    public static final int NO_ZEROES = 1 << 1;

    private HandshakeFlags() {
    }
}
