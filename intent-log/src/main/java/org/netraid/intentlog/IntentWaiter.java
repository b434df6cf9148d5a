/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.intentlog;

import org.netraid.block.BlockError;

/** Waits for the intent log to reach stable storage. Called once, on the mirror's loop, never inside the call that took it. */
@FunctionalInterface
public interface IntentWaiter {

    /**
     * @param error NONE when durable; anything else means that it is not and never will be: the write must not
     *     be carried out nor acknowledged
     */
    void onIntent(BlockError error);
}
