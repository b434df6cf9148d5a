/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.mirror;

import org.netraid.block.BlockError;

/** Told how something asked of a mirror has ended. Called once, on the mirror's loop, never inside the call that took it. */
@FunctionalInterface
public interface MirrorAction {

    /** @param detail one sentence for people; empty on success */
    void onDone(BlockError error, String detail);
}
