/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.intentlog;

/**
 * Where everything lies in the log, computed from three numbers.
 *
 * <pre>
 *   0        superblock, first copy                      4 KiB
 *   4 KiB    zero
 *   64 KiB   superblock, second copy                     4 KiB
 *   68 KiB   activity-log ring: ringPlaces x twin block  8 KiB each
 *   then     bitmap pages: slot 0 first places, slot 0 second places, slot 1 first places, ...
 * </pre>
 *
 * @param deviceSizeBytes size of the mirrored device, 1 byte or more
 * @param chunkBytes bytes per bit: a power of two, 4 KiB to 1 MiB
 * @param alSlots extents that can be hot at one time, 1 to {@value #MAX_AL_SLOTS}
 */
public record IntentLogLayout(long deviceSizeBytes, int chunkBytes, int alSlots) {

    public static final int BLOCK_BYTES = 4096;
    /** Unit of the activity log. */
    public static final int EXTENT_BYTES = 4 << 20;
    public static final int DEFAULT_CHUNK_BYTES = 64 << 10;
    public static final int MIN_CHUNK_BYTES = 4 << 10;
    public static final int MAX_CHUNK_BYTES = 1 << 20;
    /** 25 GiB of hot extents; what DRBD allows in a ring of 8 blocks. */
    public static final int DEFAULT_AL_SLOTS = 6433;
    public static final int MAX_AL_SLOTS = 65534;
    /** Bits are numbered with 32 bits, unsigned. */
    public static final long MAX_CHUNKS = 1L << 32;
    /** Bits in a page: 4032 bytes, a multiple of 64 so that a 4 MiB extent of 64 KiB chunks never straddles two pages. */
    public static final int BITS_PER_PAGE = 4032 * 8;
    /** Slots restated by each ring block. */
    public static final int CONTEXT_SLOTS = 919;
    static final int MIN_RING_PLACES = 8;
    private static final int SECOND_SUPERBLOCK_AT = 64 << 10;
    static final int TWIN_BYTES = 2 * BLOCK_BYTES;

    public IntentLogLayout {
        String problem = problem(deviceSizeBytes, chunkBytes, alSlots);
        if (problem != null) {
            throw new IllegalArgumentException(problem);
        }
    }

    /** What is wrong with these numbers, in a sentence, or null: for values from disk and from people. */
    public static String problem(long deviceSizeBytes, int chunkBytes, int alSlots) {
        if (deviceSizeBytes < 1) {
            return "device size " + deviceSizeBytes + " is below 1 byte";
        }
        if (Integer.bitCount(chunkBytes) != 1 || chunkBytes < MIN_CHUNK_BYTES || chunkBytes > MAX_CHUNK_BYTES) {
            return "chunk size " + chunkBytes + " is not a power of two from 4096 to 1048576";
        }
        if (alSlots < 1 || alSlots > MAX_AL_SLOTS) {
            return "activity log of " + alSlots + " extents is not within 1 and " + MAX_AL_SLOTS;
        }
        if (divideUp(deviceSizeBytes, chunkBytes) > MAX_CHUNKS) {
            return "device of " + deviceSizeBytes + " bytes has more than 2^32 chunks of " + chunkBytes + ": choose larger chunks";
        }
        return null;
    }

    /** Room of a log for which no number is configured: every extent up to a device of 256 GiB. A full table takes 5 MB of memory. */
    public static int roomFor(long deviceSizeBytes) {
        return (int) Math.max(DEFAULT_AL_SLOTS, Math.min(MAX_AL_SLOTS, divideUp(deviceSizeBytes, EXTENT_BYTES)));
    }

    public long chunkCount() {
        return divideUp(deviceSizeBytes, chunkBytes);
    }

    public long extentCount() {
        return divideUp(deviceSizeBytes, EXTENT_BYTES);
    }

    public int pagesPerSlot() {
        return (int) divideUp(chunkCount(), BITS_PER_PAGE);
    }

    /** First bitmap page with chunks of the extent. */
    int firstPageOf(int extent) {
        return SlotBitmap.pageOf((long) extent * EXTENT_BYTES / chunkBytes);
    }

    /** Last bitmap page with chunks of the extent. */
    int lastPageOf(int extent) {
        return SlotBitmap.pageOf((Math.min((extent + 1L) * EXTENT_BYTES, deviceSizeBytes) - 1) / chunkBytes);
    }

    /** One place more than restates the whole table, because the newest may be torn. */
    public int ringPlaces() {
        return Math.max(MIN_RING_PLACES, contextWindows() + 1);
    }

    /** Ring blocks after which the table has been restated once. */
    public int contextWindows() {
        return (int) divideUp(alSlots, CONTEXT_SLOTS);
    }

    /** @param copy 0 or 1 */
    public static long superblockOffset(int copy) {
        return copy == 0 ? 0 : SECOND_SUPERBLOCK_AT;
    }

    /** First of the two equal blocks of a ring place. */
    public long ringOffset(int place) {
        return SECOND_SUPERBLOCK_AT + BLOCK_BYTES + (long) place * TWIN_BYTES;
    }

    /** @param copy 0 or 1: the page's first or second place */
    public long pageOffset(int slot, int copy, int page) {
        long before = ((long) slot * 2 + copy) * pagesPerSlot() + page;
        return ringOffset(ringPlaces()) + before * BLOCK_BYTES;
    }

    /** Bytes the log needs. */
    public long sizeBytes() {
        return pageOffset(IntentLog.MAX_SLOTS, 0, 0);
    }

    static long divideUp(long value, long by) {
        return (value + by - 1) / by;
    }
}
