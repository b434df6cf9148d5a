/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.mirror;

/** Who waits for a {@link DeviceOp}. Exactly one of the two is called, once, on the mirror's loop. */
public interface DeviceOpOwner {

    /** The command has ended; on a target always with success, on the local disk see {@link DeviceOp#error()}. */
    void onOpDone(DeviceOp op);

    /** True to be told also when this target has the command in memory. */
    default boolean wantsReceipt(int slot) {
        return false;
    }

    /** The target has the command in its memory and will carry it out; comes before {@link #onOpDone}, if asked for, and perhaps never. */
    default void onOpReceived(DeviceOp op) {
    }

    /**
     * The target was given up before the command ended, or because of it. The command may still be under way: what it uses
     * stays its own until it really ends, which nobody is told.
     */
    void onOpLost(DeviceOp op);
}
