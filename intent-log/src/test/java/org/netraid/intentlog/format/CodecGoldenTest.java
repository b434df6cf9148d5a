/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.intentlog.format;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.netraid.intentlog.IntentLogLayout;
import org.netraid.intentlog.SlotState;
import org.roaringbitmap.RoaringBitmap;

class CodecGoldenTest {

    private static final UUID MIRROR = new UUID(0x1122334455667788L, 0x99aabbccddeeff00L);
    private static final long INCARNATION = 0x0102030405060708L;

    private final ByteBuffer block = ByteBuffer.allocate(4096);

    static Superblock superblock() {
        List<Superblock.Slot> slots = new ArrayList<>();
        slots.add(new Superblock.Slot(SlotState.TRACKING, false, 3, "beta"));
        slots.add(new Superblock.Slot(SlotState.FULL_RESYNC, true, 9, "gämma"));
        while (slots.size() < 7) {
            slots.add(Superblock.Slot.UNUSED);
        }
        return new Superblock(42, INCARNATION, MIRROR, "alpha", 1L << 40, 64 << 10, 4 << 20, 6433, 8, 5, true, slots);
    }

    @Test
    void shouldWriteSuperblockAsSpecified() {
        SuperblockCodec.encode(superblock(), block);
        assertGolden("superblock.hex");
        assertThat(SuperblockCodec.problem(block)).isNull();
        assertThat(SuperblockCodec.decode(block)).isEqualTo(superblock());
    }

    @Test
    void shouldWriteActivityBlockAsSpecified() {
        int[] extentAt = new int[930];
        Arrays.fill(extentAt, ActivityBlockCodec.FREE);
        extentAt[919] = 77;
        extentAt[920] = 78;
        ActivityBlockCodec.begin(block, 0, INCARNATION, 5, 17);
        ActivityBlockCodec.addChange(block, 0, 920, 78);
        ActivityBlockCodec.addChange(block, 0, 3, 12345);
        ActivityBlockCodec.window(block, 0, 919, extentAt);
        ActivityBlockCodec.seal(block, 0);
        assertGolden("activity-block.hex");
        assertThat(ActivityBlockCodec.judge(block, 0, INCARNATION, 5, 930, 20_000)).isEqualTo(ActivityBlockCodec.Verdict.VALID);
        int[] replayed = new int[930];
        Arrays.fill(replayed, ActivityBlockCodec.FREE);
        ActivityBlockCodec.replay(block, 0, replayed);
        extentAt[3] = 12345;
        assertThat(replayed).isEqualTo(extentAt);
    }

    @Test
    void shouldWriteBitmapPageAsSpecified() {
        RoaringBitmap dirty = RoaringBitmap.bitmapOf(0, 32255, 32256, 32257, 32264, 64511, 64512);
        BitmapPageCodec.encode(block, 0, MIRROR, INCARNATION, 6, 9, 1, 1000, dirty);
        assertGolden("bitmap-page.hex");
        RoaringBitmap read = new RoaringBitmap();
        BitmapPageCodec.decode(block, 0, 1L << 32, read);
        assertThat(read).isEqualTo(RoaringBitmap.bitmapOf(32256, 32257, 32264, 64511));
    }

    @Test
    void shouldWriteDirtyMapAsSpecified() {
        byte[] bytes = DirtyMapCodec.encode(RoaringBitmap.bitmapOf(1, 2, 3, 4, 5, 100_000), 64 << 10, 1L << 40);
        assertThat(Golden.dump(ByteBuffer.wrap(bytes))).isEqualTo(Golden.dump(ByteBuffer.wrap(Golden.load("dirty-map.hex", bytes.length))));
        assertThat(DirtyMapCodec.decode(bytes, 64 << 10, 1L << 40)).isEqualTo(RoaringBitmap.bitmapOf(1, 2, 3, 4, 5, 100_000));
    }

    private void assertGolden(String name) {
        assertThat(Golden.dump(block)).isEqualTo(Golden.dump(ByteBuffer.wrap(Golden.load(name, 4096))));
    }

    @Test
    void shouldNoticeEveryFlippedBit() {
        SuperblockCodec.encode(superblock(), block);
        for (int bit = 0; bit < 4096 * 8; bit += 5) {
            flip(bit);
            assertThat(SuperblockCodec.problem(block)).as("bit %d", bit).isNotNull();
            flip(bit);
        }
        BitmapPageCodec.encode(block, 0, MIRROR, INCARNATION, 6, 9, 1, 1000, RoaringBitmap.bitmapOf(32300));
        for (int bit = 0; bit < 4096 * 8; bit += 5) {
            flip(bit);
            assertThat(BitmapPageCodec.judge(block, 0, MIRROR, INCARNATION, 6, 9, 1)).isEqualTo(BitmapPageCodec.Verdict.BAD);
            flip(bit);
        }
    }

    private void flip(int bit) {
        block.put(bit / 8, (byte) (block.get(bit / 8) ^ 1 << bit % 8));
    }

