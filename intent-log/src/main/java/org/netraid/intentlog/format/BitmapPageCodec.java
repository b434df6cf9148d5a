/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.intentlog.format;

import java.nio.ByteBuffer;
import java.util.UUID;
import org.netraid.intentlog.IntentLogLayout;
import org.roaringbitmap.BitSetUtil;
import org.roaringbitmap.PeekableIntIterator;
import org.roaringbitmap.RoaringBitmap;

/**
 * One page of one slot's bitmap. 4 KiB, big-endian.
 *
 * <pre>
 *    0  magic "NRB1" (1 is the version)   4
 *    4  slot                              2
 *    6  reserved                          2
 *    8  incarnation of the log            8
 *   16  mirror id                        16
 *   32  life of the slot                  4
 *   36  page number                       4
 *   40  sequence                          8
 *   48  dirty chunks in this page         4
 *   52  reserved                          8
 *   60  bits                           4032   chunk page * 32256 + n is bit 7 - n % 8 of byte n / 8
 * 4092  CRC32C of bytes 0 to 4091         4
 * </pre>
 */
public final class BitmapPageCodec {

    static final int MAGIC = 0x4e524231;
    private static final int SLOT_AT = 4;
    private static final int INCARNATION_AT = 8;
    private static final int MIRROR_ID_AT = 16;
    private static final int LIFE_AT = 32;
    private static final int PAGE_AT = 36;
    private static final int SEQUENCE_AT = 40;
    private static final int COUNT_AT = 48;
    private static final int BITS_AT = 60;
    private static final int BITS_BYTES = IntentLogLayout.BITS_PER_PAGE / 8;
    private static final long CONTAINER_CHUNKS = 1 << 16;

    /** What a page's place is found to hold. */
    public enum Verdict {
        /** Intact and of this life of the slot. */
        VALID,
        /** Blank, or intact and of another life or log. */
        UNWRITTEN,
        /** Anything else. */
        BAD
    }

    private BitmapPageCodec() {
    }

    /** Writes the page at {@code at} from the dirty chunks of the slot. */
    public static void encode(ByteBuffer to, int at, UUID mirrorId, long incarnation, int slot, int life, int page, long sequence,
            RoaringBitmap dirty) {
        LogBlock.clear(to, at);
        to.putInt(at, MAGIC);
        to.putShort(at + SLOT_AT, (short) slot);
        to.putLong(at + INCARNATION_AT, incarnation);
        to.putLong(at + MIRROR_ID_AT, mirrorId.getMostSignificantBits());
        to.putLong(at + MIRROR_ID_AT + Long.BYTES, mirrorId.getLeastSignificantBits());
        to.putInt(at + LIFE_AT, life);
        to.putInt(at + PAGE_AT, page);
        to.putLong(at + SEQUENCE_AT, sequence);
        to.putInt(at + COUNT_AT, putBits(to, at + BITS_AT, (long) page * IntentLogLayout.BITS_PER_PAGE, dirty));
        LogBlock.seal(to, at);
    }

    private static int putBits(ByteBuffer to, int at, long firstChunk, RoaringBitmap dirty) {
        long end = firstChunk + IntentLogLayout.BITS_PER_PAGE;
        if (dirty.contains(firstChunk, Math.min(end, IntentLogLayout.MAX_CHUNKS)) && end <= IntentLogLayout.MAX_CHUNKS) {
            for (int i = 0; i < BITS_BYTES; i++) {
                to.put(at + i, (byte) -1);
            }
            return IntentLogLayout.BITS_PER_PAGE;
        }
        int count = 0;
        PeekableIntIterator bits = dirty.getIntIterator();
        bits.advanceIfNeeded((int) firstChunk);
        while (bits.hasNext()) {
            long chunk = Integer.toUnsignedLong(bits.next());
            if (chunk >= end) {
                break;
            }
            int n = (int) (chunk - firstChunk);
            to.put(at + (n >> 3), (byte) (to.get(at + (n >> 3)) | 0x80 >> (n & 7)));
            count++;
        }
        return count;
    }

    /** Judges what lies at {@code at}, the place of this page. */
    public static Verdict judge(ByteBuffer from, int at, UUID mirrorId, long incarnation, int slot, int life, int page) {
        if (!LogBlock.isIntact(from, at)) {
            return LogBlock.isZero(from, at) ? Verdict.UNWRITTEN : Verdict.BAD;
        }
        return judgeIntact(from, at, mirrorId, incarnation, slot, life, page);
    }

    /** As {@link #judge} but for the checksum. */
    static Verdict judgeIntact(ByteBuffer from, int at, UUID mirrorId, long incarnation, int slot, int life, int page) {
        if (from.getInt(at) != MAGIC) {
            return LogBlock.isZero(from, at) ? Verdict.UNWRITTEN : Verdict.BAD;
        }
        boolean here = from.getShort(at + SLOT_AT) == slot && from.getInt(at + PAGE_AT) == page;
        boolean ours = from.getLong(at + INCARNATION_AT) == incarnation
                && from.getLong(at + MIRROR_ID_AT) == mirrorId.getMostSignificantBits()
                && from.getLong(at + MIRROR_ID_AT + Long.BYTES) == mirrorId.getLeastSignificantBits();
        if (ours && !here) {
            return Verdict.BAD;
        }
        return ours && from.getInt(at + LIFE_AT) == life ? Verdict.VALID : Verdict.UNWRITTEN;
    }

    /** For the planted defect {@code torn-page-accepted} only: believes a page without looking at its checksum. */
    public static Verdict judgeBlindly(ByteBuffer from, int at, UUID mirrorId, long incarnation, int slot, int life, int page) {
        return judgeIntact(from, at, mirrorId, incarnation, slot, life, page);
    }

    public static long sequence(ByteBuffer from, int at) {
        return from.getLong(at + SEQUENCE_AT);
    }

    /** Adds the page's dirty chunks to {@code dirty}, none at or beyond {@code chunkCount}. */
    public static void decode(ByteBuffer from, int at, long chunkCount, RoaringBitmap dirty) {
        long firstChunk = (long) from.getInt(at + PAGE_AT) * IntentLogLayout.BITS_PER_PAGE;
        int bits = (int) Math.min(IntentLogLayout.BITS_PER_PAGE, chunkCount - firstChunk);
        int skippedWords = (int) (firstChunk & CONTAINER_CHUNKS - 1) / Long.SIZE; // containers begin at multiples of 65536
        long[] words = new long[skippedWords + (bits + Long.SIZE - 1) / Long.SIZE];
        for (int n = 0; n < bits; n += Long.SIZE) {
            words[skippedWords + n / Long.SIZE] = Long.reverse(from.getLong(at + BITS_AT + n / 8));
        }
        if (bits % Long.SIZE != 0) {
            words[words.length - 1] &= -1L >>> Long.SIZE - bits % Long.SIZE;
        }
        RoaringBitmap page = BitSetUtil.bitmapOf(words);
        page.runOptimize();
        dirty.or(firstChunk < CONTAINER_CHUNKS ? page : RoaringBitmap.addOffset(page, firstChunk & -CONTAINER_CHUNKS));
    }
}
