/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.verify;

/** Hears of a verify, on the mirror's loop. */
public interface VerifyListener {

    /** A chunk differs; it is dirty in the intent log, durably, and repaired if that was asked for and has worked. */
    void onDifference(VerifyDifference difference);

    /** It is over; nothing follows. */
    void onEnded(VerifyProgress result);
}
