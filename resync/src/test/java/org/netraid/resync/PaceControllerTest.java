/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.resync;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.netraid.mirror.WriteLatency;
import org.netraid.sim.SimRandom;

/**
 * The controller against simulated plants: an application whose writes slow down as the resync takes more of a shared disk. The times of
 * single writes are drawn with a long tail, so that what a moment shows of the 99th percentile is as rough as in life.
 */
class PaceControllerTest {

    private static final long MB = 1_000_000L;
    private static final long TICK_NS = 10_000_000L;
    private static final int TICKS_PER_SECOND = 100;
    private static final long FLOOR = 20 * MB;

    /** A disk of so many bytes per second: its queue grows as 1/(1 - load), as queues do. */
    private static final class Plant {
        private final SimRandom random = new SimRandom(1);
        private final double capacity;
        private double quietNs = 200_000;
        private final WriteLatency latency = new WriteLatency();
        private final long[] before = new long[WriteLatency.BUCKETS];
        private double applicationBytesPerSecond;
        private int hiccupEvery;
        private double rate;
        private double copied;
        private double due;
        private long nowNs;
        private long sinceNs;

        Plant(double capacity, double applicationBytesPerSecond) {
            this.capacity = capacity;
            this.applicationBytesPerSecond = applicationBytesPerSecond;
        }

        /** What the resync gets. */
        double resyncRate(long wanted) {
            double free = Math.max(capacity * 0.05, capacity - applicationBytesPerSecond);
            return wanted == 0 ? free : Math.min(wanted, free);
        }

        double p99(double resyncRate) {
            double load = Math.min(0.99, resyncRate / Math.max(1, capacity - applicationBytesPerSecond));
            return quietNs * (1 + 0.3 * load / (1 - load));
        }

        /** One write: its 99th percentile is that of the plant. */
        long writeNs(double p99Ns) {
            double tail = -Math.log(Math.max(1e-9, 1 - random.nextInt(1_000_000) / 1e6)) / -Math.log(0.01);
            boolean hiccup = hiccupEvery > 0 && random.nextInt(hiccupEvery) == 0;
            return hiccup ? 20_000_000 : (long) (p99Ns * (0.5 + 0.5 * tail));
        }

        void run(PaceController controller, double seconds, long writesPerSecond) {
            for (int i = 0; i < seconds * TICKS_PER_SECOND; i++) {
                nowNs += TICK_NS;
                rate = controller.isSilent() ? 0 : resyncRate(controller.bytesPerSecond());
                copied += rate / TICKS_PER_SECOND;
                due += (double) writesPerSecond / TICKS_PER_SECOND;
                for (; due >= 1; due--) {
                    latency.record(writeNs(p99(rate)));
                }
                if (controller.isIntervalOver(nowNs, nowNs - sinceNs, latency.countSince(before))) {
                    controller.onInterval(nowNs, latency, before, (long) (copied * 1e9 / (nowNs - sinceNs)));
                    startInterval();
                }
            }
        }

        void seen(PaceController controller) {
            if (controller.onApplicationSeen(nowNs, (long) rate)) {
                startInterval();
            }
        }

        private void startInterval() {
            sinceNs = nowNs;
            copied = 0;
            latency.copyTo(before);
        }

        /** The 99th percentile against the quiet one, and the mean rate, over so many seconds. */
        double[] observe(PaceController controller, double seconds, long writesPerSecond) {
            long[] start = new long[WriteLatency.BUCKETS];
            latency.copyTo(start);
            double bytes = 0;
            for (int i = 0; i < seconds * TICKS_PER_SECOND; i++) {
                run(controller, 1.0 / TICKS_PER_SECOND, writesPerSecond);
                bytes += rate / TICKS_PER_SECOND;
            }
            return new double[] {latency.quantileSince(start, 0.99) / quietNs, bytes / seconds};
        }
    }

    @Test
    void shouldNotThrottleWhileNobodyWrites() {
        PaceController controller = new PaceController(FLOOR, 0);
        new Plant(1000 * MB, 0).run(controller, 10, 0);
        assertThat(controller.bytesPerSecond()).isZero();
        assertThat(controller.isSilent()).isFalse();
        assertThat(controller.requestBytes(65536, 1 << 20)).isEqualTo(1 << 20);
    }

    @Test
    void shouldStepAsideAtOnceWhenTheApplicationBegins() {
        PaceController controller = new PaceController(FLOOR, 0);
        assertThat(controller.onApplicationSeen(TICK_NS, 800 * MB)).isTrue();
        assertThat(controller.bytesPerSecond()).isEqualTo(FLOOR);
        assertThat(controller.isSilent()).as("until it has heard how quick the writes are").isTrue();
        assertThat(controller.requestBytes(65536, 1 << 20)).as("short requests").isEqualTo(65536);
    }

    @Test
    void shouldKeepTheApplicationQuickAndUseWhatIsLeft() {
        for (long writesPerSecond : new long[] {300, 1000, 5000, 50_000}) {
            PaceController controller = new PaceController(FLOOR, 0);
            Plant plant = new Plant(1000 * MB, 100 * MB);
            plant.run(controller, 10, writesPerSecond);
            double[] seen = plant.observe(controller, 40, writesPerSecond);
            assertThat(seen[0]).as("latency against quiet, %d writes per second", writesPerSecond).isLessThan(1.3);
            assertThat(seen[1]).as("bytes per second, %d writes per second", writesPerSecond).isGreaterThan(150 * MB);
        }
    }

