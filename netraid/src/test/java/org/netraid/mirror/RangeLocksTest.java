/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.mirror;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.netraid.sim.SimRandom;

class RangeLocksTest {

    private final List<RangeLock> granted = new ArrayList<>();
    private final RangeLocks locks = new RangeLocks();

    private RangeLock lock() {
        return new RangeLock(granted::add);
    }

    @Test
    void shouldGrantDisjointRangesAtOnceAndOverlappingOnesInOrderOfArrival() {
        RangeLock a = lock();
        RangeLock b = lock();
        RangeLock c = lock();
        RangeLock d = lock();
        assertThat(locks.acquire(a, 0, 100, false)).isTrue();
        assertThat(locks.acquire(b, 50, 100, false)).isFalse();
        assertThat(locks.acquire(c, 120, 10, false)).as("waits behind b").isFalse();
        assertThat(locks.acquire(d, 150, 10, false)).isTrue();
        locks.release(a);
        assertThat(granted).containsExactly(b);
        locks.release(b);
        assertThat(granted).containsExactly(b, c);
        locks.release(c);
        locks.release(d);
        assertThat(locks.size()).isZero();
    }

    @Test
    void shouldLetSharedClaimsInTogetherButNotPastAWaitingExclusiveOne() {
        RangeLock reader = lock();
        RangeLock second = lock();
        RangeLock writer = lock();
        RangeLock late = lock();
        assertThat(locks.acquire(reader, 0, 10, true)).isTrue();
        assertThat(locks.acquire(second, 5, 10, true)).isTrue();
        assertThat(locks.acquire(writer, 0, 20, false)).isFalse();
        assertThat(locks.acquire(late, 0, 10, true)).isFalse();
        locks.release(reader);
        locks.release(second);
        assertThat(granted).containsExactly(writer);
        locks.release(writer);
        assertThat(granted).containsExactly(writer, late);
    }

    @Test
    void shouldForgetAClaimThatIsGivenUpWhileItWaits() {
        RangeLock a = lock();
        RangeLock b = lock();
        RangeLock c = lock();
        locks.acquire(a, 0, 10, false);
        locks.acquire(b, 0, 10, false);
        locks.acquire(c, 0, 10, false);
        locks.release(b);
        assertThat(granted).isEmpty();
        locks.release(a);
        assertThat(granted).containsExactly(c);
    }

    @Test
    void p21ShouldNeverGrantConflictingClaimsTogetherNorLoseOneInALongRandomRun() {
        SimRandom random = new SimRandom(42);
        List<RangeLock> claimed = new ArrayList<>();
        for (int step = 0; step < 4_000; step++) {
            if (claimed.size() < 40 && random.nextBoolean()) {
                RangeLock lock = lock();
                locks.acquire(lock, random.nextInt(1000), 1 + random.nextInt(100), random.chance(200));
                claimed.add(lock);
            } else if (!claimed.isEmpty()) {
                RangeLock victim = claimed.remove(random.nextInt(claimed.size()));
                locks.release(victim);
            }
            check(claimed);
        }
        while (!claimed.isEmpty()) {
            RangeLock held = claimed.stream().filter(RangeLock::isHeld).findFirst().orElseThrow();
            claimed.remove(held);
            locks.release(held);
        }
        assertThat(locks.size()).isZero();
    }

    /** By the definition, without the tree: held exactly if no earlier conflicting claim is there. */
    private static void check(List<RangeLock> claimed) {
        for (RangeLock lock : claimed) {
            boolean blocked = claimed.stream().anyMatch(other -> other.sequence < lock.sequence
                    && other.overlaps(lock.startBytes, lock.endBytes) && other.conflictsWith(lock));
            assertThat(lock.isHeld()).as("%s", lock).isEqualTo(!blocked);
        }
    }
}
