/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.time;

/** Monotonic time. The daemon passes {@code System::nanoTime}; the simulator its own. */
@FunctionalInterface
public interface NanoClock {
    /** Nanoseconds since an arbitrary origin; never goes back. */
    long nanoTime();
}
