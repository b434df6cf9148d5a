/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.block.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.netraid.block.BlockCapability;
import org.netraid.block.BlockError;
import org.netraid.block.BlockGeometry;
import org.netraid.block.BlockRequest;
import org.netraid.block.ExtentList;

class FileBlockDeviceTest {

    private static final long GIB = 1L << 30;

    @TempDir
    Path folder;

    private final RealLoop real = new RealLoop();
    private final List<FileBlockDevice> opened = new ArrayList<>();

    @AfterEach
    void stop() throws Exception {
        for (FileBlockDevice device : opened) {
            real.close(device);
        }
        real.close();
        assertThat(real.uncaught).isEmpty();
    }

    // Opening

    @Test
    void shouldSayInOneSentenceWhenDiskCannotBeOpened() throws Exception {
        assertOpenFails(folder.resolve("none"), FileDeviceOptions.DEFAULT, "no such file or directory");
        assertOpenFails(folder, FileDeviceOptions.DEFAULT, "it is a directory");
        assertOpenFails(Path.of("/dev/null"), FileDeviceOptions.DEFAULT, "neither a regular file nor a block device");
        assertOpenFails(folder.resolve("no/such/folder"), FileDeviceOptions.DEFAULT.withCreateBytes(1), "no such file");
    }

    @Test
    void shouldRefuseAndChangeNothingWhenExistingSizeDiffers() throws Exception {
        Path disk = Files.write(folder.resolve("disk"), new byte[] {1, 2, 3});
        assertOpenFails(disk, FileDeviceOptions.DEFAULT.withCreateBytes(4096), "exists with 3 bytes instead of 4096");
        assertThat(Files.readAllBytes(disk)).containsExactly(1, 2, 3);
    }

    @Test
    void shouldRefuseSecondOpenWhenExclusive() throws Exception {
        Path disk = folder.resolve("disk");
        FileBlockDevice first = open(disk, FileDeviceOptions.DEFAULT.withCreateBytes(8192));
        assertOpenFails(disk, FileDeviceOptions.DEFAULT, "in use by another process");
        assertOpenFails(disk, FileDeviceOptions.DEFAULT.withReadOnly(true), "in use by another process");
        // Reading the file elsewhere in this process must not drop the lock, as a POSIX lock would.
        assertThat(Files.readAllBytes(disk)).hasSize(8192);
        assertOpenFails(disk, FileDeviceOptions.DEFAULT, "in use by another process");
        opened.remove(first);
        real.close(first);
        open(disk, FileDeviceOptions.DEFAULT);
    }

    @Test
    void shouldRefuseSecondProcessWhenExclusive() throws Exception {
        Path disk = folder.resolve("disk");
        open(disk, FileDeviceOptions.DEFAULT.withCreateBytes(8192));
        Assumptions.assumeTrue(Files.isExecutable(Path.of("/usr/bin/flock")), "no flock command here");
        Process other = new ProcessBuilder("/usr/bin/flock", "-n", disk.toString(), "true").start();
        assertThat(other.waitFor(90, TimeUnit.SECONDS)).isTrue();
        assertThat(other.exitValue()).isNotZero();
    }

    @Test
    void shouldRefuseToOpenWhenWorkersHaveNoRoom() throws Exception {
        try (DiskWorkers small = new DiskWorkers("small", 1, 4)) {
            assertThatThrownBy(() -> FileBlockDevice.open(folder.resolve("disk"),
                    FileDeviceOptions.DEFAULT.withCreateBytes(1), real.loop, small))
                    .isInstanceOf(DeviceOpenException.class).hasMessageContaining("more room");
        }
    }

