/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.nbd.wire;

/** Bytes from a peer, or a URI from a user, that break the format. The message is fit to be shown to either. */
public final class NbdFormatException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    /** @param message what is wrong, in one line */
    public NbdFormatException(String message) {
        // a peer can cause these at will: no cost for a stack trace nobody reads
        super(message, null, false, false);
    }
}
