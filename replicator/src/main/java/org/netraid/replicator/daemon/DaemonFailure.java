/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.daemon;

/** The daemon cannot start. The message is one line for the operator. */
final class DaemonFailure extends Exception {

    private static final long serialVersionUID = 1L;

    DaemonFailure(String message) {
        super(message);
    }
}
