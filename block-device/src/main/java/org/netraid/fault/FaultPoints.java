/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.fault;

/**
 * Which planted defects are armed. A class asks once, in its constructor, and keeps the answer in a final field, so that
 * production pays nothing. Only tests and {@code bin/sim --break NAME} arm any.
 */
@FunctionalInterface
public interface FaultPoints {

    /** Nothing armed: production. */
    FaultPoints NONE = name -> false;

    /**
     * @param name kebab-case name of the rule that is broken, such as {@code clear-bit-before-flush}
     */
    boolean isArmed(String name);
}
