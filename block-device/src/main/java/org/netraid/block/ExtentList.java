/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.block;

import java.util.Arrays;

/**
 * Answer to an EXTENTS request: consecutive parts of the range, from its first byte on, each with its status. Equal neighbours are
 * merged. Reusable; grows up to its capacity, so that what a device or a peer says cannot use more memory than its reader allows.
 *
 * <p>Source of the two bits: NBD protocol, metadata context "base:allocation".
 */
public final class ExtentList {

    /** Nothing is promised about the part: it may hold anything. */
    public static final int DATA = 0;
    /** Not allocated: a write here may find the medium full. */
    public static final int HOLE = 1;
    /** Reads as zeros. */
    public static final int ZERO = 1 << 1;

    private static final int FIRST_CAPACITY = 16;

    private final int capacity;
    private long[] lengthsBytes;
    private int[] status;
    private int count;
    private long totalBytes;

    /** @param capacity most parts it takes */
    public ExtentList(int capacity) {
        if (capacity < 1) {
            throw new IllegalArgumentException("room for " + capacity + " extents");
        }
        this.capacity = capacity;
        lengthsBytes = new long[Math.min(capacity, FIRST_CAPACITY)];
        status = new int[lengthsBytes.length];
    }

    public void clear() {
        count = 0;
        totalBytes = 0;
    }

    /**
     * Appends a part, or makes the last one longer if that has the same status.
     *
     * @return false if the list is full; then nothing was added
     */
    public boolean add(long lengthBytes, int newStatus) {
        if (lengthBytes < 1) {
            throw new IllegalArgumentException("an extent of " + lengthBytes + " bytes");
        }
        if (count > 0 && status[count - 1] == newStatus) {
            lengthsBytes[count - 1] += lengthBytes;
        } else if (count == capacity) {
            return false;
        } else {
            if (count == lengthsBytes.length) {
                int room = Math.min(capacity, count * 2);
                lengthsBytes = Arrays.copyOf(lengthsBytes, room);
                status = Arrays.copyOf(status, room);
            }
            lengthsBytes[count] = lengthBytes;
            status[count++] = newStatus;
        }
        totalBytes += lengthBytes;
        return true;
    }

    /** Number of parts. */
    public int count() {
        return count;
    }

    public long lengthBytes(int index) {
        return lengthsBytes[index];
    }

    /** {@link #HOLE} and {@link #ZERO}, or {@link #DATA}. */
    public int status(int index) {
        return status[index];
    }

    /** Sum of all parts. */
    public long totalBytes() {
        return totalBytes;
    }

    @Override
    public String toString() {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < count; i++) {
            text.append(i == 0 ? "" : " ").append(lengthsBytes[i]).append(':').append(status[i]);
        }
        return text.toString();
    }
}
