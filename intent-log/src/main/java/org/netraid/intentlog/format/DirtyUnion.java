/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.intentlog.format;

import java.util.Arrays;
import org.roaringbitmap.ArrayContainer;
import org.roaringbitmap.Container;
import org.roaringbitmap.ContainerPointer;
import org.roaringbitmap.RoaringBitmap;

/**
 * Union of two dirty maps. Random single chunks are the worst case: the library's merge of two sorted arrays then guesses every second
 * branch wrong. Here that merge has no branch to guess and goes on from both ends at once, which takes half the time; all else is left
 * to the library.
 */
public final class DirtyUnion {

    private static final int MAX_ARRAY = 4096;

    private DirtyUnion() {
    }

    /** A new bitmap; the two stay as they are. */
    public static RoaringBitmap of(RoaringBitmap first, RoaringBitmap second) {
        RoaringBitmap union = new RoaringBitmap();
        char[] merged = new char[MAX_ARRAY];
        ContainerPointer a = first.getContainerPointer();
        ContainerPointer b = second.getContainerPointer();
        while (a.getContainer() != null && b.getContainer() != null) {
            if (a.key() == b.key()) {
                union.append(a.key(), union(a.getContainer(), b.getContainer(), merged));
                a.advance();
                b.advance();
            } else {
                copy(a.key() < b.key() ? a : b, union);
            }
        }
        while (a.getContainer() != null) {
            copy(a, union);
        }
        while (b.getContainer() != null) {
            copy(b, union);
        }
        return union;
    }

    private static void copy(ContainerPointer from, RoaringBitmap to) {
        to.append(from.key(), from.getContainer().clone());
        from.advance();
    }

    private static Container union(Container a, Container b, char[] merged) {
        if (a instanceof ArrayContainer && b instanceof ArrayContainer && a.getCardinality() + b.getCardinality() <= MAX_ARRAY) {
            int count = merge(values(a), values(b), merged);
            return new ArrayContainer(Arrays.copyOf(merged, count));
        }
        return a.or(b);
    }

    private static char[] values(Container container) {
        return ((ArrayContainer) container).toCharBuffer().array();
    }

    /**
     * Merges from both ends at once: each step of a merge waits for the one before, so that two at a time take little longer than one.
     * The smaller value goes out at the front, the larger at the back; the signs of the differences say which sides move on, both if
     * they are equal.
     */
    private static int merge(char[] a, char[] b, char[] to) {
        int i = 0;
        int j = 0;
        int front = 0;
        int k = a.length - 1;
        int l = b.length - 1;
        int back = a.length + b.length - 1;
        int safe = Math.min(a.length, b.length) >> 1;
        while (safe > 0) { // so many steps can be taken before either array may be used up
            for (int step = 0; step < safe; step++) {
                int lowA = a[i];
                int lowB = b[j];
                to[front + step] = (char) Math.min(lowA, lowB);
                i += lowA - lowB - 1 >>> 31;
                j += lowB - lowA - 1 >>> 31;
                int highA = a[k];
                int highB = b[l];
                to[back - step] = (char) Math.max(highA, highB);
                k -= highB - highA - 1 >>> 31;
                l -= highA - highB - 1 >>> 31;
            }
            front += safe;
            back -= safe;
            safe = Math.min(k - i + 1, l - j + 1) >> 1;
        }
        int upper = a.length + b.length - 1 - back;
        int low = finish(a, i, k + 1, b, j, l + 1, to, front);
        System.arraycopy(to, back + 1, to, low, upper);
        return low + upper;
    }

    private static int finish(char[] a, int aFrom, int aEnd, char[] b, int bFrom, int bEnd, char[] to, int at) {
        int i = aFrom;
        int j = bFrom;
        int count = at;
        while (i < aEnd && j < bEnd) {
            int difference = a[i] - b[j];
            to[count++] = (char) (b[j] + (difference & difference >> 31));
            i += difference - 1 >>> 31;
            j += ~difference >>> 31;
        }
        System.arraycopy(a, i, to, count, aEnd - i);
        count += aEnd - i;
        System.arraycopy(b, j, to, count, bEnd - j);
        return count + bEnd - j;
    }
}
