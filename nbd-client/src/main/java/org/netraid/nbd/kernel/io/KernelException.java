/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.nbd.kernel.io;

/** Something the kernel, a server or a device refused; the message is a sentence for people. */
public final class KernelException extends Exception {

    private static final long serialVersionUID = 1L;

    public KernelException(String message) {
        super(message);
    }
}
