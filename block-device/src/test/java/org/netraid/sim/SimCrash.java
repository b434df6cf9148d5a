/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.sim;

/** Thrown by a simulated part to stop its node at exactly this instruction; {@link SimLoop#onCrash} catches it. */
public final class SimCrash extends Error {

    private static final long serialVersionUID = 1L;

    public SimCrash(String where) {
        super("simulated crash " + where, null, false, false);
    }
}
