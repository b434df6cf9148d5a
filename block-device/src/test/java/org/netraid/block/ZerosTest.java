/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.block;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;

class ZerosTest {

    @Test
    void shouldSeeEachSingleBitInTheRangeAndNoneOutsideIt() {
        for (ByteBuffer bytes : new ByteBuffer[] {ByteBuffer.allocate(300), ByteBuffer.allocateDirect(300)}) {
            for (int length : new int[] {1, 2, 7, 8, 9, 63, 64, 65, 200}) {
                int from = 41;
                for (int bit = 0; bit < bytes.capacity() * Byte.SIZE; bit++) {
                    int at = bit / Byte.SIZE;
                    bytes.put(at, (byte) (1 << bit % Byte.SIZE));
                    boolean inside = at >= from && at < from + length;
                    assertThat(Zeros.isZero(bytes, from, from + length)).as("%d bytes, bit %d", length, bit).isNotEqualTo(inside);
                    bytes.put(at, (byte) 0);
                }
            }
        }
    }

    @Test
    void shouldNotMindPositionAndLimitAndLeaveThem() {
        ByteBuffer bytes = ByteBuffer.allocate(64).position(20).limit(24);
        assertThat(Zeros.isZero(bytes, 0, 64)).isTrue();
        bytes.put(63 - 40, (byte) 1);
        assertThat(Zeros.isZero(bytes, 0, 64)).isFalse();
        assertThat(Zeros.isZero(bytes, 24, 64)).isTrue();
        assertThat(bytes.position()).isEqualTo(20);
        assertThat(bytes.limit()).isEqualTo(24);
    }

    @Test
    void shouldTakeNoBytesForZerosAndRefuseWhatTheBufferLacks() {
        assertThat(Zeros.isZero(ByteBuffer.allocate(8), 3, 3)).isTrue();
        assertThatThrownBy(() -> Zeros.isZero(ByteBuffer.allocate(8), 4, 9)).isInstanceOf(IndexOutOfBoundsException.class);
    }
}