    @Test
    void shouldGoOnAtTheFloorWhenTheApplicationSaturatesTheDisk() {
        PaceController controller = new PaceController(FLOOR, 0);
        Plant plant = new Plant(300 * MB, 295 * MB);
        plant.run(controller, 20, 10_000);
        for (int i = 0; i < 200; i++) {
            plant.run(controller, 0.1, 10_000);
            assertThat(controller.bytesPerSecond()).isGreaterThanOrEqualTo(FLOOR);
        }
        assertThat(plant.observe(controller, 20, 10_000)[1]).isGreaterThan(10 * MB);
    }

    @Test
    void shouldFollowAPlantThatChanges() {
        PaceController controller = new PaceController(FLOOR, 0);
        Plant plant = new Plant(1000 * MB, 50 * MB);
        plant.run(controller, 20, 2000);
        double before = plant.observe(controller, 5, 2000)[1];
        plant.applicationBytesPerSecond = 800 * MB;
        plant.run(controller, 10, 2000);
        assertThat(plant.observe(controller, 10, 2000)[1]).isLessThan(before);
        plant.applicationBytesPerSecond = 50 * MB;
        plant.run(controller, 20, 2000);
        assertThat(plant.observe(controller, 10, 2000)[1]).as("back again").isGreaterThan(before / 3);
    }

    @Test
    void shouldLearnANewQuietLatency() {
        PaceController controller = new PaceController(FLOOR, 0);
        Plant plant = new Plant(1000 * MB, 50 * MB);
        plant.run(controller, 10, 2000);
        plant.quietNs = 2_000_000;
        plant.run(controller, 20, 2000);
        assertThat((double) controller.baselineNs()).isBetween(1_800_000.0, 2_600_000.0);
        assertThat(plant.observe(controller, 10, 2000)[1]).isGreaterThan(100 * MB);
        plant.quietNs = 200_000;
        plant.run(controller, 20, 2000);
        assertThat((double) controller.baselineNs()).as("quick again").isBetween(160_000.0, 260_000.0);
    }

    /** What has nothing to do with the resync hits quiet moments as well: the rate must not fall for it. */
    @Test
    void shouldNotCollapseForASlowWriteNowAndThen() {
        PaceController controller = new PaceController(FLOOR, 0);
        Plant plant = new Plant(100_000 * MB, MB);
        plant.hiccupEvery = 300;
        plant.run(controller, 20, 2000);
        assertThat(plant.observe(controller, 40, 2000)[1]).as("nothing slows the writes down but their hiccups").isGreaterThan(300 * MB);
    }

    @Test
    void shouldTakeTheBrakeOffWhenTheApplicationRests() {
        PaceController controller = new PaceController(FLOOR, 0);
        Plant plant = new Plant(1000 * MB, 100 * MB);
        plant.run(controller, 10, 2000);
        assertThat(controller.bytesPerSecond()).isPositive();
        plant.run(controller, 1.2, 0);
        assertThat(controller.bytesPerSecond()).isZero();
        assertThat(controller.isSilent()).isFalse();
        plant.seen(controller);
        assertThat(controller.bytesPerSecond()).isEqualTo(FLOOR);
        plant.run(controller, 0.5, 2000);
        assertThat(controller.bytesPerSecond()).as("remembers what was possible").isGreaterThan(50 * MB);
    }

    /** A write every few hundred ms has no 99th percentile worth the name, and must not keep the resync silent. */
    @Test
    void shouldGoOnBesideAnApplicationThatHardlyWrites() {
        for (double writesPerSecond : new double[] {0.3, 1, 3, 10}) {
            PaceController controller = new PaceController(FLOOR, 0);
            Plant plant = new Plant(1000 * MB, 100 * MB);
            double copied = 0;
            for (int i = 0; i < 20 * writesPerSecond; i++) {
                plant.seen(controller);
                plant.latency.record(plant.writeNs(plant.quietNs));
                copied += plant.observe(controller, 1 / writesPerSecond, 0)[1] / writesPerSecond;
            }
            assertThat(copied / 20).as("bytes per second beside %s writes", writesPerSecond).isGreaterThan(0.5 * FLOOR);
        }
    }

    @Test
    void shouldObeyTheClamps() {
        PaceController controller = new PaceController(5 * MB, 40 * MB);
        Plant plant = new Plant(10_000 * MB, MB);
        plant.run(controller, 0.1, 2000);
        for (int i = 0; i < 300; i++) {
            plant.run(controller, 0.1, 2000);
            assertThat(controller.bytesPerSecond()).isBetween(5 * MB, 40 * MB);
        }
        assertThat(plant.observe(controller, 10, 2000)[1]).isGreaterThan(30 * MB);
        controller.limits(10 * MB, 20 * MB);
        plant.run(controller, 2, 2000);
        assertThat(controller.bytesPerSecond()).isBetween(10 * MB, 20 * MB);
        assertThat(new PaceController(0, 0).onApplicationSeen(1, 0)).isTrue();
    }
}
