/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.resync;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayDeque;
import org.junit.jupiter.api.Test;

/** The window against simulated links: a pipe of some length into which the bytes pass one after the other. */
class TargetWindowTest {

    private static final int REQUEST = 256 << 10;
    private static final long MAX = 16 << 20;
    private long nowNs;

    /** Runs for some time with always something to send. @return bytes per second in the second half of it */
    private double run(TargetWindow window, double bytesPerSecond, long delayNs, double seconds) {
        ArrayDeque<long[]> onTheWay = new ArrayDeque<>();
        long pipeFreeNs = 0;
        long delivered = 0;
        long endNs = nowNs + (long) (seconds * 1e9);
        long halfNs = nowNs + (long) (seconds / 2 * 1e9);
        while (nowNs < endNs) {
            while (window.hasRoom()) {
                window.sent(REQUEST, nowNs);
                pipeFreeNs = Math.max(nowNs, pipeFreeNs) + (long) (REQUEST / bytesPerSecond * 1e9);
                onTheWay.add(new long[] {nowNs, pipeFreeNs + delayNs, window.deliveredBytes()});
            }
            long[] first = onTheWay.remove();
            nowNs = first[1];
            window.answered(REQUEST, REQUEST, first[2], nowNs - first[0], nowNs);
            delivered += nowNs > halfNs ? REQUEST : 0;
        }
        while (!onTheWay.isEmpty()) {
            long[] last = onTheWay.remove();
            nowNs = Math.max(nowNs, last[1]);
            window.answered(REQUEST, REQUEST, last[2], last[1] - last[0], nowNs);
        }
        return delivered / (seconds / 2);
    }

    @Test
    void shouldFillAFastShortLink() {
        TargetWindow window = new TargetWindow(128 << 10, MAX, 0);
        assertThat(run(window, 1e9, 100_000, 5)).isGreaterThan(0.95e9);
    }

    @Test
    void shouldFillALongLink() {
        TargetWindow window = new TargetWindow(128 << 10, MAX, 0);
        assertThat(run(window, 100e6, 80_000_000, 20)).isGreaterThan(0.95 * 100e6);
        assertThat(window.limitBytes()).isGreaterThan((long) (100e6 * 0.08));
    }

    @Test
    void shouldKeepNoQueueOnASlowLink() {
        TargetWindow window = new TargetWindow(128 << 10, MAX, 0);
        assertThat(run(window, 20e6, 1_000_000, 10)).isGreaterThan(0.95 * 20e6);
        assertThat(window.limitBytes() / 20e6).as("seconds that a write of the application waits behind it").isLessThan(0.06);
    }

    /** A busy machine at either end: most answers wait for a processor, however few requests are under way. */
    @Test
    void shouldStayOpenWhenAnswersComeLateForAnotherReasonThanAQueue() {
        TargetWindow window = new TargetWindow(128 << 10, MAX, 0);
        for (int round = 0; round < 200; round++) {
            int sent = 0;
            long before = window.deliveredBytes();
            while (window.hasRoom()) {
                window.sent(REQUEST, nowNs);
                sent++;
            }
            long durationNs = round % 10 == 0 ? 10_000_000 : 80_000_000;
            nowNs += durationNs;
            for (int i = 0; i < sent; i++) {
                window.answered(REQUEST, REQUEST, before, durationNs, nowNs);
            }
        }
        assertThat(window.limitBytes()).isEqualTo(MAX);
    }

    @Test
    void shouldFollowALinkThatBecomesSlow() {
        TargetWindow window = new TargetWindow(128 << 10, MAX, 0);
        run(window, 1e9, 100_000, 3);
        run(window, 10e6, 1_000_000, 3);
        assertThat(window.limitBytes() / 10e6).as("seconds that a write of the application waits behind it").isLessThan(0.06);
    }

    @Test
    void shouldPutLittleInFrontOfAFlushBeforeTheLinkIsKnown() {
        TargetWindow window = new TargetWindow(128 << 10, MAX, 0);
        assertThat(window.limitBytes()).isEqualTo(256 << 10);
        run(window, 128 << 10, 1_000_000, 8);
        assertThat(window.limitBytes()).as("three seconds of a link of 1 Mbit/s").isLessThanOrEqualTo(384 << 10);
    }

    @Test
    void shouldBeOpenAfterAFewAnswersOfALongLink() {
        TargetWindow window = new TargetWindow(128 << 10, MAX, 0);
        run(window, 1e9, 40_000_000, 0.25);
        assertThat(window.limitBytes()).isGreaterThanOrEqualTo(4 << 20);
    }

    @Test
    void shouldOpenForWhatIsEqualAlready() {
        TargetWindow window = new TargetWindow(128 << 10, MAX, 0);
        for (int i = 0; i < 20; i++) {
            window.sent(REQUEST, i);
            window.equal(REQUEST);
        }
        assertThat(window.limitBytes()).isBetween(4L << 20, 5L << 20);
        assertThat(window.inFlight()).isZero();
    }

    @Test
    void shouldAlwaysLetOneRequestThrough() {
        TargetWindow window = new TargetWindow(128 << 10, 128 << 10, 0);
        assertThat(window.hasRoom()).isTrue();
        window.sent(4 << 20, 0);
        assertThat(window.hasRoom()).isFalse();
        window.dropped(4 << 20);
        assertThat(window.hasRoom()).isTrue();
        assertThat(window.inFlight()).isZero();
    }

    @Test
    void shouldNotShrinkWhileThereIsNothingToSend() {
        TargetWindow window = new TargetWindow(128 << 10, MAX, 0);
        long before = window.limitBytes();
        for (int i = 1; i < 100; i++) {
            window.sent(4096, i * 99_000_000L);
            window.answered(4096, 4096, window.deliveredBytes(), 1_000_000, i * 100_000_000L);
        }
        assertThat(window.limitBytes()).isGreaterThanOrEqualTo(before);
    }

    /** Beside the application: whatever is queued in front of its writes delays them. */
    @Test
    void shouldKeepHardlyAnyQueueWhileTheApplicationWrites() {
        TargetWindow window = new TargetWindow(128 << 10, MAX, 0);
        run(window, 200e6, 100_000, 3);
        assertThat(window.limitBytes()).isGreaterThan(3 << 20);
        window.calm(true);
        assertThat(run(window, 200e6, 100_000, 3)).as("the link is kept busy all the same").isGreaterThan(0.8 * 200e6);
        while (window.hasRoom()) {
            window.sent(REQUEST / 4, nowNs);
        }
        assertThat(window.inFlightBytes() / 200e6).as("seconds that a write of the application waits behind it").isLessThan(0.005);
    }

    @Test
    void shouldFillALongLinkWhileTheApplicationWrites() {
        TargetWindow window = new TargetWindow(128 << 10, MAX, 0);
        window.calm(true);
        assertThat(run(window, 100e6, 80_000_000, 20)).isGreaterThan(0.8 * 100e6);
    }

    @Test
    void shouldBeginWithLessWhereMoreCameToNothing() {
        TargetWindow window = new TargetWindow(4 << 10, MAX, 16 << 10, 0);
        assertThat(window.limitBytes()).isEqualTo(16 << 10);
        assertThat(window.requestBytes()).isEqualTo(4 << 10);
        assertThat(run(window, 1e9, 100_000, 5)).as("it opens as ever").isGreaterThan(0.95e9);
    }
}
