/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.block;

/**
 * The result of a block request: success, or one of the eight error numbers NBD can carry.
 * Errors are values here; exceptions are for broken invariants only.
 *
 * <p>Source: NBD protocol, "Error values".
 */
public enum BlockError {
    NONE(0),
    EPERM(1),
    EIO(5),
    ENOMEM(12),
    EINVAL(22),
    ENOSPC(28),
    EOVERFLOW(75),
    ENOTSUP(95),
    ESHUTDOWN(108);

    private static final BlockError[] VALUES = values();

    private final int errno;

    BlockError(int errno) {
        this.errno = errno;
    }

    /** The number on the wire. */
    public int errno() {
        return errno;
    }

    public boolean isError() {
        return this != NONE;
    }

    /** The value for a number from the wire; a number the protocol does not know becomes EINVAL. */
    public static BlockError ofWire(int errno) {
        for (BlockError error : VALUES) {
            if (error.errno == errno) {
                return error;
            }
        }
        return EINVAL;
    }
}
