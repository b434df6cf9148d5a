/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.nbd.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.netraid.block.BlockCommand;
import org.netraid.block.BlockError;
import org.netraid.nbd.wire.Compression;
import org.netraid.nbd.wire.Extension;
import org.netraid.nbd.wire.Lz4Payload;
import org.netraid.nbd.wire.MetaContextRequest;
import org.netraid.nbd.wire.NbdOption;
import org.netraid.sim.SimDiskOptions;

/** Plausible nonsense with every extension on, with a disk that fails at times, cut at random places: nothing leaks, others are served. */
class ExtensionFuzzTest {

    private static final int[] TYPES = {0, 1, 3, 4, 6, 7, 0x4e01, 0x4e02, 0x4e03, 0x4e04};
    private static final String[] NAMES = Arrays.stream(Extension.values()).map(Extension::contextName).toArray(String[]::new);

    private Random random;

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6})
    void shouldSurviveAndServeOthersWhenClientsSendNonsense(long seed) {
        random = new Random(seed);
        ServerRig rig = new ServerRig(0, ServerLimits.DEFAULT, SimDiskOptions.ofSize(ServerRig.SIZE_BYTES));
        rig.service.offer(Set.of(Extension.values()));
        WireClient good = rig.connect().greet().go();
        for (int round = 0; round < 60; round++) {
            WireClient bad = rig.connect().greet();
            boolean extended = random.nextBoolean();
            bad.option(extended ? NbdOption.EXTENDED_HEADERS : NbdOption.STRUCTURED_REPLY, new byte[0]);
            ByteBuffer query = new MetaContextRequest("disk", List.of(NAMES)).encode();
            bad.option(NbdOption.SET_META_CONTEXT, Arrays.copyOf(query.array(), query.remaining()));
            bad.option(NbdOption.GO, WireClient.info("disk"));
            if (random.nextInt(4) == 0) {
                rig.disk.fault().on(BlockCommand.WRITE, BlockCommand.CHECKSUM).once().fail(BlockError.EIO);
            }
            for (int i = 1 + random.nextInt(30); i > 0 && !bad.link.isClosed(); i--) {
                byte[] bytes = request(extended, i);
                bad.send(i == 1 && random.nextBoolean() ? Arrays.copyOf(bytes, 1 + random.nextInt(bytes.length)) : bytes);
            }
            if (random.nextBoolean()) {
                bad.settle();
            }
            bad.link.hangUp();
            rig.disk.clearFaults();
            good.request(0, 0, round, 0, 16);
            assertThat(good.takeSimple(16).cookie()).as("seed %d round %d", seed, round).isEqualTo(round);
        }
        good.settle();
        assertThat(rig.service.connections()).isEqualTo(1);
        assertThat(rig.pool.inUseBytes()).isZero();
        assertThat(good.isClosed()).isFalse();
    }

    private byte[] request(boolean extended, int cookie) {
        int type = TYPES[random.nextInt(TYPES.length)];
        byte[] payload = type == 1 ? new byte[1 + random.nextInt(5000)] : type == 0x4e03 ? compressed() : new byte[0];
        boolean carries = payload.length > 0;
        int flags = switch (random.nextInt(4)) {
            case 0 -> random.nextInt(0x10000) & ~32;
            case 1 -> type == 1 || type == 0x4e03 || type == 4 || type == 6 ? 0x1000 : 0;
            case 2 -> type == 0x4e01 ? random.nextInt(9) << 8 : 0;
            default -> 0;
        };
        boolean empty = type == 0x4e02 && random.nextInt(8) > 0;
        long offset = empty ? 0 : random.nextInt(6) == 0 ? random.nextLong() : random.nextInt(ServerRig.SIZE_BYTES);
        long length = empty ? 0 : carries ? payload.length : random.nextInt(6) == 0 ? random.nextInt() : random.nextInt(300_000);
        if (!extended) {
            return WireClient.requestBytes(type, flags, cookie, offset, length & 0xffffffffL, payload);
        }
        return ByteBuffer.allocate(32 + payload.length).putInt(0x21e41c71).putShort((short) (carries ? flags | 32 : flags))
                .putShort((short) type).putLong(cookie).putLong(offset).putLong(length).put(payload).array();
    }

    /** A payload of WRITE_LZ4, whole or damaged. */
    private byte[] compressed() {
        byte[] data = new byte[1 + random.nextInt(20_000)];
        Arrays.fill(data, (byte) random.nextInt());
        ByteBuffer out = ByteBuffer.allocate(Lz4Payload.maxBytes(data.length));
        int length = new Lz4Payload(Compression.FAST).encode(ByteBuffer.wrap(data), 0, data.length, out);
        byte[] payload = Arrays.copyOf(out.array(), length);
        for (int i = random.nextInt(3); i > 0; i--) {
            payload[random.nextInt(payload.length)] = (byte) random.nextInt();
        }
        return random.nextInt(5) == 0 ? Arrays.copyOf(payload, 1 + random.nextInt(payload.length)) : payload;
    }
}
