/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.nbd.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.netraid.nbd.wire.NbdCommand;
import org.netraid.sim.SimDiskOptions;

/** Plausible nonsense on many connections, cut at random places: nothing leaks and a good client is still served. */
class ServerFuzzTest {

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5})
    void shouldSurviveAndServeOthersWhenClientsSendNonsense(long seed) {
        Random random = new Random(seed);
        ServerRig rig = new ServerRig(0, ServerLimits.DEFAULT, SimDiskOptions.ofSize(ServerRig.SIZE_BYTES));
        WireClient good = rig.connect().greet().go();
        for (int round = 0; round < 60; round++) {
            WireClient bad = rig.connect().greet(random.nextInt(8) == 0 ? random.nextInt() : random.nextInt(4));
            for (int i = random.nextInt(6); i > 0 && !bad.link.isClosed(); i--) {
                byte[] data = ServerRig.pattern(random.nextInt(40), random.nextInt());
                bad.option(random.nextInt(12), random.nextBoolean() ? data : WireClient.info("disk"));
            }
            for (int i = random.nextInt(20); i > 0 && !bad.link.isClosed(); i--) {
                int length = random.nextInt(10) == 0 ? random.nextInt() : random.nextInt(5000);
                byte[] payload = random.nextInt(3) == 0 && length > 0 && length < 5000 ? new byte[length] : new byte[0];
                bad.request(random.nextInt(9), random.nextInt(4) == 0 ? random.nextInt(64) : 0, i,
                        random.nextInt(4) == 0 ? random.nextLong() : random.nextInt(ServerRig.SIZE_BYTES), length, payload);
            }
            if (random.nextBoolean()) {
                bad.settle();
            }
            bad.link.hangUp();
            good.request(NbdCommand.READ, 0, round, 0, 16);
            assertThat(good.takeSimple(16).cookie()).as("seed %d round %d", seed, round).isEqualTo(round);
        }
        assertThat(rig.service.connections()).isEqualTo(1);
        assertThat(rig.pool.inUseBytes()).isZero();
        assertThat(good.isClosed()).isFalse();
    }
}
