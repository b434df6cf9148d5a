/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.intentlog.cli;

/** Ends the tool with this one line. */
final class ToolFailure extends Exception {

    private static final long serialVersionUID = 1L;
    private final int status;

    ToolFailure(int status, String message) {
        super(message, null, false, false);
        this.status = status;
    }

    int status() {
        return status;
    }
}
