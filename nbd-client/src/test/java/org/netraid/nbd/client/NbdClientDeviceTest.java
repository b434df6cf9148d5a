/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.nbd.client;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.netraid.block.BlockCapability;
import org.netraid.block.BlockError;
import org.netraid.block.BlockRequest;
import org.netraid.sim.SimRandom;

/** The device against a server that behaves: every command, splitting, alignment, offers. */
class NbdClientDeviceTest {

    private static final int SIZE = 1 << 20;

    private final ClientRig rig = new ClientRig(1, SIZE);

    private static byte[] pattern(int length, int seed) {
        byte[] bytes = new byte[length];
        new SimRandom(seed).fill(bytes);
        return bytes;
    }

    private byte[] read(long offset, int length) {
        ByteBuffer into = ByteBuffer.allocate(length);
        assertThat(rig.run(rig.request().read(offset, into))).isEqualTo(BlockError.NONE);
        return into.array();
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void shouldCarryEveryCommand(boolean structured) {
        rig.server.structured = structured;
        rig.connect();
        byte[] data = pattern(100_000, 1);
        assertThat(rig.run(rig.request().write(333, data, BlockRequest.FUA))).isEqualTo(BlockError.NONE);
        assertThat(rig.run(rig.request().flush())).isEqualTo(BlockError.NONE);
        assertThat(read(333, data.length)).isEqualTo(data);
        assertThat(rig.run(rig.request().zeroes(333, 10, BlockRequest.NO_HOLE | BlockRequest.FAST_ZERO))).isEqualTo(BlockError.NONE);
        assertThat(read(333, 12)).startsWith(new byte[10]).endsWith(data[10], data[11]);
        assertThat(rig.run(rig.request().trim(4096, 8192))).isEqualTo(BlockError.NONE);
        assertThat(rig.server.commands.stream().map(c -> c.type() + "/" + c.flags()))
                .containsExactly("1/1", "3/0", "0/0", "6/18", "0/0", "4/0");
        rig.device.close(() -> { });
        rig.untilDisconnected();
        rig.runFor(10);
        assertThat(rig.server.disconnected).as("DISC").isTrue();
        rig.assertClean();
    }

    @Test
    void shouldPipelineAndTakeAnswersInAnyOrder() {
        rig.connect();
        List<FakeServer.Command> held = new ArrayList<>();
        rig.server.onCommand = held::add;
        SimRandom random = new SimRandom(3);
        random.fill(rig.server.disk);
        List<ByteBuffer> buffers = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            buffers.add(ByteBuffer.allocate(3000));
            rig.request().read(i * 5000L, buffers.get(i)).submit();
        }
        assertThat(rig.scheduler.runUntil(() -> held.size() == 20, 10_000)).as("all are on the wire at once").isTrue();
        // chunks of all reads interleaved, backwards, in two halves and a hole
        Arrays.fill(rig.server.disk, 5 * 5000 + 2000, 5 * 5000 + 3000, (byte) 0);
        for (int i = 19; i >= 0; i--) {
            rig.server.data(held.get(i), 0, i * 5000L + 1000, 1000);
        }
        for (int i = 0; i < 20; i++) {
            rig.server.data(held.get(i), 0, i * 5000L, 1000);
        }
        for (int i = 19; i >= 0; i--) {
            if (i == 5) {
                rig.server.chunk(held.get(i).cookie(), 0, 2, ByteBuffer.allocate(12).putLong(i * 5000L + 2000).putInt(1000).array());
                rig.server.chunk(held.get(i).cookie(), 1, 0);
            } else {
                rig.server.data(held.get(i), 1, i * 5000L + 2000, 1000);
            }
        }
        rig.runFor(100);
        for (int i = 0; i < 20; i++) {
            assertThat(buffers.get(i).array()).isEqualTo(Arrays.copyOfRange(rig.server.disk, i * 5000, i * 5000 + 3000));
        }
        rig.assertClean();
    }

    @Test
    void shouldSendNothingMoreThanItsLimitsAndServeTheQueueInOrder() {
        rig.config = rig.config.withLimits(4, 20_000, 1000);
        rig.connect();
        List<FakeServer.Command> held = new ArrayList<>();
        rig.server.onCommand = held::add;
        for (int i = 0; i < 10; i++) {
            rig.request().write(i * 8192L, new byte[8192], 0).submit();
        }
        for (int answered = 0; answered < 10; answered++) {
            rig.runFor(50);
            assertThat(held.size() - answered).as("two of 8 KiB fit 20000 bytes").isEqualTo(Math.min(2, 10 - answered));
            rig.server.ok(held.get(answered));
        }
        rig.runFor(50);
        for (int i = 0; i < 10; i++) {
            rig.request().zeroes(0, 4096, 0).submit();
        }
        rig.runFor(50);
        assertThat(held).as("four commands").hasSize(14);
        rig.server.onCommand = rig.server::serve;
        held.subList(10, 14).forEach(rig.server::ok);
        rig.runFor(50);
        rig.assertClean();
    }

