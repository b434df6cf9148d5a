/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.block;

import java.nio.ByteBuffer;
import java.util.Objects;

/** Whether bytes are all zero. Used where zeros travel, or are stored, as their length only. */
public final class Zeros {

    private Zeros() {
    }

    /**
     * Looks at bytes {@code from} (inclusive) to {@code to} (exclusive), whatever the buffer's position and limit; the buffer stays as
     * it is. Data usually shows at once; long zeros are compared many bytes at a time. True for no bytes.
     *
     * @throws IndexOutOfBoundsException if the buffer's capacity does not have them
     */
    public static boolean isZero(ByteBuffer bytes, int from, int to) {
        Objects.checkFromToIndex(from, to, bytes.capacity());
        if (from == to) {
            return true;
        }
        // Data costs no view: this is asked of each write to a target with compression.
        ByteBuffer seen = to <= bytes.limit() ? bytes : bytes.duplicate().clear();
        if (seen.get(from) != 0 || to - from >= Long.BYTES && seen.getLong(from) != 0) {
            return false;
        }
        // Every byte equals the one before it, and the first is zero.
        return seen.duplicate().limit(to).position(from + 1).equals(seen.duplicate().limit(to - 1).position(from));
    }
}
