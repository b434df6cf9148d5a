/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.nbd.client;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.netraid.block.BlockRequest;
import org.netraid.block.ChunkHash;
import org.netraid.nbd.wire.Compression;
import org.netraid.nbd.wire.Extension;

/** Every extension on, against a server that answers at random, also wrongly: every request ends once, receipts come once and before. */
class ClientExtensionFuzzTest {

    private static final int SIZE = 1 << 20;

    private static final class Tracked {
        int receipts;
        int completions;
    }

    private Random random;
    private ClientRig rig;
    private final List<Tracked> all = new ArrayList<>();

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 3})
    void shouldEndEveryRequestOnceWhateverTheServerSends(int group) {
        for (int seed = group * 20; seed < group * 20 + 20; seed++) {
            random = new Random(seed);
            rig = new ClientRig(seed, SIZE);
            rig.config = NbdClientConfig.defaults().withRequestTimeoutNs(200 * ClientRig.MS).withCompression(Compression.FAST)
                    .withExtensions(Set.of(Extension.values()));
            rig.server.contexts = new String[] {"x-netraid:checksum", "x-netraid:receipt", "x-netraid:order", "x-netraid:lz4"};
            rig.server.extended = false;
            rig.server.onCommand = this::answer;
            all.clear();
            rig.connect();
            for (int i = 0; i < 100; i++) {
                submit();
                rig.runFor(random.nextInt(3));
            }
            rig.runFor(1000);
            rig.device.close(() -> { });
            rig.runFor(20_000);
            assertThat(all).as("seed " + seed).allMatch(one -> one.completions == 1 && one.receipts <= 1);
            assertThat(rig.device.requestsInFlight()).isZero();
            assertThat(rig.server.violation).as("seed " + seed).isEmpty();
        }
    }

    private void submit() {
        Tracked tracked = new Tracked();
        all.add(tracked);
        BlockRequest request = new BlockRequest();
        int length = 1 + random.nextInt(60_000);
        int offset = random.nextInt(SIZE - length);
        switch (random.nextInt(6)) {
            case 0 -> request.barrier(done -> tracked.completions++);
            case 1 -> request.flush(done -> tracked.completions++);
            case 2 -> request.checksum(offset, length, 4096, ByteBuffer.allocate(ChunkHash.hashesBytes(length, 4096)),
                    done -> tracked.completions++);
            default -> {
                byte[] data = new byte[length];
                if (random.nextInt(3) > 0) {
                    java.util.Arrays.fill(data, (byte) random.nextInt(2));
                } else {
                    random.nextBytes(data);
                }
                request.write(offset, ByteBuffer.wrap(data), 0, done -> tracked.completions++).withReceipt(received -> {
                    assertThat(tracked.completions).isZero();
                    tracked.receipts++;
                });
            }
        }
        rig.device.submit(request);
    }

    private void answer(FakeServer.Command command) {
        boolean receipt = (command.flags() & 0x1000) != 0;
        if (receipt && random.nextInt(4) > 0) {
            rig.server.chunk(command.cookie(), 0, 0x4e02);
        } else if (random.nextInt(300) == 0) {
            rig.server.chunk(command.cookie(), 0, 0x4e02, new byte[random.nextInt(2)]);
        }
        int dice = random.nextInt(400);
        if (dice == 0) {
            rig.server.raw(new byte[1 + random.nextInt(50)]);
        } else if (dice == 1) {
            rig.server.chunk(command.cookie(), 1, 0x4e01, new byte[random.nextInt(100)]);
        } else if (dice < 20) {
            rig.server.chunk(command.cookie(), 1, 0x8001, FakeServer.errorPayload(5, "no"));
        } else if (command.type() == 0x4e01) {
            rig.server.chunk(command.cookie(), 1, 0x4e01,
                    ByteBuffer.allocate(8 + ChunkHash.hashesBytes(command.length(), 4096)).putLong(command.offset()).array());
        } else if (dice > 21) {
            rig.server.chunk(command.cookie(), 1, 0);
        }
    }
}
