/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.mirror;

import org.netraid.intentlog.IntentWaiter;

/** Who keeps, durably, whether the copy on the local disk may be believed. Called on the mirror's loop. */
public interface LocalMarker {

    /**
     * The local disk is given up and misses every write from now on: nothing that it misses is acknowledged before this is durable.
     *
     * @param done told once, in a later turn; an error ends the mirror
     */
    void markFailed(String why, IntentWaiter done);

    /** The local disk has everything again, flushed. @param done told once, in a later turn; an error: it stays given up */
    void markWhole(IntentWaiter done);
}