    @Test
    void shouldRefuseWhatDoesNotFitTheQueue() {
        rig.config = rig.config.withLimits(1, 1 << 20, 2);
        rig.connect();
        rig.server.onCommand = held -> { };
        for (int i = 0; i < 3; i++) {
            rig.request().write(0, new byte[512], 0).submit();
        }
        ClientRig.Tracked tooMany = rig.request().write(0, new byte[512], 0);
        assertThat(rig.run(tooMany)).isEqualTo(BlockError.ENOMEM);
        assertThat(tooMany.detail).contains("more than 2 requests wait");
    }

    @Test
    void shouldSplitAtTheServersMaximumPayload() {
        rig.server.blockSizes = new int[] {512, 4096, 64 << 10};
        rig.connect();
        byte[] data = pattern(300 << 10, 4);
        assertThat(rig.run(rig.request().write(1024, data, 0))).isEqualTo(BlockError.NONE);
        assertThat(read(1024, data.length)).isEqualTo(data);
        assertThat(rig.server.commands).hasSize(10);
        rig.assertClean();
    }

    @Test
    void shouldReportTheFirstErrorOfASplitRequest() {
        rig.server.blockSizes = new int[] {512, 4096, 64 << 10};
        rig.connect();
        rig.server.onCommand = command -> {
            if (command.offset() == 128 << 10) {
                rig.server.chunk(command.cookie(), 1, 0x8001, FakeServer.errorPayload(28, "pool full"));
            } else {
                rig.server.ok(command);
            }
        };
        ClientRig.Tracked write = rig.request().write(0, new byte[300 << 10], 0);
        assertThat(rig.run(write)).isEqualTo(BlockError.ENOSPC);
        assertThat(write.detail).contains("nbd server:10809 export 'disk'").contains("307200 bytes at 0").contains("pool full");
        rig.assertClean();
    }

    @ParameterizedTest
    @ValueSource(ints = {512, 4096, 65536})
    void shouldReadAndModifyWholeBlocksWhereTheServerHasAMinimum(int min) {
        rig.server.blockSizes = new int[] {min, Math.max(4096, min), 128 << 10};
        SimRandom random = new SimRandom(min);
        random.fill(rig.server.disk);
        byte[] model = rig.server.disk.clone();
        rig.connect();
        assertThat(rig.device.geometry().minBlockBytes()).isEqualTo(1);
        for (int i = 0; i < 200; i++) {
            int length = 1 + random.nextInt(random.nextBoolean() ? 1000 : 200_000);
            int offset = random.nextInt(SIZE - length);
            switch (random.nextInt(3)) {
                case 0 -> assertThat(read(offset, length)).isEqualTo(Arrays.copyOfRange(model, offset, offset + length));
                case 1 -> {
                    byte[] data = pattern(length, i);
                    assertThat(rig.run(rig.request().write(offset, data, 0))).isEqualTo(BlockError.NONE);
                    System.arraycopy(data, 0, model, offset, length);
                }
                default -> {
                    assertThat(rig.run(rig.request().zeroes(offset, length, 0))).isEqualTo(BlockError.NONE);
                    Arrays.fill(model, offset, offset + length, (byte) 0);
                }
            }
        }
        assertThat(rig.server.disk).isEqualTo(model);
        rig.assertClean();
    }

    @Test
    void shouldKeepNeighboursInOneBlockApart() {
        rig.server.blockSizes = new int[] {4096, 4096, 128 << 10};
        rig.connect();
        byte[] model = new byte[SIZE];
        SimRandom random = new SimRandom(5);
        // many small writes that do not overlap but share blocks, and whole-block ones between, all at once
        int at = 0;
        for (int i = 0; at < 200_000; i++) {
            int length = random.chance(200) ? 8192 - at % 4096 : 1 + random.nextInt(1500);
            byte[] data = pattern(length, i);
            System.arraycopy(data, 0, model, at, length);
            rig.request().write(at, data, 0).submit();
            at += length;
        }
        rig.runFor(5000);
        rig.assertClean();
        assertThat(rig.server.disk).isEqualTo(model);
    }

