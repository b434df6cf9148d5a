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
 * branch wrong. Here that merge has no branch to guess, which takes a third less time; all else is left to the library.
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

    /** The smaller value goes out; the sign of the difference says which sides move on, both if they are equal. */
    private static int merge(char[] a, char[] b, char[] to) {
        int i = 0;
        int j = 0;
        int count = 0;
        while (i < a.length && j < b.length) {
            int difference = a[i] - b[j];
            to[count++] = (char) (b[j] + (difference & difference >> 31));
            i += difference - 1 >>> 31;
            j += ~difference >>> 31;
        }
        System.arraycopy(a, i, to, count, a.length - i);
        count += a.length - i;
        System.arraycopy(b, j, to, count, b.length - j);
        return count + b.length - j;
    }
}
