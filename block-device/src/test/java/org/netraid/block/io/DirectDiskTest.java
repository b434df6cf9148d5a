/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.block.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Goal: aligned and unaligned requests of one disk see the same bytes, and the aligned ones go past the page cache. */
class DirectDiskTest {

    private static final int SIZE_BYTES = (1 << 20) + 700;
    private static final int BLOCK_BYTES = 4096;

    @TempDir
    Path folder;

    @Test
    void shouldSeeOneContentWhenAlignedAndUnalignedRequestsMix() throws Exception {
        Path file = folder.resolve("disk");
        DiskOpener opener = new DiskOpener(file, FileDeviceOptions.DEFAULT.withCreateBytes(SIZE_BYTES).withDirect());
        RawDisk disk = opener.open();
        byte[] expected = new byte[SIZE_BYTES];
        Random random = new Random(11);
        for (int step = 0; step < 300; step++) {
            boolean aligned = random.nextBoolean();
            int offset = aligned ? random.nextInt(200) * BLOCK_BYTES : random.nextInt(SIZE_BYTES - 70_000);
            int length = aligned ? (1 + random.nextInt(16)) * BLOCK_BYTES : 1 + random.nextInt(70_000);
            ByteBuffer data = aligned ? alignedBuffer(length) : ByteBuffer.allocateDirect(length);
            if (random.nextBoolean()) {
                byte[] fresh = new byte[length];
                random.nextBytes(fresh);
                System.arraycopy(fresh, 0, expected, offset, length);
                data.put(fresh).flip();
                disk.write(data, offset);
            } else {
                disk.read(data, offset);
                assertThat(data.flip()).as("step " + step).isEqualTo(ByteBuffer.wrap(expected, offset, length));
            }
        }
        ByteBuffer tail = alignedBuffer(BLOCK_BYTES).limit(700);
        disk.read(tail, 1 << 20);
        disk.close();
        ByteBuffer all = ByteBuffer.allocate(SIZE_BYTES);
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            while (all.hasRemaining() && channel.read(all) >= 0) {
                continue;
            }
        }
        assertThat(all.array()).isEqualTo(expected);
    }

    @Test
    void shouldTakeOnlyWhatTheKernelTakes() throws Exception {
        Path file = folder.resolve("disk");
        new DiskOpener(file, FileDeviceOptions.DEFAULT.withCreateBytes(SIZE_BYTES)).open().close();
        try (DirectChannel direct = DirectChannel.open(file, false)) {
            assertThat(direct.takes(alignedBuffer(BLOCK_BYTES), 0)).isTrue();
            assertThat(direct.takes(alignedBuffer(BLOCK_BYTES), 512)).isFalse();
            assertThat(direct.takes(alignedBuffer(BLOCK_BYTES).limit(512), 0)).isFalse();
            assertThat(direct.takes(alignedBuffer(2 * BLOCK_BYTES).position(16).limit(BLOCK_BYTES + 16), 0)).isFalse();
            assertThat(direct.takes(ByteBuffer.allocate(BLOCK_BYTES), 0)).isFalse();
        }
    }

    @Test
    void shouldRefuseDirectIoOnTheLoop() {
        assertThatThrownBy(() -> new FileDeviceOptions(false, true, FileDeviceOptions.NO_CREATE, FileDeviceOptions.Mode.INLINE, true))
                .hasMessageContaining("must not");
    }

    private static ByteBuffer alignedBuffer(int length) {
        return ByteBuffer.allocateDirect(length + BLOCK_BYTES).alignedSlice(BLOCK_BYTES).limit(length);
    }
}
