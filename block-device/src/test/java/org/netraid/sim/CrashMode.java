/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.sim;

/** What a {@link SimDisk} keeps at a crash of its node. */
public enum CrashMode {
    /** Power cut: each unflushed modification is kept, lost or torn at 512-byte sectors, as the seed says. */
    POWER_CUT,
    /** Power cut that loses everything not flushed. */
    POWER_CUT_ALL_LOST,
    /** The process dies, the kernel lives: all that was applied survives, still unflushed; what was running is applied, dropped or torn. */
    PROCESS_KILL
}
