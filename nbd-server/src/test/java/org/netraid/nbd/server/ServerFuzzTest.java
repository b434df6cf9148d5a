/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.nbd.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.netraid.nbd.wire.CommandFlags;
import org.netraid.nbd.wire.NbdCommand;
import org.netraid.nbd.wire.NbdConstants;
import org.netraid.nbd.wire.NbdOption;
import org.netraid.nbd.wire.RequestHeader;
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
            boolean extended = random.nextBoolean();
            if (extended && !bad.link.isClosed()) {
                bad.option(NbdOption.EXTENDED_HEADERS, new byte[0]);
                bad.option(NbdOption.GO, WireClient.info("disk"));
            }
            for (int i = random.nextInt(20); i > 0 && !bad.link.isClosed(); i--) {
                int length = random.nextInt(10) == 0 ? random.nextInt() : random.nextInt(5000);
                byte[] payload = random.nextInt(3) == 0 && length > 0 && length < 5000 ? new byte[length] : new byte[0];
                int type = random.nextInt(9);
                int flags = random.nextInt(4) == 0 ? random.nextInt(64) : 0;
                long offset = random.nextInt(4) == 0 ? random.nextLong() : random.nextInt(ServerRig.SIZE_BYTES);
                if (extended) {
                    bad.send(extended(type, flags, i, offset, random.nextInt(10) == 0 ? random.nextLong() : length, payload));
                } else {
                    bad.request(type, flags, i, offset, length, payload);
                }
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

    private static byte[] extended(int type, int flags, long cookie, long offset, long length, byte[] payload) {
        ByteBuffer out = ByteBuffer.allocate(NbdConstants.EXTENDED_HEADER_BYTES + payload.length);
        RequestHeader.encodeExtended(out, payload.length > 0 ? flags | CommandFlags.PAYLOAD_LEN : flags, type, cookie, offset, length);
        return out.put(payload).array();
    }
}
