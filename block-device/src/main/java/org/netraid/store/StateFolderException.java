/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.store;

/**
 * The state folder could not be read or written. The state on disk is what it was before or what was being written,
 * never a mixture; the caller must stop what rests on it and say so.
 */
public final class StateFolderException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    /** @param message folder, file, what failed, and what to do next */
    public StateFolderException(String message, Throwable cause) {
        super(message, cause);
    }
}
