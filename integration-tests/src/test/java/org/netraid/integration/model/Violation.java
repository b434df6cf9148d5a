/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.integration.model;

/** A guarantee does not hold in the state that was just reached. */
final class Violation extends RuntimeException {

    private static final long serialVersionUID = 1L;

    Violation(String text) {
        super(text, null, false, false);
    }
}
