/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.nbd.server;

import org.netraid.nbd.wire.Extension;

/**
 * What the handshake has settled for the transmission phase.
 *
 * @param structured structured replies, also implied by extended headers
 * @param extended extended headers
 * @param contexts the metadata contexts selected for the export that was opened
 */
record Negotiated(boolean structured, boolean extended, ContextSelection contexts) {

    /** WRITE_LZ4 may come. */
    boolean compressed() {
        return contexts.has(Extension.LZ4);
    }
}
