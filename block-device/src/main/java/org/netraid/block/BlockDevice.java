/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.block;

import java.util.Set;

/**
 * An asynchronous block device: a disk, an NBD target, a mirror, a filter over another device.
 *
 * <h2>Threading</h2>
 * Everything is called on the one event loop that owns the device, and completions run there too,
 * never inside {@link #submit}.
 *
 * <h2>Ordering</h2>
 * Requests may execute and complete in any order. A reader sees every write completed before the read
 * was submitted. Overlapping requests in flight have no defined order: who needs one (the mirror does)
 * imposes it.
 *
 * <h2>Durability</h2>
 * A completed WRITE, TRIM or WRITE_ZEROES has been handed to the medium and may be lost with power.
 * A completed FLUSH makes every modification completed before the flush was submitted durable; FUA makes
 * one command durable. <b>A failed flush means the device is lost</b>: what it covered may be gone and a
 * later flush that succeeds proves nothing, so it must not be retried and trusted.
 *
 * <h2>Errors</h2>
 * Values, not exceptions. After an error of a modifying command the content of its range is undefined.
 */
public interface BlockDevice {

    /** Name for people: path, URI or mirror tag. */
    String name();

    BlockGeometry geometry();

    /** Unmodifiable and constant for the life of the device. */
    Set<BlockCapability> capabilities();

    /**
     * Takes ownership of the request and starts it. Bad requests are completed with an error like any
     * other outcome; nothing is thrown at the submitter for what a peer or user sent.
     */
    void submit(BlockRequest request);

    /**
     * Stops taking requests (later ones end with ESHUTDOWN), lets the running ones end, then releases
     * the resources. Does not flush.
     *
     * @param closed runs once, on the loop, when all is released
     */
    void close(Runnable closed);

    /**
     * Gives the device up: as {@link #close}, but whoever cannot answer any more is not waited for. Outstanding requests end with an
     * error as soon as their buffers are free, never inside this call. For a device that hangs, such as a target that has timed out;
     * one that cannot be interrupted closes as usual.
     *
     * @param reason for people: why
     * @param closed runs once, on the loop, when all is released
     */
    default void abort(String reason, Runnable closed) {
        close(closed);
    }

    /** Whoever has submitted {@link BlockRequest#PATIENT} writes waits for nothing else any more. */
    default void hurry() {
    }

    /** What the disk holds, for {@link BlockRequest#writeStored}; null: it has to be read. */
    default StoredBytes stored() {
        return null;
    }

    default boolean can(BlockCapability capability) {
        return capabilities().contains(capability);
    }
}
