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
import org.netraid.link.LinkAddress;
import org.netraid.nbd.server.BufferPool;
import org.netraid.nbd.server.Export;
import org.netraid.nbd.server.FixedExports;
import org.netraid.nbd.server.NbdService;
import org.netraid.nbd.server.ServerEvents;
import org.netraid.nbd.server.ServerLimits;
import org.netraid.nbd.wire.Compression;
import org.netraid.nbd.wire.Extension;
import org.netraid.sim.SimDisk;
import org.netraid.sim.SimDiskOptions;
import org.netraid.sim.SimLoop;
import org.netraid.sim.SimNetwork;
import org.netraid.sim.SimScheduler;

/**
 * Client and server with receipts, barriers and compression, over a network that cuts the stream at a random byte, on a disk that carries
 * out writes in any order: what the disk holds at the end is a prefix of the epochs and a part of the next, and has all that was
 * acknowledged as received.
 */
class OrderedPrefixTest implements NbdConnectionListener {

    private static final LinkAddress ADDRESS = LinkAddress.tcp("server", 10809);
    private static final int BLOCK = 4096;
    private static final int BLOCKS = 24;
    private static final int EPOCHS = 40;

    /** Writes a number into one block. */
    private record Write(int number, int epoch, int block) {
    }

    private final List<Write> writes = new ArrayList<>();
    private final boolean[] received = new boolean[1000];
    private final boolean[] ended = new boolean[1000];
    private NbdClientDevice device;
    private boolean down;

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 3})
    void shouldLeaveAPrefixOfTheEpochsWhateverHappensToTheStream(int group) {
        for (int seed = group * 25; seed < group * 25 + 25; seed++) {
            run(seed);
        }
    }

    private void run(int seed) {
        Random random = new Random(seed);
        SimScheduler scheduler = new SimScheduler(seed);
        SimNetwork network = new SimNetwork(scheduler);
        SimLoop serverLoop = scheduler.loop("server");
        SimLoop clientLoop = scheduler.loop("client");
        SimDisk disk = new SimDisk(scheduler, "disk", SimDiskOptions.ofSize(BLOCKS * BLOCK));
        NbdService service = new NbdService(serverLoop, new FixedExports(List.of(new Export("d", "", disk.attach(serverLoop), false))),
                ServerLimits.DEFAULT, new BufferPool(64 << 20), ServerEvents.NONE);
        network.node("server", serverLoop).listen(ADDRESS, service::accept, bound -> { }, failed -> {
            throw new AssertionError(failed);
        });
        scheduler.runUntilIdle(100);
        NbdClientConfig config = NbdClientConfig.defaults().withExtensions(Set.of(Extension.values()))
                .withCompression(random.nextBoolean() ? Compression.FAST : Compression.OFF);
        device = null;
        down = false;
        writes.clear();
        java.util.Arrays.fill(received, false);
        java.util.Arrays.fill(ended, false);
        new NbdConnector(network.node("client", clientLoop), clientLoop, config).connect(new NbdTarget(ADDRESS, "d"), this);
        assertThat(scheduler.runUntil(() -> device != null, 100_000)).isTrue();
        submitAll(random);
        scheduler.runFor(random.nextInt(20_000_000));
        if (seed % 5 != 0) {
            network.resetAll("client", "server");
        }
        assertThat(scheduler.runUntil(() -> seed % 5 == 0 ? ended[writes.size() - 1] : down, 1_000_000)).isTrue();
        scheduler.runFor(5_000_000_000L);
        if (seed % 5 != 0) {
            assertThat(service.connections()).as("seed %d: everything received is carried out", seed).isZero();
        }
        check(seed, disk);
    }

    private void submitAll(Random random) {
        for (int epoch = 0; epoch < EPOCHS; epoch++) {
            for (int i = random.nextInt(4); i >= 0; i--) {
                Write write = new Write(writes.size() + 1, epoch, freeBlock(random, epoch));
                writes.add(write);
                ByteBuffer data = ByteBuffer.allocate(BLOCK);
                while (data.hasRemaining()) {
                    data.putInt(write.number);
                }
                device.submit(new BlockRequest().write((long) write.block * BLOCK, data.flip(), 0, done -> {
                    assertThat(ended[write.number - 1]).isFalse();
                    ended[write.number - 1] = true;
                }).withReceipt(request -> {
                    assertThat(ended[write.number - 1] || received[write.number - 1]).isFalse();
                    received[write.number - 1] = true;
                }));
            }
            device.submit(new BlockRequest().barrier(done -> { }));
        }
    }

    /** Writes of one epoch do not overlap: their order is free. */
    private int freeBlock(Random random, int epoch) {
        while (true) {
            int block = random.nextInt(BLOCKS);
            if (writes.stream().noneMatch(write -> write.epoch == epoch && write.block == block)) {
                return block;
            }
        }
    }

    private void check(int seed, SimDisk disk) {
        int[] found = new int[BLOCKS];
        int newest = -1;
        for (int block = 0; block < BLOCKS; block++) {
            found[block] = ByteBuffer.wrap(disk.content((long) block * BLOCK, 4)).getInt();
            newest = found[block] == 0 ? newest : Math.max(newest, writes.get(found[block] - 1).epoch);
        }
        int[] expected = new int[BLOCKS];
        for (Write write : writes) {
            if (write.epoch < newest) {
                expected[write.block] = write.number;
            }
            if (received[write.number - 1]) {
                assertThat(write.epoch).as("seed %d: write %d was received", seed, write.number).isLessThanOrEqualTo(newest);
            }
        }
        for (Write write : writes) {
            if (write.epoch == newest && (found[write.block] == write.number || received[write.number - 1])) {
                expected[write.block] = write.number;
            }
        }
        assertThat(found).as("seed %d, newest epoch %d", seed, newest).isEqualTo(expected);
    }

    @Override
    public void onConnected(NbdClientDevice connected) {
        device = connected;
    }

    @Override
    public void onConnectFailed(String reason) {
        throw new AssertionError(reason);
    }

    @Override
    public void onDisconnected(String reason) {
        down = true;
    }
}
