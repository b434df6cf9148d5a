/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.sim;

/**
 * A named stream of reproducible random numbers (SplitMix64). Each user forks its own stream by name, so that one more draw
 * in one place does not change what another place sees.
 */
public final class SimRandom {

    private static final long GOLDEN_GAMMA = 0x9E3779B97F4A7C15L;

    private final long seed;
    private long state;

    public SimRandom(long seed) {
        this.seed = seed;
        this.state = mix(seed ^ GOLDEN_GAMMA);
    }

    /** A stream that depends on this one's seed and the name only, not on what has been drawn. */
    public SimRandom fork(String name) {
        long hash = 0xcbf29ce484222325L;
        for (int i = 0; i < name.length(); i++) {
            hash = (hash ^ name.charAt(i)) * 0x100000001b3L;
        }
        return new SimRandom(mix(seed + GOLDEN_GAMMA) ^ hash);
    }

    public long nextLong() {
        state += GOLDEN_GAMMA;
        return mix(state);
    }

    /** From 0 to bound - 1. */
    public long nextLong(long bound) {
        if (bound <= 0) {
            throw new IllegalArgumentException("bound " + bound + " is not positive");
        }
        return (nextLong() >>> 1) % bound;
    }

    /** From 0 to bound - 1. */
    public int nextInt(int bound) {
        return (int) nextLong(bound);
    }

    /** From low to high, both included. */
    public long between(long low, long high) {
        return low + nextLong(high - low + 1);
    }

    /** True in {@code permille} of 1000 cases. */
    public boolean chance(int permille) {
        return nextInt(1000) < permille;
    }

    public boolean nextBoolean() {
        return nextLong() < 0;
    }

    public void fill(byte[] bytes) {
        for (int i = 0; i < bytes.length; i += Long.BYTES) {
            long word = nextLong();
            for (int j = i; j < Math.min(i + Long.BYTES, bytes.length); j++) {
                bytes[j] = (byte) word;
                word >>>= 8;
            }
        }
    }

    private static long mix(long value) {
        long z = (value ^ (value >>> 30)) * 0xBF58476D1CE4E5B9L;
        z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
        return z ^ (z >>> 31);
    }
}
