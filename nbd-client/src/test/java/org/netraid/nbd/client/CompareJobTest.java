/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.nbd.client;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;
import org.netraid.block.BlockCommand;
import org.netraid.block.BlockDevice;
import org.netraid.block.BlockError;
import org.netraid.block.BlockRequest;
import org.netraid.nbd.client.CompareJob.Range;
import org.netraid.sim.SimDisk;
import org.netraid.sim.SimDiskOptions;
import org.netraid.sim.SimLoop;
import org.netraid.sim.SimScheduler;

class CompareJobTest {

    private static final int SIZE = 1_000_003;

    private final SimScheduler scheduler = new SimScheduler(4);
    private final SimLoop loop = scheduler.loop("node");
    private final SimDisk one = new SimDisk(scheduler, "one", SimDiskOptions.ofSize(SIZE));
    private final SimDisk other = new SimDisk(scheduler, "other", SimDiskOptions.ofSize(SIZE));
    private String end;

    private CompareJob start(int retries) {
        CompareJob job = new CompareJob(one.attach(loop), other.attach(loop), loop, 64 << 10, retries, reason -> {
            assertThat(end).as("told once").isNull();
            end = reason;
        });
        job.start(4);
        return job;
    }

    private CompareJob run(int retries) {
        CompareJob job = start(retries);
        assertThat(scheduler.runUntil(() -> end != null, 100_000)).isTrue();
        return job;
    }

    @Test
    void shouldFindNothingOnEqualDevices() {
        CompareJob job = run(0);
        assertThat(end).isEmpty();
        assertThat(job.ranges()).isEmpty();
        assertThat(job.doneBytes()).isEqualTo(SIZE);
    }

    @Test
    void shouldListEveryRangeAndJoinNeighbours() {
        for (long offset : new long[] {0, 512 * 7 + 3, 512 * 8, 65535, 65536, SIZE - 1}) {
            other.rot(offset, 5);
        }
        CompareJob job = run(1);
        assertThat(end).isEmpty();
        assertThat(job.ranges()).containsExactly(new Range(0, 512), new Range(512 * 7, 1024), new Range(65024, 1024),
                new Range(SIZE / 512 * 512, SIZE % 512));
        assertThat(job.differingBytes()).isEqualTo(512 + 1024 + 1024 + SIZE % 512);
    }

    @Test
    void shouldNotCountWhatIsEqualALittleLater() {
        other.rot(100, 1);
        start(3);
        scheduler.runFor(70_000_000);
        other.rot(100, 1);
        assertThat(scheduler.runUntil(() -> end != null, 100_000)).isTrue();
        assertThat(end).isEmpty();
    }

    @Test
    void shouldSayWhichDeviceFailed() {
        other.fault().on(BlockCommand.READ).once().fail(BlockError.EIO);
        run(0);
        assertThat(end).contains("other");
    }

    @Test
    void shouldNeverWrite() {
        BlockDevice device = one.attach(loop);
        device.submit(new BlockRequest().write(0, ByteBuffer.wrap(new byte[512]), 0, done -> { }));
        run(2);
        assertThat(one.writes() + other.writes()).isEqualTo(1);
    }
}
