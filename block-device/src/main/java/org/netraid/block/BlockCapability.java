/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.block;

/** What a device can do beyond READ and WRITE. A capability not listed must not be used. */
public enum BlockCapability {
    /** Refuses every modifying command with EPERM. */
    READ_ONLY,
    /** FLUSH is honoured; without it a completed write is as durable as the device ever makes it. */
    FLUSH,
    /** {@link BlockRequest#FUA} is honoured. */
    FUA,
    TRIM,
    WRITE_ZEROES,
    /** {@link BlockRequest#FAST_ZERO} is honoured: ENOTSUP at once where zeroing would be as slow as writing. */
    FAST_ZERO,
    /** A flush covers the completed writes of every user of the device, not only one connection's. */
    MULTI_CONN,
    /** Seeks cost time. */
    ROTATIONAL,
    /** {@link BlockRequest#extents} is answered; of a device without it every byte counts as data. */
    EXTENTS,
    /** {@link BlockRequest#checksum} is answered. */
    CHECKSUM,
    /** {@link BlockRequest#barrier} is honoured. */
    BARRIER,
    /** {@link BlockRequest#withReceipt} is honoured: the device tells when a modification is in the memory of the system that holds it. */
    RECEIPT,
    /** {@link BlockRequest#writeStored} is taken. */
    STORED
}
