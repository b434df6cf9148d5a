/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.block.io;

/** A disk could not be opened, created or attached. The message is one sentence for an operator. */
public final class DeviceOpenException extends Exception {

    private static final long serialVersionUID = 1L;

    public DeviceOpenException(String message) {
        super(message);
    }

    public DeviceOpenException(String message, Throwable cause) {
        super(message, cause);
    }
}
