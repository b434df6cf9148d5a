/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.quorum;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.zip.CRC32C;
import org.netraid.replicator.state.Generations;

/**
 * {@code <tag>_vote} in bytes, big-endian:
 *
 * <pre>
 *  offset size
 *       0    8  magic "NRvote\n\0"
 *       8    4  version, 1
 *      12    4  CRC32C of what follows
 *      16    8  generation agreed to
 *      24    1  number of ancestors, n (0 to 32)
 *      25   8n  ancestors, newest first
 *       .    1  length of the owner's name in bytes, m
 *       .    m  owner, UTF-8
 * </pre>
 */
final class VoteCodec {

    private static final long MAGIC = 0x4e52766f_74650a00L;
    private static final int VERSION = 1;
    private static final int HEADER_BYTES = 16;
    private static final int MAX_OWNER_BYTES = 255;

    private VoteCodec() {
    }

    static byte[] encode(Vote vote) {
        byte[] owner = vote.owner().getBytes(StandardCharsets.UTF_8);
        List<Long> history = vote.generations().history();
        if (owner.length > MAX_OWNER_BYTES) {
            throw new IllegalArgumentException("a node's name of " + owner.length + " bytes");
        }
        ByteBuffer bytes = ByteBuffer.allocate(HEADER_BYTES + 8 + 1 + 8 * history.size() + 1 + owner.length);
        bytes.putLong(MAGIC).putInt(VERSION).putInt(0).putLong(vote.generations().current()).put((byte) history.size());
        history.forEach(bytes::putLong);
        bytes.put((byte) owner.length).put(owner);
        return bytes.putInt(12, crc(bytes.array())).array();
    }

    /** The vote; empty if the bytes are damaged or of another version. */
    static Optional<Vote> decode(byte[] file) {
        if (file.length < HEADER_BYTES + 10) {
            return Optional.empty();
        }
        ByteBuffer bytes = ByteBuffer.wrap(file);
        if (bytes.getLong() != MAGIC || bytes.getInt() != VERSION || bytes.getInt() != crc(file)) {
            return Optional.empty();
        }
        long generation = bytes.getLong();
        int ancestors = bytes.get() & 0xff;
        if (ancestors > Generations.MAX_HISTORY || bytes.remaining() < 8 * ancestors + 1) {
            return Optional.empty();
        }
        List<Long> history = new ArrayList<>();
        for (int i = 0; i < ancestors; i++) {
            history.add(bytes.getLong());
        }
        byte[] owner = new byte[Math.min(bytes.get() & 0xff, bytes.remaining())];
        bytes.get(owner);
        return bytes.hasRemaining() ? Optional.empty()
                : Optional.of(new Vote(new Generations(generation, history), new String(owner, StandardCharsets.UTF_8)));
    }

    private static int crc(byte[] file) {
        CRC32C crc = new CRC32C();
        crc.update(file, HEADER_BYTES, file.length - HEADER_BYTES);
        return (int) crc.getValue();
    }
}
