/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.nbd.client;

import org.netraid.block.BlockCommand;
import org.netraid.block.BlockRequest;
import org.netraid.nbd.wire.CommandFlags;

/** Flags of a request as flags of its commands on the wire. */
final class WireFlags {

    /** Those that mean something with a WRITE, whatever the request was. */
    static final int OF_WRITE = CommandFlags.FUA | CommandFlags.RECEIPT;

    private WireFlags() {
    }

    /** @param receipts the server can acknowledge receipt */
    static int of(BlockRequest request, boolean receipts) {
        int flags = request.isFua() ? CommandFlags.FUA : 0;
        if (receipts && request.wantsReceipt() && request.command().modifies()) {
            flags |= CommandFlags.RECEIPT;
        }
        if (request.command() == BlockCommand.WRITE_ZEROES) {
            flags |= (request.flags() & BlockRequest.NO_HOLE) != 0 ? CommandFlags.NO_HOLE : 0;
            flags |= (request.flags() & BlockRequest.FAST_ZERO) != 0 ? CommandFlags.FAST_ZERO : 0;
        }
        return flags;
    }
}
