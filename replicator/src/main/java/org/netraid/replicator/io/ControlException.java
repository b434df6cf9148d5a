/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.io;

import org.netraid.replicator.control.ExitCode;

/** The daemon could not be asked, or refused. The message is for the operator; the code is the command's exit code. */
public final class ControlException extends Exception {

    private static final long serialVersionUID = 1L;

    private final ExitCode code;

    public ControlException(ExitCode code, String message) {
        super(message);
        this.code = code;
    }

    public ExitCode code() {
        return code;
    }
}
