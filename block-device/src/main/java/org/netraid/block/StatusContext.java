/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.block;

/**
 * A map of a device that clients can ask for next to that of its holes: a function from offset to 32 bits of status, such as the dirty
 * chunks of a mirror's target. On the wire it is a metadata context of BLOCK_STATUS; {@code docs/wire-extensions.md} names ours.
 *
 * <p>Called on the event loop of the device it describes; answers at once from memory, with no I/O.
 */
public interface StatusContext {

    /** {@code namespace:leaf}, printable, without a blank; at most 256 bytes of UTF-8. Constant. */
    String name();

    /** What the status bits mean, one sentence for people. */
    String description();

    /**
     * Describes the range: appends consecutive parts to {@code into}, which is empty, from the first byte of the range on. At least one
     * part; never beyond the range; may end before it when the list is full or the work would take long: whoever wants the rest asks again.
     *
     * @param offsetBytes inside the device
     * @param lengthBytes at least 1, inside the device
     * @return NONE; or why there is no answer, for instance EINVAL when what the map is about is gone
     */
    BlockError extents(long offsetBytes, long lengthBytes, ExtentList into);
}
