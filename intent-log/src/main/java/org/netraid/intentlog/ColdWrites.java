/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.intentlog;

import java.util.ArrayDeque;

/** Writes that wait for their extents to become hot: ordinary ones, and huge ones that are tracked by bits instead. */
final class ColdWrites {

    /** One waiting write. */
    record Write(long offsetBytes, long lengthBytes, IntentWaiter waiter) {
        int firstExtent() {
            return (int) (offsetBytes / IntentLogLayout.EXTENT_BYTES);
        }

        int lastExtent() {
            return (int) ((offsetBytes + lengthBytes - 1) / IntentLogLayout.EXTENT_BYTES);
        }
    }

    private final ArrayDeque<Write> ordinary = new ArrayDeque<>();
    private final ArrayDeque<Write> huge = new ArrayDeque<>();

    void add(Write write, boolean isHuge) {
        (isHuge ? huge : ordinary).add(write);
    }

    ArrayDeque<Write> ordinary() {
        return ordinary;
    }

    ArrayDeque<Write> huge() {
        return huge;
    }

    /** Takes out any; null if there is none. */
    Write poll() {
        Write write = ordinary.poll();
        return write != null ? write : huge.poll();
    }

    boolean isEmpty() {
        return ordinary.isEmpty() && huge.isEmpty();
    }
}
