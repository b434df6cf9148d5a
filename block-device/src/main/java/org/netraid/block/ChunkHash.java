/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.block;

import java.nio.ByteBuffer;
import java.security.DigestException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/**
 * The hash of CHECKSUM: the first 128 bits of SHA-512/256. Two chunks with equal hashes are taken for equal and are not copied, so the hash
 * must be strong; SHA-512/256 because it runs 1.7 times as fast as SHA-256 in the JDK on processors without SHA instructions (197 against
 * 113 MB/s on one busy core of a 2.5 GHz Xeon).
 *
 * <p>An object is reusable and belongs to one thread at a time.
 */
public final class ChunkHash {

    /** Length of one hash. */
    public static final int BYTES = 16;
    public static final int MIN_CHUNK_BYTES = 4096;
    public static final int MAX_CHUNK_BYTES = 1 << 20;

    private static final String ALGORITHM = "SHA-512/256";
    private static final int DIGEST_BYTES = 32;

    private final MessageDigest digest;
    private final byte[] whole = new byte[DIGEST_BYTES];

    public ChunkHash() {
        try {
            digest = MessageDigest.getInstance(ALGORITHM);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("this Java has no " + ALGORITHM, e);
        }
    }

    public static boolean isChunk(long chunkBytes) {
        return chunkBytes >= MIN_CHUNK_BYTES && chunkBytes <= MAX_CHUNK_BYTES && Long.bitCount(chunkBytes) == 1;
    }

    /**
     * Room that the hashes of a range take.
     *
     * @throws IllegalArgumentException if the chunk is not one, or the range is negative or so long that the hashes exceed 2 GiB
     */
    public static int hashesBytes(long lengthBytes, int chunkBytes) {
        if (!isChunk(chunkBytes) || lengthBytes < 0 || lengthBytes > (long) (Integer.MAX_VALUE / BYTES - 1) * chunkBytes) {
            throw new IllegalArgumentException("hashes of chunks of " + chunkBytes + " bytes in a range of " + lengthBytes);
        }
        return (int) ((lengthBytes + chunkBytes - 1) / chunkBytes) * BYTES;
    }

    /** Adds bytes to the chunk underway, from the buffer's position to its limit, and moves the position. */
    public void update(ByteBuffer data) {
        digest.update(data);
    }

    /** Ends the chunk: puts its hash at an index of the buffer, and begins the next. */
    public void finish(ByteBuffer into, int index) {
        try {
            digest.digest(whole, 0, DIGEST_BYTES);
        } catch (DigestException e) {
            throw new IllegalStateException(e);
        }
        into.put(index, whole, 0, BYTES);
    }

    /** The hashes of all chunks of the data, each at its place from {@code index} on; moves the position of {@code data} to its limit. */
    public void hash(ByteBuffer data, int chunkBytes, ByteBuffer into, int index) {
        int end = data.limit();
        for (int at = index; data.position() < end; at += BYTES) {
            data.limit(Math.min(end, data.position() + chunkBytes));
            update(data);
            finish(into, at);
        }
        data.limit(end);
    }
}
