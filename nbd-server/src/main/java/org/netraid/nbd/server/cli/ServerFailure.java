/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.nbd.server.cli;

/** The server cannot start; exit status 1. The message is one line for an operator. */
final class ServerFailure extends Exception {

    private static final long serialVersionUID = 1L;

    ServerFailure(String message) {
        super(message);
    }
}
