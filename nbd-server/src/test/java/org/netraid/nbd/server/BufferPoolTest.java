/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.nbd.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class BufferPoolTest {

    private static final Runnable NOBODY = () -> { };

    @Test
    void shouldNeverHandOutOverlappingBuffersNorMoreThanItsBound() {
        BufferPool pool = new BufferPool(2L * BufferPool.LARGEST_BYTES);
        Random random = new Random(11);
        List<BufferPool.Buffer> held = new ArrayList<>();
        List<Integer> marks = new ArrayList<>();
        for (int i = 0; i < 20_000; i++) {
            BufferPool.Buffer buffer = random.nextInt(5) < 3 ? pool.take(1 + random.nextInt(1 << 10 + random.nextInt(14)), NOBODY) : null;
            if (buffer != null) {
                buffer.bytes.limit(4).putInt(0, i);
                held.add(buffer);
                marks.add(i);
            } else if (!held.isEmpty()) {
                int index = random.nextInt(held.size());
                BufferPool.Buffer back = held.remove(index);
                assertThat(back.bytes.limit(4).getInt(0)).isEqualTo(marks.remove(index));
                pool.release(back);
            }
            assertThat(pool.inUseBytes()).isLessThanOrEqualTo(2L * BufferPool.LARGEST_BYTES);
        }
        held.forEach(pool::release);
        assertThat(pool.inUseBytes()).isZero();
        assertThat(pool.take(BufferPool.LARGEST_BYTES, NOBODY)).isNotNull();
        assertThat(pool.take(BufferPool.LARGEST_BYTES, NOBODY)).isNotNull();
    }

    /** A mirror whose device hangs had taken all the memory of the daemon, and every other mirror stood still with it. */
    @Test
    void shouldLeaveMemoryForOthersWhateverOneShareHolds() {
        BufferPool pool = new BufferPool(4L * BufferPool.LARGEST_BYTES);
        BufferPool hung = pool.share();
        BufferPool alsoHung = pool.share();
        BufferPool busy = pool.share();
        List<String> woken = new ArrayList<>();
        List<BufferPool.Buffer> held = takeAll(hung);
        assertThat(hung.inUseBytes()).isEqualTo(2L * BufferPool.LARGEST_BYTES);
        takeAll(alsoHung);
        assertThat(alsoHung.inUseBytes()).isEqualTo(BufferPool.LARGEST_BYTES);
        BufferPool.Buffer largest = busy.take(BufferPool.LARGEST_BYTES, NOBODY);
        assertThat(largest).isNotNull();
        assertThat(busy.take(4096, () -> woken.add("busy"))).isNull();
        hung.release(held.get(0));
        assertThat(woken).as("memory freed by one is offered to the others").containsExactly("busy");
        busy.release(largest);
        busy.end();
        assertThat(pool.share().take(1 << 20, NOBODY)).isNotNull();
    }

    private static List<BufferPool.Buffer> takeAll(BufferPool share) {
        List<BufferPool.Buffer> held = new ArrayList<>();
        for (BufferPool.Buffer buffer = share.take(1 << 20, NOBODY); buffer != null; buffer = share.take(1 << 20, NOBODY)) {
            held.add(buffer);
        }
        share.leaveLine(NOBODY);
        return held;
    }

    @Test
    void shouldServeTheFirstInLineFirst() {
        BufferPool pool = new BufferPool(BufferPool.LARGEST_BYTES);
        List<String> woken = new ArrayList<>();
        Runnable big = () -> woken.add("big");
        Runnable small = () -> woken.add("small");
        BufferPool.Buffer first = pool.take(4096, NOBODY);
        assertThat(pool.take(BufferPool.LARGEST_BYTES, big)).isNull();
        assertThat(pool.take(4096, small)).as("must not overtake").isNull();
        pool.release(first);
        assertThat(woken).containsExactly("big");
        BufferPool.Buffer whole = pool.take(BufferPool.LARGEST_BYTES, big);
        assertThat(whole).isNotNull();
        assertThat(woken).containsExactly("big", "small");
        assertThat(pool.take(4096, small)).isNull();
        pool.leaveLine(small);
        assertThat(pool.hasWaiters()).isFalse();
        pool.release(whole);
    }

    @Test
    void shouldNoticeADoubleRelease() {
        BufferPool pool = new BufferPool(BufferPool.LARGEST_BYTES);
        BufferPool.Buffer buffer = pool.take(1, NOBODY);
        pool.release(buffer);
        assertThatThrownBy(() -> pool.release(buffer)).isInstanceOf(IllegalStateException.class);
    }
}
