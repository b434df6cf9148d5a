/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.block.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.netraid.block.BlockError;
import org.netraid.block.BlockRequest;
import org.netraid.store.io.Tmpfs;

/** Block special files, made with the loop driver, and full file systems. Needs root; skipped aloud without. */
class LoopDeviceTest {

    private static final long SIZE = 8L << 20;
    private static final long WAIT_NS = 10_000_000_000L;

    @TempDir
    Path folder;

    private RealLoop real;
    private LoopDevice attached;

    @BeforeEach
    void start() throws Exception {
        if (!LoopDevice.isSupported()) {
            System.err.println("SKIPPED LoopDeviceTest: needs root and /dev/loop-control");
        }
        Assumptions.assumeTrue(LoopDevice.isSupported(), "needs root and /dev/loop-control");
        real = new RealLoop();
    }

    @AfterEach
    void stop() {
        if (attached != null) {
            assertThat(attached.detach(WAIT_NS)).isTrue();
        }
        if (real != null) {
            real.close();
        }
    }

    @Test
    void shouldSayWhyWhenTheFileCannotBeAttached() {
        assertThatThrownBy(() -> LoopDevice.attach(folder.resolve("none"), LoopDevice.Options.DEFAULT))
                .isInstanceOf(DeviceOpenException.class).hasMessageContaining("no such file or directory");
    }

    @Test
    void shouldAttachWithTheSizeOfTheFileAndDetach() throws Exception {
        attach(LoopDevice.Options.DEFAULT);
        assertThat(attached.sizeBytes()).isEqualTo(SIZE);
        assertThat(attached.sectorBytes()).isEqualTo(512);
        assertThat(attached.detach(WAIT_NS)).isTrue();
        attached = null;
    }

    @Test
    void shouldTellWhenSomebodyStillHoldsIt() throws Exception {
        attach(LoopDevice.Options.DEFAULT);
        try (RandomAccessFile user = new RandomAccessFile(attached.path().toFile(), "r")) {
            assertThat(attached.detach(50_000_000L)).isFalse();
            assertThat(user.read()).isZero();
        }
        assertThat(attached.detach(WAIT_NS)).isTrue();
    }

    @Test
    void shouldServeABlockDevice() throws Exception {
        attach(LoopDevice.Options.DEFAULT);
        FileBlockDevice device = FileBlockDevice.open(attached.path(), FileDeviceOptions.DEFAULT, real.loop, real.workers);
        assertThat(device.geometry().sizeBytes()).isEqualTo(SIZE);
        assertThatThrownBy(() -> FileBlockDevice.open(attached.path(), FileDeviceOptions.DEFAULT, real.loop, real.workers))
                .isInstanceOf(DeviceOpenException.class).hasMessageContaining("it is in use");
        byte[] data = new byte[65536];
        Arrays.fill(data, (byte) 9);
        for (int flags : new int[] {0, BlockRequest.NO_HOLE, BlockRequest.FUA}) {
            ok(device, new BlockRequest().write(0, ByteBuffer.wrap(data), BlockRequest.FUA, done -> { }));
            ok(device, new BlockRequest().writeZeroes(1000, 20_000, flags, done -> { }));
            byte[] expected = data.clone();
            Arrays.fill(expected, 1000, 21_000, (byte) 0);
            ByteBuffer into = ByteBuffer.allocate(data.length);
            ok(device, new BlockRequest().read(0, into, done -> { }));
            assertThat(into.array()).as("flags " + flags).isEqualTo(expected);
        }
        ok(device, new BlockRequest().trim(700, 30_000, 0, done -> { }));
        ok(device, new BlockRequest().flush(done -> { }));
        BlockRequest fast = real.submit(device, new BlockRequest().writeZeroes(0, 4096,
                BlockRequest.FAST_ZERO | BlockRequest.NO_HOLE, done -> { }));
        assertThat(fast.error()).isEqualTo(BlockError.ENOTSUP);
        real.close(device);
    }

    @Test
    void shouldAnswerNoSpaceWhenTheFileSystemIsFull() throws Exception {
        try (Tmpfs tmpfs = Tmpfs.mount(folder.resolve("small"), 256)) {
            Path path = tmpfs.path().resolve("disk");
            FileBlockDevice device = FileBlockDevice.open(path, FileDeviceOptions.DEFAULT.withCreateBytes(4 << 20),
                    real.loop, real.workers);
            BlockRequest full = real.submit(device, new BlockRequest().write(0, ByteBuffer.allocate(1 << 20), 0, done -> { }));
            assertThat(full.error()).isEqualTo(BlockError.ENOSPC);
            assertThat(full.errorDetail()).contains(path.toString(), "1048576 bytes at 0");
            BlockRequest slow = real.submit(device, new BlockRequest().writeZeroes(0, 4096,
                    BlockRequest.NO_HOLE | BlockRequest.FAST_ZERO, done -> { }));
            assertThat(slow.error()).as("tmpfs cannot keep zeros allocated fast").isEqualTo(BlockError.ENOTSUP);
            BlockRequest hole = real.submit(device, new BlockRequest().writeZeroes(0, 4 << 20, 0, done -> { }));
            assertThat(hole.error()).isEqualTo(BlockError.NONE);
            real.close(device);
        }
    }

    private void attach(LoopDevice.Options options) throws Exception {
        Path file = folder.resolve("image");
        try (RandomAccessFile image = new RandomAccessFile(file.toFile(), "rw")) {
            image.setLength(SIZE);
        }
        attached = LoopDevice.attach(file, options);
        assertThat(Files.exists(attached.path())).isTrue();
    }

    private void ok(FileBlockDevice device, BlockRequest request) throws Exception {
        real.submit(device, request);
        assertThat(request.error()).as(request.errorDetail()).isEqualTo(BlockError.NONE);
    }
}
