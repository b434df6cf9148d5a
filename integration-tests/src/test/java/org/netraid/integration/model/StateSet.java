/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.integration.model;

import java.util.Arrays;

/** A set of rows of ints that remembers the order in which they came: an open-addressing table of indices over one array. */
final class StateSet {

    /** Rows in a block, so that no array grows by copying. */
    private static final int BLOCK = 1 << 16;

    private final int width;
    private int[][] blocks = new int[16][];
    private int[] table = new int[1 << 20];
    private int size;

    StateSet(int width) {
        this.width = width;
    }

    int size() {
        return size;
    }

    /** @return the row's index, or -1 if it was there */
    int add(int[] row) {
        if (size * 3L > table.length * 2L) {
            grow();
        }
        int mask = table.length - 1;
        int at = hash(row, 0) & mask;
        while (table[at] != 0) {
            if (equal(table[at] - 1, row)) {
                return -1;
            }
            at = at + 1 & mask;
        }
        int index = size++;
        table[at] = index + 1;
        if (index / BLOCK >= blocks.length) {
            blocks = Arrays.copyOf(blocks, blocks.length * 2);
        }
        if (blocks[index / BLOCK] == null) {
            blocks[index / BLOCK] = new int[BLOCK * width];
        }
        System.arraycopy(row, 0, blocks[index / BLOCK], index % BLOCK * width, width);
        return index;
    }

    void get(int index, int[] row) {
        System.arraycopy(blocks[index / BLOCK], index % BLOCK * width, row, 0, width);
    }

    private boolean equal(int index, int[] row) {
        int from = index % BLOCK * width;
        return Arrays.equals(blocks[index / BLOCK], from, from + width, row, 0, width);
    }

    private int hash(int[] ints, int from) {
        long hash = 0x9e3779b97f4a7c15L;
        for (int i = 0; i < width; i++) {
            hash = (hash ^ ints[from + i]) * 0xff51afd7ed558ccdL;
            hash ^= hash >>> 32;
        }
        return (int) (hash ^ hash >>> 29);
    }

    private void grow() {
        table = new int[table.length * 2];
        int mask = table.length - 1;
        for (int index = 0; index < size; index++) {
            int at = hash(blocks[index / BLOCK], index % BLOCK * width) & mask;
            while (table[at] != 0) {
                at = at + 1 & mask;
            }
            table[at] = index + 1;
        }
    }
}