    @Test
    void shouldNarrowATrimToWholeBlocks() {
        rig.server.blockSizes = new int[] {4096, 4096, 128 << 10};
        rig.connect();
        assertThat(rig.run(rig.request().trim(100, 4096))).isEqualTo(BlockError.NONE);
        assertThat(rig.server.commands).as("not one whole block inside").isEmpty();
        assertThat(rig.run(rig.request().trim(100, 12_000))).isEqualTo(BlockError.NONE);
        assertThat(rig.server.commands.toString()).isEqualTo("[4 4096@4096]");
    }

    @Test
    void shouldWriteZerosWhereTheServerHasNoWriteZeroes() {
        rig.server.flags = 0x01 | 0x04;
        new SimRandom(9).fill(rig.server.disk);
        rig.connect();
        assertThat(rig.device.capabilities()).containsExactlyInAnyOrder(BlockCapability.FLUSH, BlockCapability.WRITE_ZEROES);
        assertThat(rig.run(rig.request().zeroes(1000, 600_000, BlockRequest.NO_HOLE))).isEqualTo(BlockError.NONE);
        assertThat(Arrays.copyOfRange(rig.server.disk, 1000, 601_000)).containsOnly(0);
        assertThat(rig.run(rig.request().zeroes(0, 512, BlockRequest.FAST_ZERO))).isEqualTo(BlockError.ENOTSUP);
        rig.assertClean();
    }

    @Test
    void shouldNotUseWhatIsNotOffered() {
        rig.server.flags = 0x01;
        rig.connect();
        assertThat(rig.run(rig.request().flush())).isEqualTo(BlockError.ENOTSUP);
        assertThat(rig.run(rig.request().trim(0, 512))).isEqualTo(BlockError.ENOTSUP);
        assertThat(rig.run(rig.request().write(0, new byte[512], BlockRequest.FUA))).isEqualTo(BlockError.ENOTSUP);
        assertThat(rig.server.commands).isEmpty();
        rig.assertClean();
    }

    @Test
    void shouldRefuseToModifyAReadOnlyExport() {
        rig.server.flags |= 0x02;
        rig.connect();
        assertThat(rig.device.capabilities()).contains(BlockCapability.READ_ONLY).doesNotContain(BlockCapability.WRITE_ZEROES);
        assertThat(rig.run(rig.request().write(0, new byte[512], 0))).isEqualTo(BlockError.EPERM);
        assertThat(rig.run(rig.request().zeroes(0, 512, 0))).isEqualTo(BlockError.EPERM);
        assertThat(rig.server.commands).isEmpty();
    }

    @Test
    void shouldCheckRangesItself() {
        rig.connect();
        assertThat(rig.run(rig.request().write(SIZE - 1, new byte[2], 0))).isEqualTo(BlockError.ENOSPC);
        assertThat(rig.run(rig.request().read(SIZE, ByteBuffer.allocate(1)))).isEqualTo(BlockError.EINVAL);
        assertThat(rig.run(rig.request().read(-1, ByteBuffer.allocate(1)))).isEqualTo(BlockError.EINVAL);
        assertThat(rig.run(rig.request().zeroes(Long.MAX_VALUE, 1, 0))).isEqualTo(BlockError.ENOSPC);
        assertThat(rig.run(rig.request().read(SIZE, ByteBuffer.allocate(0)))).isEqualTo(BlockError.NONE);
        assertThat(rig.server.commands).isEmpty();
    }

    @Test
    void shouldAddressBytesBeyondFourGiB() {
        long size = 1L << 43;
        NbdExport export = new NbdExport("big", "", size, 0x41, 512, 4096, 32 << 20, true, true, false, java.util.List.of());
        assertThat(export.geometry().sizeBytes()).isEqualTo(size);
        RequestCutter cutter = new RequestCutter(export, true, false);
        ClientRequest request = new ClientRequest();
        request.set(new BlockRequest().writeZeroes(5L << 30, 6L << 30, 0, done -> { }));
        long sum = 0;
        while (request.cursorBytes < request.endBytes) {
            cutter.cut(request);
            assertThat(cutter.offsetBytes).isEqualTo((5L << 30) + sum);
            assertThat(cutter.lengthBytes).isEqualTo(RequestCutter.ZERO_SLICE_BYTES);
            sum += cutter.lengthBytes;
            request.cursorBytes += cutter.lengthBytes;
        }
        assertThat(sum).isEqualTo(6L << 30);
    }
}
