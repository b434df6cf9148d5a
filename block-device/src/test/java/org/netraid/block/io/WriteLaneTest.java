/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.block.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.netraid.block.io.Until.until;

import java.util.ArrayDeque;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.netraid.time.EventLoop;

/** One worker does quick writes, more of them slow ones, and none is ever forgotten. */
class WriteLaneTest {

    private static final int THREADS = 4;

    private final DiskWorkers workers = new DiskWorkers("lane", THREADS);
    private final TickLoop loop = new TickLoop();
    /** Performed, and told of. */
    private final AtomicInteger performed = new AtomicInteger();
    private volatile int told;
    private volatile int tells;
    private final TieOnPaper tie = new TieOnPaper(true);
    private final WriteLane lane = new WriteLane(workers, loop, new BriefWait(), tie, this::tell, this::tell);
    private final Semaphore mayEnd = new Semaphore(0);
    private final AtomicInteger begun = new AtomicInteger();
    private final AtomicInteger ended = new AtomicInteger();

    @AfterEach
    void close() {
        mayEnd.release(1 << 20);
        workers.close();
    }

    @Test
    void shouldDoQuickWritesOnOneWorkerAtATime() {
        mayEnd.release(1000);
        AtomicInteger now = new AtomicInteger();
        AtomicInteger most = new AtomicInteger();
        for (int i = 0; i < 1000; i++) {
            lane.add(() -> {
                most.accumulateAndGet(now.incrementAndGet(), Math::max);
                int bytes = heldWrite();
                now.decrementAndGet();
                return bytes;
            });
        }
        until(() -> ended.get() == 1000);
        assertThat(most.get()).isEqualTo(1);
    }

    @Test
    void shouldGetOneMoreWorkerInEachTickInWhichMoreWaitThanBegan() {
        for (int i = 0; i < 10; i++) {
            lane.add(this::heldWrite);
        }
        until(() -> begun.get() == 1);
        loop.tick(); // one has begun perhaps since the first look, nine wait
        until(() -> begun.get() == 2);
        loop.tick();
        until(() -> begun.get() == 3);
        loop.tick();
        loop.tick();
        assertThat(begun.get()).as("one worker is left for syncs").isEqualTo(THREADS - 1);
        mayEnd.release(10);
        until(() -> ended.get() == 10);
    }

    @Test
    void shouldGoOnBehindAWriteThatHangs() {
        lane.add(this::heldWrite);
        until(() -> begun.get() == 1);
        AtomicInteger quick = new AtomicInteger();
        for (int i = 0; i < 20; i++) {
            lane.add(counting(quick));
        }
        assertThat(quick.get()).isZero();
        loop.tick();
        until(() -> quick.get() == 20);
        loop.tick();
        assertThat(loop.ticks).as("nothing waits, nothing ticks").isEmpty();
    }

    @Test
    void shouldTellOfSeveralAtATimeWhileMoreWait() {
        for (int i = 0; i < 33; i++) {
            lane.add(this::heldWrite);
        }
        mayEnd.release(33);
        until(() -> told == 33);
        assertThat(tells).isBetween(3, 6); // after 8, 16, 24, 32 and the last; the first alone if it was quick
    }

    @Test
    void shouldTellInATickOfWhatHasEndedBeforeAWriteThatHangs() {
        lane.add(this::heldWrite);
        lane.add(this::heldWrite);
        mayEnd.release();
        until(() -> begun.get() == 2);
        assertThat(told).as("the second waits behind it").isZero();
        loop.tick();
        assertThat(told).isEqualTo(1);
    }

    @Test
    void shouldForgetNoneWhenAWorkerFallsAsleep() {
        AtomicInteger done = new AtomicInteger();
        for (int round = 1; round <= 20_000; round++) {
            lane.add(counting(done));
            int wanted = round;
            for (int pause = 0; pause < round % 300; pause++) {
                Thread.onSpinWait();
            }
            until(() -> told == wanted);
        }
    }

    @Test
    void shouldTieAWorkerToTheLoopsProcessorWhileItKeepsDoingSmallWrites() {
        tie.processor = 3;
        addSmall(WriteLane.TIE_WRITES - 1);
        assertThat(tie.masks).as("not for a few").isEmpty();
        addSmall(2 * WriteLane.TIE_WRITES);
        assertThat(tie.masks).containsExactly("8", "f");
    }

    @Test
    void shouldFollowTheLoopToAnotherProcessor() {
        tie.processor = 3;
        for (int i = 0; i < 3 * WriteLane.TIE_WRITES; i++) {
            lane.add(this::heldWrite);
        }
        mayEnd.release(WriteLane.TIE_WRITES);
        until(() -> ended.get() == WriteLane.TIE_WRITES && begun.get() > WriteLane.TIE_WRITES);
        assertThat(tie.isTied()).isTrue();
        assertThat(loop.posted).isZero();
        lane.add(this::heldWrite);
        lane.add(this::heldWrite);
        assertThat(loop.posted).as("the loop gives way once for both").isEqualTo(1);
        tie.processor = 1;
        tie.loopIsHere();
        mayEnd.release(2 * WriteLane.TIE_WRITES + 2);
        until(() -> ended.get() == 3 * WriteLane.TIE_WRITES + 2 && !tie.isTied());
        assertThat(tie.masks).containsExactly("8", "2", "f");
    }

    @Test
    void shouldLeaveAWorkerFreeThatWritesMuchAtATime() {
        for (int i = 0; i < 3 * WriteLane.TIE_WRITES; i++) {
            lane.add(() -> heldWrite() * (begun.get() % 50 == 0 ? 256 : 1));
        }
        mayEnd.release(3 * WriteLane.TIE_WRITES);
        until(() -> ended.get() == 3 * WriteLane.TIE_WRITES && performed.get() == told);
        assertThat(tie.masks).isEmpty();
    }

    private void addSmall(int count) {
        int wanted = ended.get() + count;
        mayEnd.release(count + 1);
        for (int i = 0; i < count; i++) {
            lane.add(this::heldWrite);
        }
        until(() -> ended.get() == wanted && !tie.isTied());
        mayEnd.acquireUninterruptibly();
    }

    private void tell() {
        told = performed.get();
        tells++;
    }

    private int heldWrite() {
        begun.incrementAndGet();
        mayEnd.acquireUninterruptibly();
        ended.incrementAndGet();
        performed.incrementAndGet();
        return 4096;
    }

    private WriteLane.Write counting(AtomicInteger counter) {
        return () -> {
            counter.incrementAndGet();
            performed.incrementAndGet();
            return 4096;
        };
    }

    /** Its timers end when the test says so. */
    private static final class TickLoop implements EventLoop {
        int posted;
        final ArrayDeque<Runnable> ticks = new ArrayDeque<>();

        void tick() {
            for (int left = ticks.size(); left > 0; left--) {
                ticks.poll().run();
            }
        }

        @Override
        public void execute(Runnable task) {
            posted++;
        }

        @Override
        public Timer schedule(long delayNs, Runnable task) {
            ticks.add(task);
            return () -> { };
        }

        @Override
        public long nanoTime() {
            return 0;
        }
    }
}
