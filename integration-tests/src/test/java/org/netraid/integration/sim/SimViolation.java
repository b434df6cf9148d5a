/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.integration.sim;

/** A guarantee does not hold. */
final class SimViolation extends AssertionError {

    private static final long serialVersionUID = 1L;

    /** @param rule guarantee or invariant, such as G1 */
    SimViolation(String rule, String what) {
        super(rule + ": " + what);
    }
}
