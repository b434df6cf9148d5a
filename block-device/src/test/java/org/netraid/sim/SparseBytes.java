/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.sim;

import java.nio.ByteBuffer;
import java.util.Arrays;

import org.netraid.block.ExtentList;

/** The bytes of a large, mostly empty medium: 4 KiB pages made at the first write; a missing page reads as zeros. */
final class SparseBytes {

    private static final int PAGE_BITS = 12;
    private static final int PAGE = 1 << PAGE_BITS;
    private static final int TABLE_BITS = 10;
    private static final byte[] ZEROS = new byte[PAGE];

    private final byte[][][] tables;
    /** Read where this one has no page of its own; null for none. */
    private SparseBytes below;

    SparseBytes(long sizeBytes) {
        long pages = (sizeBytes + PAGE - 1) >>> PAGE_BITS;
        tables = new byte[Math.toIntExact((pages + (1 << TABLE_BITS) - 1) >>> TABLE_BITS)][][];
    }

    /** Becomes a copy of the other, of the same size, which must not change as long as the copy is in use: their pages are shared. */
    void copyFrom(SparseBytes other) {
        below = other;
    }

    void write(long offset, byte[] from, int fromIndex, int length) {
        int done = 0;
        while (done < length) {
            long at = offset + done;
            int inPage = (int) (at & (PAGE - 1));
            int count = Math.min(length - done, PAGE - inPage);
            int first = fromIndex + done;
            if (page(at) != ZEROS || !Arrays.equals(from, first, first + count, ZEROS, 0, count)) {
                System.arraycopy(from, first, pageForWrite(at), inPage, count);
            }
            done += count;
        }
    }

    void zero(long offset, long length) {
        long done = 0;
        while (done < length) {
            long at = offset + done;
            int inPage = (int) (at & (PAGE - 1));
            int count = (int) Math.min(length - done, PAGE - inPage);
            if (page(at) != ZEROS) {
                Arrays.fill(pageForWrite(at), inPage, inPage + count, (byte) 0);
            }
            done += count;
        }
    }

    void read(long offset, byte[] into, int intoIndex, int length) {
        int done = 0;
        while (done < length) {
            long at = offset + done;
            int inPage = (int) (at & (PAGE - 1));
            int count = Math.min(length - done, PAGE - inPage);
            System.arraycopy(page(at), inPage, into, intoIndex + done, count);
            done += count;
        }
    }

    /** Reads to the buffer's position, which stays where it is. */
    void read(long offset, ByteBuffer into, int length) {
        int done = 0;
        while (done < length) {
            long at = offset + done;
            int inPage = (int) (at & (PAGE - 1));
            int count = Math.min(length - done, PAGE - inPage);
            into.put(into.position() + done, page(at), inPage, count);
            done += count;
        }
    }

    /** Pages of zeros are holes. Parts are cut at multiples of {@code unitBytes}. */
    void extents(long offset, long length, int unitBytes, boolean one, ExtentList into) {
        long step = Math.max(PAGE, unitBytes);
        long end = offset + length;
        for (long at = offset; at < end; ) {
            long next = Math.min(end, (at / step + 1) * step);
            int status = isZero(at, next) ? ExtentList.HOLE | ExtentList.ZERO : ExtentList.DATA;
            boolean another = into.count() > 0 && into.status(into.count() - 1) != status;
            if (another && one || !into.add(next - at, status)) {
                return;
            }
            at = next;
        }
    }

    boolean isZero(long from, long to) {
        for (long at = from; at < to; ) {
            int inPage = (int) (at & (PAGE - 1));
            int count = (int) Math.min(to - at, PAGE - inPage);
            byte[] page = page(at);
            if (page != ZEROS && !Arrays.equals(page, inPage, inPage + count, ZEROS, inPage, inPage + count)) {
                return false;
            }
            at += count;
        }
        return true;
    }

    boolean equal(SparseBytes other, long offset, long length) {
        long done = 0;
        while (done < length) {
            long at = offset + done;
            int inPage = (int) (at & (PAGE - 1));
            int count = (int) Math.min(length - done, PAGE - inPage);
            byte[] mine = page(at);
            byte[] theirs = other.page(at);
            if (mine != theirs && !Arrays.equals(mine, inPage, inPage + count, theirs, inPage, inPage + count)) {
                return false;
            }
            done += count;
        }
        return true;
    }

    void flipBit(long offset, int bit) {
        pageForWrite(offset)[(int) (offset & (PAGE - 1))] ^= (byte) (1 << bit);
    }

    private byte[] page(long offset) {
        long index = offset >>> PAGE_BITS;
        byte[][] table = tables[(int) (index >>> TABLE_BITS)];
        byte[] page = table == null ? null : table[(int) (index & ((1 << TABLE_BITS) - 1))];
        return page != null ? page : below != null ? below.page(offset) : ZEROS;
    }

    private byte[] pageForWrite(long offset) {
        long index = offset >>> PAGE_BITS;
        int tableIndex = (int) (index >>> TABLE_BITS);
        if (tables[tableIndex] == null) {
            tables[tableIndex] = new byte[1 << TABLE_BITS][];
        }
        int pageIndex = (int) (index & ((1 << TABLE_BITS) - 1));
        byte[] page = tables[tableIndex][pageIndex];
        if (page == null) {
            page = below == null ? new byte[PAGE] : below.page(offset).clone();
            tables[tableIndex][pageIndex] = page;
        }
        return page;
    }
}
