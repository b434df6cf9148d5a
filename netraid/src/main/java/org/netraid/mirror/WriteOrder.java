/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.mirror;

/**
 * Which writes may depend on which. A write can depend on another one only if that one was completed to the application before it was
 * submitted; so an epoch ends when any write in it completes, and the next write begins a new one (DRBD's rule). Writes of one epoch may
 * reach a copy in any order; a copy that gets every epoch whole before the next is always in a state that the source could have crashed in.
 */
final class WriteOrder {

    private long epoch = 1;
    private boolean over;

    /** The epoch of a write that goes to the copies now. */
    long epoch() {
        if (over) {
            over = false;
            epoch++;
        }
        return epoch;
    }

    /** A write is about to be completed to the application: what is submitted from now on may depend on it. */
    void completing() {
        over = true;
    }
}
