/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.nbd.wire;

/**
 * The metadata context by which a client says in which generation it writes: {@code x-netraid:generation:} and 16 hexadecimal digits.
 * Specified in {@code docs/wire-extensions.md}.
 */
public final class GenerationContext {

    /** An export that is bound to no generation, a client that tells none. */
    public static final long NONE = 0;

    private static final String PREFIX = "x-netraid:generation:";

    private GenerationContext() {
    }

    /** @param generation not {@link #NONE} */
    public static String nameOf(long generation) {
        return PREFIX + String.format("%016x", generation);
    }
}