    /** Pages begin within the containers of the bitmap in memory, and the last one ends anywhere. */
    @Test
    void shouldReadBackTheBitsOfAnyPage() {
        Random random = new Random(5);
        for (int page : new int[] {0, 1, 2, 3, 64, 133_151, 133_152}) {
            long start = (long) page * IntentLogLayout.BITS_PER_PAGE;
            long chunks = Math.min(1L << 32, start + 1 + random.nextInt(IntentLogLayout.BITS_PER_PAGE));
            RoaringBitmap dirty = new RoaringBitmap();
            for (int i = 0; i < 500; i++) {
                long first = start + random.nextInt((int) Math.min(IntentLogLayout.BITS_PER_PAGE, (1L << 32) - start));
                dirty.add(first, Math.min(1L << 32, first + 1 + random.nextInt(9)));
            }
            RoaringBitmap expected = RoaringBitmap.and(dirty, RoaringBitmap.bitmapOfRange(start,
                    Math.min(chunks, start + IntentLogLayout.BITS_PER_PAGE)));
            BitmapPageCodec.encode(block, 0, MIRROR, INCARNATION, 6, 9, page, 1000, dirty);
            RoaringBitmap read = new RoaringBitmap();
            BitmapPageCodec.decode(block, 0, chunks, read);
            assertThat(read).as("page %d", page).isEqualTo(expected);
        }
    }

    @Test
    void shouldTellForeignAndMisplacedPagesFromOwn() {
        BitmapPageCodec.encode(block, 0, MIRROR, INCARNATION, 6, 9, 1, 1000, RoaringBitmap.bitmapOf(32300));
        assertThat(judge(MIRROR, INCARNATION, 6, 9, 1)).isEqualTo(BitmapPageCodec.Verdict.VALID);
        assertThat(judge(MIRROR, INCARNATION, 6, 10, 1)).isEqualTo(BitmapPageCodec.Verdict.UNWRITTEN);
        assertThat(judge(MIRROR, INCARNATION + 1, 6, 9, 1)).isEqualTo(BitmapPageCodec.Verdict.UNWRITTEN);
        assertThat(judge(new UUID(1, 1), INCARNATION, 6, 9, 1)).isEqualTo(BitmapPageCodec.Verdict.UNWRITTEN);
        assertThat(judge(MIRROR, INCARNATION, 5, 9, 1)).isEqualTo(BitmapPageCodec.Verdict.BAD);
        assertThat(judge(MIRROR, INCARNATION, 6, 9, 0)).isEqualTo(BitmapPageCodec.Verdict.BAD);
    }

    private BitmapPageCodec.Verdict judge(UUID mirror, long incarnation, int slot, int life, int page) {
        return BitmapPageCodec.judge(block, 0, mirror, incarnation, slot, life, page);
    }

    @Test
    void shouldNeverThrowOnGarbage() {
        Random random = new Random(5);
        byte[] bytes = new byte[4096];
        for (int round = 0; round < 2000; round++) {
            random.nextBytes(bytes);
            if (round % 2 == 0) {
                SuperblockCodec.encode(superblock(), block);
                block.get(0, bytes, 0, 8 + random.nextInt(700));
            }
            block.put(0, bytes);
            LogBlock.seal(block, 0);
            if (SuperblockCodec.problem(block) == null) {
                SuperblockCodec.decode(block);
            }
            block.putInt(0, ActivityBlockCodec.MAGIC).putInt(4, 5).putLong(8, INCARNATION);
            LogBlock.seal(block, 0);
            if (ActivityBlockCodec.judge(block, 0, INCARNATION, 5, 1000, 20_000) == ActivityBlockCodec.Verdict.VALID) {
                ActivityBlockCodec.replay(block, 0, new int[1000]);
            }
        }
    }

    /** Whatever a damaged or hostile map holds: a refusal, or chunks inside the device. */
    @Test
    void shouldRefuseOrBoundEveryDirtyMap() {
        long device = 100_000L * 65536;
        RoaringBitmap dirty = RoaringBitmap.bitmapOf(1, 2, 3, 4, 5, 99_999);
        dirty.add(70_000L, 80_000L);
        byte[] good = DirtyMapCodec.encode(dirty, 65536, device);
        Random random = new Random(6);
        for (int round = 0; round < 5000; round++) {
            byte[] bad = good.clone();
            for (int i = random.nextInt(4); i >= 0; i--) {
                bad[24 + random.nextInt(bad.length - 28)] = (byte) random.nextInt();
            }
            ByteBuffer resealed = ByteBuffer.wrap(bad);
            resealed.putInt(bad.length - 4, LogBlock.crc(resealed, 0, bad.length - 4));
            RoaringBitmap read = DirtyMapCodec.decode(bad, 65536, device);
            if (read != null) {
                read.forEach((int chunk) -> assertThat(Integer.toUnsignedLong(chunk)).isLessThan(100_000));
            }
        }
        assertThat(DirtyMapCodec.decode(Arrays.copyOf(good, good.length - 1), 65536, device)).isNull();
        assertThat(DirtyMapCodec.decode(new byte[0], 65536, device)).isNull();
        assertThat(DirtyMapCodec.decode(good, 4096, device)).isNull();
        assertThat(DirtyMapCodec.decode(good, 65536, device - 1)).isNull();
    }
}
