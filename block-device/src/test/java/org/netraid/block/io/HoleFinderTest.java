/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.block.io;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.netraid.block.ExtentList;

/** A file whose even 4 KiB blocks are holes, and files whose seeks fail. */
class HoleFinderTest {

    private static final int BLOCK = 4096;
    private static final long SIZE = 1L << 40;

    private final HoleFinder finder = new HoleFinder();
    private int seeks;

    private long seekStriped(long offset, int whence) {
        seeks++;
        if (offset >= SIZE) {
            return -Errno.ENXIO;
        }
        boolean inData = (offset / BLOCK & 1) == 1;
        return inData == (whence == LibC.SEEK_DATA) ? offset : (offset / BLOCK + 1) * BLOCK;
    }

    private ExtentList find(HoleFinder.Seeker file, long offset, long length, boolean one) {
        ExtentList list = new ExtentList(10_000);
        finder.find(file, offset, length, one, list);
        return list;
    }

    @Test
    void shouldStopAfterABoundedNumberOfSeeks() {
        ExtentList list = find(this::seekStriped, 0, SIZE, false);
        assertThat(seeks).isBetween(HoleFinder.MAX_SEEKS, HoleFinder.MAX_SEEKS + 1);
        assertThat(list.count()).isGreaterThan(HoleFinder.MAX_SEEKS / 2);
        assertThat(list.totalBytes()).isEqualTo((long) list.count() * BLOCK);
    }

    @Test
    void shouldSeekOnceForALongRunThatIsAskedForInPieces() {
        HoleFinder.Seeker full = (offset, whence) -> {
            seeks++;
            return whence == LibC.SEEK_DATA ? offset : SIZE;
        };
        for (int i = 0; i < 100; i++) {
            assertThat(find(full, (long) i * BLOCK, BLOCK, true)).hasToString("4096:0");
        }
        assertThat(seeks).isEqualTo(2);
        finder.onPunch();
        find(full, 0, BLOCK, true);
        assertThat(seeks).as("after a punch it looks again").isEqualTo(4);
    }

    @Test
    void shouldNeverTakeDataForAHoleWhenSeekingFails() {
        HoleFinder.Seeker broken = (offset, whence) -> -Errno.EINVAL;
        assertThat(find(broken, 512, SIZE, false)).hasToString(SIZE + ":0");
        assertThat(find((offset, whence) -> 0, 512, 1024, false)).hasToString("1024:0");
        HoleFinder.Seeker empty = (offset, whence) -> -Errno.ENXIO;
        assertThat(new HoleFinderTest().find(empty, 512, 1024, false)).hasToString("1024:3");
    }

    @Test
    void shouldStopWhenTheListIsFull() {
        ExtentList small = new ExtentList(3);
        finder.find(this::seekStriped, 0, SIZE, false, small);
        assertThat(small).hasToString("4096:3 4096:0 4096:3");
    }
}
