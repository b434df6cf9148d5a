/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.intentlog.format;

import java.nio.ByteBuffer;
import org.netraid.intentlog.IntentLogLayout;

/**
 * One block of the activity-log ring: up to 64 changes of the slot table and a window that restates part of it. 4 KiB, big-endian.
 *
 * <pre>
 *    0  magic "NRA1" (1 is the version)   4
 *    4  ring life                         4
 *    8  incarnation of the log            8
 *   16  sequence, 1 for the first         8
 *   24  number of changes                 2   0 to 64
 *   26  number of window entries          2   0 to 919
 *   28  first slot of the window          4
 *   32  changes, 64 x: slot 2, extent 4   384
 *  416  window: extent of each slot     4 x 919
 * 4092  CRC32C of bytes 0 to 4091         4
 * </pre>
 *
 * Extent 0xffffffff: the slot is free. The window holds the table <em>after</em> the changes. Each ring place holds the block twice, so
 * that a place with no intact twin was torn while it was being written, and not merely hit by one flipped bit.
 */
public final class ActivityBlockCodec {

    public static final int MAX_CHANGES = 64;
    public static final int FREE = -1;
    static final int MAGIC = 0x4e524131;
    private static final int LIFE_AT = 4;
    private static final int INCARNATION_AT = 8;
    private static final int SEQUENCE_AT = 16;
    private static final int CHANGES_AT = 24;
    private static final int WINDOW_COUNT_AT = 26;
    private static final int WINDOW_FIRST_AT = 28;
    private static final int CHANGE_LIST_AT = 32;
    private static final int CHANGE_BYTES = 6;
    private static final int WINDOW_AT = CHANGE_LIST_AT + MAX_CHANGES * CHANGE_BYTES;

    /** What a block is found to be. */
    public enum Verdict {
        /** Intact and of this life of this log. */
        VALID,
        /** Blank, or intact and of another life or log: nothing has been written here in this life. */
        UNWRITTEN,
        /** Anything else. */
        BAD
    }

    private ActivityBlockCodec() {
    }

    /** Starts a block at {@code at}; add changes and the window, then {@link #seal}. */
    public static void begin(ByteBuffer to, int at, long incarnation, int life, long sequence) {
        LogBlock.clear(to, at);
        to.putInt(at, MAGIC);
        to.putInt(at + LIFE_AT, life);
        to.putLong(at + INCARNATION_AT, incarnation);
        to.putLong(at + SEQUENCE_AT, sequence);
    }

    public static void addChange(ByteBuffer to, int at, int slot, int extent) {
        int count = to.getShort(at + CHANGES_AT);
        if (count >= MAX_CHANGES) {
            throw new IllegalStateException("more than " + MAX_CHANGES + " changes in a block");
        }
        to.putShort(at + CHANGE_LIST_AT + count * CHANGE_BYTES, (short) slot);
        to.putInt(at + CHANGE_LIST_AT + count * CHANGE_BYTES + 2, extent);
        to.putShort(at + CHANGES_AT, (short) (count + 1));
    }

    /** Restates the slots from {@code firstSlot} on, at most {@link IntentLogLayout#CONTEXT_SLOTS} and not beyond the table. */
    public static void window(ByteBuffer to, int at, int firstSlot, int[] extentAt) {
        int count = Math.min(IntentLogLayout.CONTEXT_SLOTS, extentAt.length - firstSlot);
        to.putInt(at + WINDOW_FIRST_AT, firstSlot);
        to.putShort(at + WINDOW_COUNT_AT, (short) count);
        for (int i = 0; i < count; i++) {
            to.putInt(at + WINDOW_AT + i * Integer.BYTES, extentAt[firstSlot + i]);
        }
    }

    public static void seal(ByteBuffer to, int at) {
        LogBlock.seal(to, at);
    }

    /** Judges the block at {@code at}; {@code alSlots} and {@code extentCount} bound what it may hold. */
    public static Verdict judge(ByteBuffer from, int at, long incarnation, int life, int alSlots, long extentCount) {
        if (!LogBlock.isIntact(from, at)) {
            return LogBlock.isZero(from, at) ? Verdict.UNWRITTEN : Verdict.BAD;
        }
        if (from.getInt(at) != MAGIC) {
            return Verdict.BAD;
        }
        if (from.getLong(at + INCARNATION_AT) != incarnation || from.getInt(at + LIFE_AT) != life) {
            return Verdict.UNWRITTEN;
        }
        return isBounded(from, at, alSlots, extentCount) ? Verdict.VALID : Verdict.BAD;
    }

    private static boolean isBounded(ByteBuffer from, int at, int alSlots, long extentCount) {
        int changes = from.getShort(at + CHANGES_AT);
        int count = from.getShort(at + WINDOW_COUNT_AT);
        int first = from.getInt(at + WINDOW_FIRST_AT);
        if (changes < 0 || changes > MAX_CHANGES || count < 0 || count > IntentLogLayout.CONTEXT_SLOTS
                || first < 0 || first > alSlots - count || from.getLong(at + SEQUENCE_AT) < 1) {
            return false;
        }
        for (int i = 0; i < changes; i++) {
            if (slotOf(from, at, i) >= alSlots || !isExtent(extentOf(from, at, i), extentCount)) {
                return false;
            }
        }
        for (int i = 0; i < count; i++) {
            if (!isExtent(from.getInt(at + WINDOW_AT + i * Integer.BYTES), extentCount)) {
                return false;
            }
        }
        return true;
    }

    private static boolean isExtent(int extent, long extentCount) {
        return extent == FREE || Integer.toUnsignedLong(extent) < extentCount;
    }

    public static long sequence(ByteBuffer from, int at) {
        return from.getLong(at + SEQUENCE_AT);
    }

    /** Applies a VALID block to a slot table. */
    public static void replay(ByteBuffer from, int at, int[] extentAt) {
        int changes = from.getShort(at + CHANGES_AT);
        for (int i = 0; i < changes; i++) {
            extentAt[slotOf(from, at, i)] = extentOf(from, at, i);
        }
        int first = from.getInt(at + WINDOW_FIRST_AT);
        int count = from.getShort(at + WINDOW_COUNT_AT);
        for (int i = 0; i < count; i++) {
            extentAt[first + i] = from.getInt(at + WINDOW_AT + i * Integer.BYTES);
        }
    }

    private static int slotOf(ByteBuffer from, int at, int change) {
        return Short.toUnsignedInt(from.getShort(at + CHANGE_LIST_AT + change * CHANGE_BYTES));
    }

    private static int extentOf(ByteBuffer from, int at, int change) {
        return from.getInt(at + CHANGE_LIST_AT + change * CHANGE_BYTES + 2);
    }
}
