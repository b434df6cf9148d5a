/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.intentlog;

/** Which extents, and which 64ths of an extent, a range of the device touches. */
final class ExtentRange {

    private static final int PART_BYTES = IntentLogLayout.EXTENT_BYTES / 64;

    private ExtentRange() {
    }

    static int first(long offsetBytes) {
        return (int) (offsetBytes / IntentLogLayout.EXTENT_BYTES);
    }

    static int last(long offsetBytes, long lengthBytes) {
        return (int) ((offsetBytes + lengthBytes - 1) / IntentLogLayout.EXTENT_BYTES);
    }

    /** Mask of the 64ths of the extent that the range touches. */
    static long partsOf(int extent, long offsetBytes, long endBytes) {
        long start = (long) extent * IntentLogLayout.EXTENT_BYTES;
        int from = (int) (Math.max(offsetBytes - start, 0) / PART_BYTES);
        int to = (int) ((Math.min(endBytes - start, IntentLogLayout.EXTENT_BYTES) - 1) / PART_BYTES);
        return -1L >>> 63 - (to - from) << from;
    }

    /** Takes ranges of bytes. */
    @FunctionalInterface
    interface Ranges {
        void add(long offsetBytes, long lengthBytes);
    }

    /** The ranges of the device that the 64ths in the mask stand for. */
    static void forEachRun(int extent, long mask, long deviceSizeBytes, Ranges to) {
        long parts = mask;
        while (parts != 0) {
            int from = Long.numberOfTrailingZeros(parts);
            int length = Long.numberOfTrailingZeros(~(parts >>> from));
            long offset = (long) extent * IntentLogLayout.EXTENT_BYTES + (long) from * PART_BYTES;
            to.add(offset, Math.min(offset + (long) length * PART_BYTES, deviceSizeBytes) - offset);
            parts &= from + length == 64 ? 0 : -1L << from + length;
        }
    }
}
