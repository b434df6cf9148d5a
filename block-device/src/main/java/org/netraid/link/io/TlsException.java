/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.link.io;

/** Certificates cannot be used as they are. The message says which file, what is wrong with it, and what to do. */
public final class TlsException extends Exception {

    private static final long serialVersionUID = 1L;

    TlsException(String message) {
        super(message);
    }
}
