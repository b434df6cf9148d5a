/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.time;

/** Calendar time, for people only: no decision may depend on it. */
@FunctionalInterface
public interface WallClock {
    /** Milliseconds since 1970-01-01T00:00Z; may jump either way. */
    long currentTimeMillis();
}
