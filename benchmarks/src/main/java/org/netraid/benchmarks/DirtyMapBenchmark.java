/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.benchmarks;

import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.netraid.intentlog.format.DirtyMapCodec;
import org.netraid.intentlog.format.DirtyUnion;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.roaringbitmap.RoaringBitmap;

/** Dirty maps of a 16 TiB device in chunks of 64 KiB, one per cent dirty. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
public class DirtyMapBenchmark {

    private static final long DEVICE_BYTES = 16L << 40;
    private static final int CHUNK_BYTES = 64 << 10;
    private static final int CHUNKS = 1 << 28;

    /** Length of each dirty run in chunks: 1 is the worst case, single random chunks. */
    @Param({"1", "64"})
    public int runChunks;

    private RoaringBitmap first;
    private RoaringBitmap second;
    private byte[] exported;

    @Setup
    public void setUp() {
        first = onePerCent(1, runChunks);
        second = onePerCent(2, runChunks);
        exported = DirtyMapCodec.encode(second, CHUNK_BYTES, DEVICE_BYTES);
    }

    static RoaringBitmap onePerCent(long seed, int runChunks) {
        SplittableRandom random = new SplittableRandom(seed);
        int[] starts = new int[CHUNKS / 100 / runChunks];
        for (int i = 0; i < starts.length; i++) {
            starts[i] = random.nextInt(CHUNKS - runChunks);
        }
        Arrays.sort(starts);
        RoaringBitmap bitmap = new RoaringBitmap();
        for (int start : starts) {
            bitmap.add((long) start, (long) start + runChunks);
        }
        return bitmap;
    }

    /** Goal: at most 20 ms. */
    @Benchmark
    public RoaringBitmap union() {
        return DirtyUnion.of(first, second);
    }

    /** What a node sends. */
    @Benchmark
    public byte[] encode() {
        return DirtyMapCodec.encode(second, CHUNK_BYTES, DEVICE_BYTES);
    }

    /** What a node receives: checked, then read. */
    @Benchmark
    public RoaringBitmap decode() {
        return DirtyMapCodec.decode(exported, CHUNK_BYTES, DEVICE_BYTES);
    }
}
