/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.intentlog.format;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.roaringbitmap.RoaringBitmap;

class DirtyUnionTest {

    @Test
    void shouldEqualTheUnionOfTheLibraryForAnyMixOfContainers() {
        SplittableRandom random = new SplittableRandom(8);
        for (int round = 0; round < 200; round++) {
            RoaringBitmap first = some(random);
            RoaringBitmap second = some(random);
            RoaringBitmap before = first.clone();
            RoaringBitmap union = DirtyUnion.of(first, second);
            assertThat(union).isEqualTo(RoaringBitmap.or(first, second)).isEqualTo(DirtyUnion.of(second, first));
            assertThat(union.getLongCardinality()).isEqualTo(RoaringBitmap.orCardinality(first, second));
            union.add(0L, 1L << 32);
            assertThat(first).isEqualTo(before);
        }
    }

    private static RoaringBitmap some(SplittableRandom random) {
        RoaringBitmap bitmap = new RoaringBitmap();
        for (int key = 0; key < 8; key++) {
            long start = (key == 7 ? 65535L : key) << 16;
            switch (random.nextInt(5)) {
                case 0 -> bitmap.add(start + random.nextInt(1000), start + 20_000);
                case 1, 2 -> addSingles(random, bitmap, start, 1 + random.nextInt(2500), random.nextInt(4, 65537));
                case 3 -> addSingles(random, bitmap, start, 9000, 65536);
                default -> { }
            }
        }
        bitmap.runOptimize();
        return bitmap;
    }

    private static void addSingles(SplittableRandom random, RoaringBitmap bitmap, long start, int count, int below) {
        for (int i = 0; i < count; i++) {
            bitmap.add((int) (start + random.nextInt(below)));
        }
    }
}