    @Test
    void shouldRefuseToModifyWhenReadOnly() throws Exception {
        Path disk = Files.write(folder.resolve("disk"), new byte[8192]);
        FileBlockDevice device = open(disk, FileDeviceOptions.DEFAULT.withReadOnly(true));
        assertThat(device.can(BlockCapability.READ_ONLY)).isTrue();
        assertThat(write(device, 0, new byte[512], 0).error()).isEqualTo(BlockError.EPERM);
        assertThat(run(device, new BlockRequest().trim(0, 4096, 0, done -> { })).error()).isEqualTo(BlockError.EPERM);
        assertThat(run(device, new BlockRequest().flush(done -> { })).error()).isEqualTo(BlockError.NONE);
    }

    // Holes

    @Test
    void shouldTellWhereTheHolesAreAndFollowWritesAndPunches() throws Exception {
        for (boolean readOnly : new boolean[] {false, true}) {
            Path disk = folder.resolve("disk" + readOnly);
            try (FileChannel file = FileChannel.open(disk, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
                file.write(ByteBuffer.wrap(filled(65536)), 1 << 20);
                file.write(ByteBuffer.wrap(new byte[1]), (8 << 20) - 1);
            }
            FileBlockDevice device = open(disk, FileDeviceOptions.DEFAULT.withReadOnly(readOnly));
            String before = extents(device, 0, 7 << 20, 0);
            Assumptions.assumeTrue(!before.equals((7 << 20) + ":0"), "the file system of the test folder does not tell holes");
            assertThat(before).isEqualTo("1048576:3 65536:0 6225920:3");
            assertThat(extents(device, 1 << 20, 100, 0)).isEqualTo("100:0");
            assertThat(extents(device, 0, 7 << 20, BlockRequest.ONE_EXTENT)).isEqualTo("1048576:3");
            assertThat(extents(device, (1 << 20) + 4096, 7 << 20 >> 1, BlockRequest.ONE_EXTENT)).isEqualTo("61440:0");
            if (!readOnly) {
                run(device, new BlockRequest().writeZeroes((1 << 20) + 4096, 4096, 0, done -> { }));
                write(device, 2 << 20, filled(4096), 0);
                assertThat(extents(device, 1 << 20, 2 << 20, 0)).isEqualTo("4096:0 4096:3 57344:0 983040:3 4096:0 1044480:3");
            }
        }
    }

    @Test
    void shouldReportDataWhenTheFileCannotBeOpenedAgainToLookForHoles() throws Exception {
        Path disk = Files.write(folder.resolve("disk"), new byte[8192]);
        FileBlockDevice device = open(disk, FileDeviceOptions.DEFAULT.withExclusive(false));
        Files.delete(disk);
        assertThat(extents(device, 0, 8192, 0)).isEqualTo("8192:0");
        assertThat(write(device, 0, filled(512), 0).error()).isEqualTo(BlockError.NONE);
    }

    private String extents(FileBlockDevice device, long offset, long length, int flags) throws Exception {
        ExtentList list = new ExtentList(100);
        assertThat(run(device, new BlockRequest().extents(offset, length, flags, list, done -> { })).error()).isEqualTo(BlockError.NONE);
        return list.toString();
    }

    private static byte[] filled(int length) {
        byte[] bytes = new byte[length];
        Arrays.fill(bytes, (byte) 1);
        return bytes;
    }

    // Durability

    @Test
    void shouldFailForGoodWhenASyncHasFailed() throws Exception {
        FakeDisk disk = new FakeDisk();
        FileBlockDevice device = fake(disk, FileDeviceOptions.Mode.INLINE);
        disk.syncFailure = new IOException("Input/output error");
        assertThat(run(device, new BlockRequest().flush(done -> { })).error()).isEqualTo(BlockError.EIO);
        disk.syncFailure = null;
        BlockRequest later = run(device, new BlockRequest().flush(done -> { }));
        assertThat(later.error()).isEqualTo(BlockError.EIO);
        assertThat(later.errorDetail()).contains("fake", "sync failed", "opened again");
        assertThat(write(device, 0, new byte[512], BlockRequest.FUA).error()).isEqualTo(BlockError.EIO);
        assertThat(disk.syncs).as("not retried").hasValue(1);
    }

    @Test
    void shouldFailAllWaitingFlushesWhenTheSyncUnderwayFails() throws Exception {
        FakeDisk disk = new FakeDisk();
        disk.gate = new CountDownLatch(1);
        disk.syncFailure = new IOException("Input/output error");
        FileBlockDevice device = fake(disk, FileDeviceOptions.Mode.WORKERS);
        List<BlockRequest> flushes = flushAll(device, 5);
        disk.gate.countDown();
        real.until(() -> flushes.stream().noneMatch(BlockRequest::isSubmitted));
        assertThat(flushes).extracting(BlockRequest::error).containsOnly(BlockError.EIO);
        assertThat(disk.syncs).hasValue(1);
    }

    @Test
    void shouldShareOneSyncWhenFlushesArriveWhileOneIsUnderway() throws Exception {
        FakeDisk disk = new FakeDisk();
        disk.gate = new CountDownLatch(1);
        FileBlockDevice device = fake(disk, FileDeviceOptions.Mode.INLINE);
        List<BlockRequest> flushes = flushAll(device, 20);
        disk.gate.countDown();
        real.until(() -> flushes.stream().noneMatch(BlockRequest::isSubmitted));
        assertThat(disk.syncs).as("the first one, and one for the nineteen others").hasValue(2);
    }

    @Test
    void shouldSyncBeforeFuaWriteCompletes() throws Exception {
        FakeDisk disk = new FakeDisk();
        disk.gate = new CountDownLatch(1);
        FileBlockDevice device = fake(disk, FileDeviceOptions.Mode.INLINE);
        BlockRequest fua = new BlockRequest().write(0, ByteBuffer.allocate(512), BlockRequest.FUA, done -> { });
        real.run(() -> device.submit(fua));
        BlockRequest plain = write(device, 4096, new byte[512], 0);
        assertThat(plain.error()).isEqualTo(BlockError.NONE);
        assertThat(fua.isSubmitted()).as("waits for its sync while others go on").isTrue();
        disk.gate.countDown();
        real.until(() -> !fua.isSubmitted());
        assertThat(fua.error()).isEqualTo(BlockError.NONE);
    }

    @Test
    void shouldNeverBlockTheLoopWhenTheDiskHangs() throws Exception {
        FakeDisk disk = new FakeDisk();
        disk.dataGate = new CountDownLatch(1);
        FileBlockDevice device = fake(disk, FileDeviceOptions.Mode.WORKERS);
        List<BlockRequest> writes = new ArrayList<>();
        real.run(() -> {
            for (int i = 0; i < 100; i++) {
                BlockRequest request = new BlockRequest().write(0, ByteBuffer.allocate(512), 0, done -> { });
                writes.add(request);
                device.submit(request);
            }
        });
        assertThat(real.<Integer>call(() -> 7)).isEqualTo(7);
        disk.dataGate.countDown();
        real.until(() -> writes.stream().noneMatch(BlockRequest::isSubmitted));
    }

    @Test
    void shouldReportErrorsWithPathOffsetAndLength() throws Exception {
        FakeDisk disk = new FakeDisk();
        FileBlockDevice device = fake(disk, FileDeviceOptions.Mode.INLINE);
        disk.dataFailure = new IOException("No space left on device");
        BlockRequest full = write(device, 8192, new byte[512], 0);
        assertThat(full.error()).isEqualTo(BlockError.ENOSPC);
        assertThat(full.errorDetail()).contains("fake", "512 bytes at 8192", "No space left");
        disk.dataFailure = new IOException("Input/output error");
        assertThat(write(device, 0, new byte[512], 0).error()).isEqualTo(BlockError.EIO);
        disk.dataFailure = new IOException("Disk quota exceeded");
        assertThat(write(device, 0, new byte[512], 0).error()).isEqualTo(BlockError.ENOSPC);
    }

    @Test
    void shouldGoOnWhenACompletionThrows() throws Exception {
        FileBlockDevice device = fake(new FakeDisk(), FileDeviceOptions.Mode.INLINE);
        CompletableFuture<Boolean> second = new CompletableFuture<>();
        real.run(() -> {
            device.submit(new BlockRequest().read(0, ByteBuffer.allocate(512), done -> {
                throw new IllegalStateException("planted");
            }));
            device.submit(new BlockRequest().read(0, ByteBuffer.allocate(512), done -> second.complete(true)));
        });
        assertThat(second.get(10, TimeUnit.SECONDS)).isTrue();
        assertThat(real.uncaught).hasSize(1);
        real.uncaught.clear();
    }

    // Data

    @Test
    void shouldReachBeyondFourGibibytes() throws Exception {
        FileBlockDevice device = open(folder.resolve("disk"), FileDeviceOptions.DEFAULT.withCreateBytes(9 * GIB + 1));
        byte[] data = pattern(5000);
        long offset = 9 * GIB + 1 - data.length;
        assertThat(write(device, offset, data, BlockRequest.FUA).error()).isEqualTo(BlockError.NONE);
        assertThat(read(device, offset, data.length)).isEqualTo(data);
        assertThat(read(device, offset - 4 * GIB, data.length)).containsOnly(0);
        assertThat(run(device, new BlockRequest().writeZeroes(0, 9 * GIB, 0, done -> { })).error()).isEqualTo(BlockError.NONE);
        assertThat(read(device, offset, data.length)).endsWith(data[data.length - 1]).startsWith(0);
    }

    @Test
    void shouldFailWhenTheFileWasShortened() throws Exception {
        Path path = folder.resolve("disk");
        FileBlockDevice device = open(path, FileDeviceOptions.DEFAULT.withCreateBytes(1 << 20));
        try (FileChannel other = FileChannel.open(path, StandardOpenOption.WRITE)) {
            other.truncate(4096);
        }
        BlockRequest read = run(device, new BlockRequest().read(8192, ByteBuffer.allocate(512), done -> { }));
        assertThat(read.error()).isEqualTo(BlockError.EIO);
        assertThat(read.errorDetail()).contains(path.toString(), "shortened");
    }

    @Test
    void shouldZeroUnalignedRangesExactly() throws Exception {
        for (int flags : new int[] {0, BlockRequest.NO_HOLE, BlockRequest.FUA}) {
            FileBlockDevice device = open(folder.resolve("disk" + flags), FileDeviceOptions.DEFAULT.withCreateBytes(1 << 20));
            byte[] data = pattern(100_000);
            write(device, 0, data, 0);
            BlockRequest zero = run(device, new BlockRequest().writeZeroes(1001, 50_003, flags, done -> { }));
            assertThat(zero.error()).as(zero.errorDetail()).isEqualTo(BlockError.NONE);
            Arrays.fill(data, 1001, 1001 + 50_003, (byte) 0);
            assertThat(read(device, 0, data.length)).isEqualTo(data);
        }
    }

    @Test
    void shouldGiveSpaceBackWhenTrimmed() throws Exception {
        Path path = folder.resolve("disk");
        FileBlockDevice device = open(path, FileDeviceOptions.DEFAULT.withCreateBytes(8 << 20));
        write(device, 0, pattern(4 << 20), BlockRequest.FUA);
        long before = blocks(path);
        BlockRequest trim = run(device, new BlockRequest().trim(0, 4 << 20, BlockRequest.FUA, done -> { }));
        assertThat(trim.error()).as(trim.errorDetail()).isEqualTo(BlockError.NONE);
        assertThat(blocks(path)).isLessThan(before / 2);
        assertThat(Files.size(path)).isEqualTo(8 << 20);
    }

    // Helpers

    private FileBlockDevice open(Path path, FileDeviceOptions options) throws DeviceOpenException {
        FileBlockDevice device = FileBlockDevice.open(path, options, real.loop, real.workers);
        opened.add(device);
        return device;
    }

    private FileBlockDevice fake(RawDisk disk, FileDeviceOptions.Mode mode) throws DeviceOpenException {
        FileBlockDevice device = new FileBlockDevice("fake", BlockGeometry.ofSize(1 << 20), FileDeviceOptions.DEFAULT.withMode(mode),
                disk, real.loop, real.workers);
        opened.add(device);
        return device;
    }

    private void assertOpenFails(Path path, FileDeviceOptions options, String words) {
        assertThatThrownBy(() -> open(path, options)).isInstanceOf(DeviceOpenException.class)
                .hasMessageContaining(path.toString()).hasMessageContaining(words);
    }

    private List<BlockRequest> flushAll(FileBlockDevice device, int count) throws Exception {
        List<BlockRequest> flushes = new ArrayList<>();
        real.run(() -> {
            for (int i = 0; i < count; i++) {
                BlockRequest flush = new BlockRequest().flush(done -> { });
                flushes.add(flush);
                device.submit(flush);
            }
        });
        return flushes;
    }

    private BlockRequest run(FileBlockDevice device, BlockRequest request) throws Exception {
        return real.submit(device, request);
    }

    private BlockRequest write(FileBlockDevice device, long offset, byte[] data, int flags) throws Exception {
        return run(device, new BlockRequest().write(offset, ByteBuffer.wrap(data), flags, done -> { }));
    }

    private byte[] read(FileBlockDevice device, long offset, int length) throws Exception {
        ByteBuffer into = ByteBuffer.allocate(length);
        BlockRequest request = run(device, new BlockRequest().read(offset, into, done -> { }));
        assertThat(request.error()).as(request.errorDetail()).isEqualTo(BlockError.NONE);
        return into.array();
    }

    private static byte[] pattern(int length) {
        byte[] made = new byte[length];
        for (int i = 0; i < length; i++) {
            made[i] = (byte) (i * 7 + 1 | 1);
        }
        return made;
    }

    /** Allocated 512-byte units. */
    private static long blocks(Path path) throws Exception {
        Process stat = new ProcessBuilder("stat", "-c", "%b", path.toString()).start();
        String text = new String(stat.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
        return Long.parseLong(text.trim());
    }

    /** A disk that hangs or fails where the test says. */
    private static final class FakeDisk implements RawDisk {
        private final AtomicInteger syncs = new AtomicInteger();
        private volatile CountDownLatch gate;
        private volatile CountDownLatch dataGate;
        private volatile IOException syncFailure;
        private volatile IOException dataFailure;

        @Override
        public void read(ByteBuffer into, long offsetBytes) throws IOException {
            data(into);
        }

        @Override
        public void write(ByteBuffer from, long offsetBytes) throws IOException {
            data(from);
        }

        private void data(ByteBuffer buffer) throws IOException {
            pass(dataGate);
            if (dataFailure != null) {
                throw dataFailure;
            }
            buffer.position(buffer.limit());
        }

        @Override
        public void sync() throws IOException {
            syncs.incrementAndGet();
            pass(gate);
            if (syncFailure != null) {
                throw syncFailure;
            }
        }

        private static void pass(CountDownLatch latch) throws IOException {
            try {
                if (latch != null && !latch.await(10, TimeUnit.SECONDS)) {
                    throw new IOException("the test never opened the gate");
                }
            } catch (InterruptedException e) {
                throw new IOException(e);
            }
        }

        @Override
        public void trim(long offsetBytes, long lengthBytes) {
        }

        @Override
        public void zero(long offsetBytes, long lengthBytes, int flags) {
        }

        @Override
        public void extents(long offsetBytes, long lengthBytes, boolean one, ExtentList into) {
            into.add(lengthBytes, ExtentList.DATA);
        }

        @Override
        public void close() {
        }
    }
}
