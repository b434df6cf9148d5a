/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.api;

/** What failed and what to do, in its message. */
public final class NetRaidException extends Exception {

    private static final long serialVersionUID = 1L;

    public NetRaidException(String message) {
        super(message);
    }
}
