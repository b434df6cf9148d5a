/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.mirror;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.netraid.sim.SimRandom;
import org.netraid.sim.SimScheduler;

/** Where a replay goes on, against a model that knows what was applied. */
class AppliedPrefixTest {

    private static final int SECTORS = 6;

    /** One value for each sector that an epoch writes; 0 for those it leaves alone. */
    private static int[] epoch(SimRandom random, int values) {
        int[] writes = new int[SECTORS];
        for (int i = 0; i < SECTORS; i++) {
            writes[i] = random.chance(400) ? 1 + random.nextInt(values) : 0;
        }
        return writes;
    }

    private static void apply(int[] epoch, int[] state) {
        for (int i = 0; i < SECTORS; i++) {
            state[i] = epoch[i] == 0 ? state[i] : epoch[i];
        }
    }

    private static ByteBuffer sector(int value) {
        byte[] bytes = new byte[AppliedPrefix.SECTOR_BYTES];
        Arrays.fill(bytes, (byte) value);
        return ByteBuffer.wrap(bytes);
    }

    private static int find(List<int[]> epochs, int[] shown) {
        AppliedPrefix prefix = new AppliedPrefix();
        for (int[] epoch : epochs) {
            prefix.nextEpoch();
            for (int i = 0; i < SECTORS; i++) {
                if (epoch[i] != 0) {
                    prefix.add(prefix.epochs(), i * 512L, 512, sector(epoch[i]), sector(shown[i]));
                }
            }
        }
        return prefix.shownEpochs();
    }

    /** True if the shown state is that after these epochs, and perhaps a part of the next one. */
    private static boolean isStateAfter(List<int[]> epochs, int count, int[] base, int[] shown) {
        int[] state = base.clone();
        epochs.subList(0, count).forEach(epoch -> apply(epoch, state));
        for (int i = 0; i < SECTORS; i++) {
            boolean early = count < epochs.size() && epochs.get(count)[i] != 0 && shown[i] == epochs.get(count)[i];
            if (shown[i] != state[i] && !early) {
                return false;
            }
        }
        return true;
    }

    @Test
    void shouldFindAPointThatTheCopyReallyShows() {
        SimRandom random = new SimScheduler(5).random("prefix");
        for (int run = 0; run < 5000; run++) {
            int values = random.nextBoolean() ? 2 : 100;
            List<int[]> epochs = new ArrayList<>();
            int count = 1 + random.nextInt(6);
            for (int i = 0; i < count; i++) {
                epochs.add(epoch(random, values));
            }
            int[] base = new int[SECTORS];
            int[] shown = base.clone();
            int applied = random.nextInt(count + 1);
            epochs.subList(0, applied).forEach(epoch -> apply(epoch, shown));
            for (int i = 0; i < SECTORS && applied < count; i++) {
                shown[i] = epochs.get(applied)[i] != 0 && random.nextBoolean() ? epochs.get(applied)[i] : shown[i];
            }
            int found = find(epochs, shown);
            assertThat(found).as("run %d", run).isGreaterThanOrEqualTo(applied);
            assertThat(isStateAfter(epochs, found, base, shown)).as("run %d: %d of %d", run, found, count).isTrue();
        }
    }

    @Test
    void shouldSayWhenNothingFits() {
        List<int[]> epochs = List.of(new int[] {1, 0, 0, 0, 0, 0}, new int[] {0, 2, 0, 0, 0, 0}, new int[] {3, 0, 0, 0, 0, 0});
        assertThat(find(epochs, new int[] {1, 2, 0, 0, 0, 0})).isEqualTo(2);
        assertThat(find(epochs, new int[] {3, 2, 0, 0, 0, 0})).isEqualTo(3);
        assertThat(find(epochs, new int[] {1, 0, 0, 0, 0, 0})).isEqualTo(1);
        assertThat(find(epochs, new int[] {0, 0, 0, 0, 0, 0})).isZero();
    }
}
