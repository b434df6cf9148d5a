/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.integration.nbd;

import java.io.ByteArrayOutputStream;
import java.util.Arrays;
import java.util.Random;

/** Spoils bytes as a bad program or a bad link would: flips, drops, doubles, inserts, cuts, replaces by noise. */
final class Mutator {

    private static final byte[][] TREASURES = {{-1, -1, -1, -1}, {0, 0, 0, 0}, {0x7f, -1, -1, -1}, {-128, 0, 0, 0}, {0, 0, 0, 1},
        {-1, -1, -1, -1, -1, -1, -1, -1}, {-128, 0, 0, 0, 0, 0, 0, 0}, {0x25, 0x60, (byte) 0x95, 0x13}, {0x67, 0x44, 0x66, (byte) 0x98}};

    private final Random random;

    Mutator(Random random) {
        this.random = random;
    }

    /** One to four changes. */
    byte[] spoil(byte[] good) {
        byte[] bytes = good.clone();
        for (int i = 1 + random.nextInt(4); i > 0 && bytes.length > 0; i--) {
            bytes = once(bytes);
        }
        return bytes;
    }

    private byte[] once(byte[] bytes) {
        int at = random.nextInt(bytes.length);
        int end = Math.min(bytes.length, at + 1 + random.nextInt(32));
        switch (random.nextInt(7)) {
            case 0 -> {
                bytes[at] ^= (byte) (1 << random.nextInt(8));
                return bytes;
            }
            case 1 -> {
                byte[] treasure = TREASURES[random.nextInt(TREASURES.length)];
                System.arraycopy(treasure, 0, bytes, at, Math.min(treasure.length, bytes.length - at));
                return bytes;
            }
            case 2 -> {
                return joined(bytes, at, new byte[0], end);
            }
            case 3 -> {
                return joined(bytes, end, Arrays.copyOfRange(bytes, at, end), end);
            }
            case 4 -> {
                return joined(bytes, at, noise(1 + random.nextInt(64)), at);
            }
            case 5 -> {
                return Arrays.copyOf(bytes, at);
            }
            default -> {
                return joined(bytes, at, noise(end - at), end);
            }
        }
    }

    byte[] noise(int length) {
        byte[] noise = new byte[length];
        random.nextBytes(noise);
        return noise;
    }

    private static byte[] joined(byte[] bytes, int headEnd, byte[] middle, int tailStart) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.write(bytes, 0, headEnd);
        out.writeBytes(middle);
        out.write(bytes, tailStart, bytes.length - tailStart);
        return out.toByteArray();
    }
}
