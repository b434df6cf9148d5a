/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.nbd.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;
import org.netraid.block.BlockCommand;
import org.netraid.block.BlockDevice;
import org.netraid.block.BlockError;
import org.netraid.block.BlockGeometry;
import org.netraid.block.BlockRequest;
import org.netraid.sim.SimDisk;
import org.netraid.sim.SimDiskOptions;
import org.netraid.sim.SimLoop;
import org.netraid.sim.SimRandom;
import org.netraid.sim.SimScheduler;

class CopyJobTest {

    private static final int SIZE = 1_000_000 / 512 * 512;

    private final SimScheduler scheduler = new SimScheduler(3);
    private final SimLoop loop = scheduler.loop("node");
    private final SimDisk from = disk("from", SIZE);
    private final SimDisk to = disk("to", SIZE + 4096);
    private final BlockDevice source = from.attach(loop);
    private final BlockDevice target = to.attach(loop);
    private String end;

    private SimDisk disk(String name, int size) {
        return new SimDisk(scheduler, name,
                SimDiskOptions.ofSize(size).withGeometry(new BlockGeometry(size, 512, 4096, 1 << 20)));
    }

    private void fill(BlockDevice device, long offset, int length, int seed) {
        byte[] bytes = new byte[length];
        new SimRandom(seed).fill(bytes);
        boolean[] done = {false};
        device.submit(new BlockRequest().write(offset, ByteBuffer.wrap(bytes), 0, ended -> done[0] = true));
        assertThat(scheduler.runUntil(() -> done[0], 1000)).isTrue();
    }

    private CopyJob run(CopyJob.Mode mode) {
        end = null;
        CopyJob job = new CopyJob(source, target, mode, 64 << 10, reason -> {
            assertThat(end).as("told once").isNull();
            end = reason;
        });
        job.start(4);
        assertThat(scheduler.runUntil(() -> end != null, 100_000)).isTrue();
        scheduler.runUntilIdle(10_000);
        return job;
    }

    @Test
    void shouldCopyAndFlush() {
        fill(source, 0, 300_032, 1);
        fill(source, SIZE - 512, 512, 2);
        fill(target, 0, 900_096, 3);
        CopyJob job = run(CopyJob.Mode.COPY_ZEROES_AS_HOLES);
        assertThat(end).isEmpty();
        assertThat(job.doneBytes()).isEqualTo(SIZE);
        assertThat(job.zeroBytes()).isEqualTo(696_320);
        assertThat(to.unflushedCount()).as("flushed").isZero();
        assertThat(to.content(0, SIZE)).isEqualTo(from.content(0, SIZE));
    }

    @Test
    void shouldReadNoHolesAndMakeTheTargetZeroThere() {
        fill(source, 0, 4096, 1);
        fill(source, 400_384, 100_352, 2);
        fill(target, 0, 900_096, 3);
        long readBefore = from.bytesRead();
        CopyJob job = run(CopyJob.Mode.COPY);
        assertThat(end).isEmpty();
        assertThat(to.content(0, SIZE)).isEqualTo(from.content(0, SIZE));
        assertThat(from.bytesRead() - readBefore).isBetween(104_448L, 120_000L);
        assertThat(job.zeroBytes() + from.bytesRead() - readBefore).isEqualTo(SIZE);
        assertThat(job.doneBytes()).isEqualTo(SIZE);
    }

    @Test
    void shouldReadEverythingWhenTheMapFails() {
        fill(source, 0, 4096, 1);
        fill(target, 0, 900_096, 3);
        from.fault().on(BlockCommand.EXTENTS).fail(BlockError.EIO);
        run(CopyJob.Mode.COPY);
        assertThat(end).isEmpty();
        assertThat(to.content(0, SIZE)).isEqualTo(from.content(0, SIZE));
        assertThat(from.bytesRead()).isEqualTo(SIZE);
    }

    @Test
    void shouldStopAtTheFirstErrorOfEitherSideAndOfTheFlush() {
        fill(source, 500_224, 512, 1);
        fill(source, 700_416, 512, 1);
        from.fault().on(BlockCommand.READ).area(500_224, 512).fail(BlockError.EIO);
        run(CopyJob.Mode.COPY);
        assertThat(end).isNotEmpty();
        from.clearFaults();
        to.fault().on(BlockCommand.WRITE).area(700_416, 512).fail(BlockError.ENOSPC);
        run(CopyJob.Mode.COPY);
        assertThat(end).isNotEmpty();
        to.clearFaults();
        to.fault().on(BlockCommand.FLUSH).fail(BlockError.EIO);
        run(CopyJob.Mode.COPY);
        assertThat(end).isNotEmpty();
    }

    @Test
    void shouldRefuseATargetThatIsTooShort() {
        assertThatThrownBy(() -> new CopyJob(target, source, CopyJob.Mode.COPY, 4096, reason -> { }))
                .isInstanceOf(IllegalArgumentException.class).hasMessageContaining("to").hasMessageContaining("from");
    }
}
