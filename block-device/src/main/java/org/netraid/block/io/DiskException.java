/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.block.io;

import java.io.IOException;
import org.netraid.block.BlockError;

/** A disk operation failed; carries what the request will be completed with. */
final class DiskException extends IOException {

    private static final long serialVersionUID = 1L;

    private final BlockError error;

    DiskException(BlockError error, String message) {
        super(message);
        this.error = error;
    }

    BlockError error() {
        return error;
    }
}
