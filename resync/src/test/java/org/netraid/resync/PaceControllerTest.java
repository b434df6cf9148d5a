/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.resync;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.netraid.sim.SimRandom;

/** The controller against simulated plants: an application whose writes slow down as the resync takes more of a shared disk. */
class PaceControllerTest {

    private static final long MB = 1_000_000L;
    private static final long TICK_NS = 100_000_000L;
    private static final long FLOOR = 20 * MB;

    /** A disk of so many bytes per second: its queue grows as 1/(1 - load), as queues do. */
    private static final class Plant {
        private final SimRandom random = new SimRandom(1);
        private final double capacity;
        private double quietNs = 200_000;
        private double applicationBytesPerSecond;
        private long nowNs;

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
            double noise = 0.95 + random.nextInt(100) / 1000.0;
            return quietNs * (1 + 0.3 * load / (1 - load)) * noise;
        }

        void run(PaceController controller, int ticks, long writesPerTick) {
            for (int i = 0; i < ticks; i++) {
                nowNs += TICK_NS;
                double rate = resyncRate(controller.bytesPerSecond());
                controller.onInterval(nowNs, writesPerTick, writesPerTick == 0 ? 0 : (long) p99(rate), (long) rate);
            }
        }

        /** Mean ratio of the latency to the quiet one, and the mean rate, over so many ticks. */
        double[] observe(PaceController controller, int ticks, long writesPerTick) {
            double ratio = 0;
            double rate = 0;
            for (int i = 0; i < ticks; i++) {
                run(controller, 1, writesPerTick);
                double now = resyncRate(controller.bytesPerSecond());
                ratio += p99(now) / quietNs;
                rate += now;
            }
            return new double[] {ratio / ticks, rate / ticks};
        }
    }

    @Test
    void shouldNotThrottleWhileNobodyWrites() {
        PaceController controller = new PaceController(FLOOR, 0);
        new Plant(1000 * MB, 0).run(controller, 100, 0);
        assertThat(controller.bytesPerSecond()).isZero();
        assertThat(controller.requestBytes(65536, 1 << 20)).isEqualTo(1 << 20);
    }

    @Test
    void shouldStepAsideAtOnceWhenTheApplicationBegins() {
        PaceController controller = new PaceController(FLOOR, 0);
        assertThat(controller.onApplicationSeen(TICK_NS, 800 * MB)).isTrue();
        assertThat(controller.bytesPerSecond()).isEqualTo(FLOOR);
        assertThat(controller.requestBytes(65536, 1 << 20)).as("short requests").isEqualTo(65536);
    }

    @Test
    void shouldKeepTheApplicationQuickAndUseWhatIsLeft() {
        PaceController controller = new PaceController(FLOOR, 0);
        Plant plant = new Plant(1000 * MB, 100 * MB);
        plant.run(controller, 100, 200);
        double[] seen = plant.observe(controller, 300, 200);
        assertThat(seen[0]).as("latency against quiet").isLessThan(1.3);
        assertThat(seen[1]).as("bytes per second").isGreaterThan(150 * MB);
    }

    @Test
    void shouldGoOnAtTheFloorWhenTheApplicationSaturatesTheDisk() {
        PaceController controller = new PaceController(FLOOR, 0);
        Plant plant = new Plant(300 * MB, 295 * MB);
        plant.run(controller, 200, 1000);
        for (int i = 0; i < 200; i++) {
            plant.run(controller, 1, 1000);
            assertThat(controller.bytesPerSecond()).isGreaterThanOrEqualTo(FLOOR);
        }
        assertThat(plant.resyncRate(controller.bytesPerSecond())).isGreaterThan(10 * MB);
    }

    @Test
    void shouldFollowAPlantThatChanges() {
        PaceController controller = new PaceController(FLOOR, 0);
        Plant plant = new Plant(1000 * MB, 50 * MB);
        plant.run(controller, 200, 200);
        double before = plant.observe(controller, 50, 200)[1];
        plant.applicationBytesPerSecond = 800 * MB;
        plant.run(controller, 100, 200);
        assertThat(plant.observe(controller, 100, 200)[1]).isLessThan(before);
        plant.applicationBytesPerSecond = 50 * MB;
        plant.run(controller, 200, 200);
        assertThat(plant.observe(controller, 100, 200)[1]).as("back again").isGreaterThan(before / 3);
    }

    @Test
    void shouldLearnANewQuietLatency() {
        PaceController controller = new PaceController(FLOOR, 0);
        Plant plant = new Plant(1000 * MB, 50 * MB);
        plant.run(controller, 100, 200);
        plant.quietNs = 2_000_000;
        plant.run(controller, 400, 200);
        assertThat((double) controller.baselineNs()).isBetween(1_800_000.0, 2_600_000.0);
        assertThat(plant.observe(controller, 100, 200)[1]).isGreaterThan(100 * MB);
    }

    @Test
    void shouldTakeTheBrakeOffWhenTheApplicationRests() {
        PaceController controller = new PaceController(FLOOR, 0);
        Plant plant = new Plant(1000 * MB, 100 * MB);
        plant.run(controller, 100, 200);
        assertThat(controller.bytesPerSecond()).isPositive();
        plant.run(controller, 12, 0);
        assertThat(controller.bytesPerSecond()).isZero();
        controller.onApplicationSeen(plant.nowNs, 900 * MB);
        assertThat(controller.bytesPerSecond()).isEqualTo(FLOOR);
        plant.run(controller, 5, 200);
        assertThat(controller.bytesPerSecond()).as("remembers what was possible").isGreaterThan(50 * MB);
    }

    @Test
    void shouldObeyTheClamps() {
        PaceController controller = new PaceController(5 * MB, 40 * MB);
        Plant plant = new Plant(10_000 * MB, MB);
        for (int i = 0; i < 300; i++) {
            plant.run(controller, 1, 200);
            assertThat(controller.bytesPerSecond()).isBetween(i == 0 ? 0 : 5 * MB, 40 * MB);
        }
        assertThat(plant.observe(controller, 40, 200)[1]).isGreaterThan(30 * MB);
        controller.limits(10 * MB, 20 * MB);
        plant.run(controller, 20, 200);
        assertThat(controller.bytesPerSecond()).isBetween(10 * MB, 20 * MB);
        assertThat(new PaceController(0, 0).onApplicationSeen(1, 0)).isTrue();
    }
}
