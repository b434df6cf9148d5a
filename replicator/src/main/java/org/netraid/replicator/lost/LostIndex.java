/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.lost;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/** Which chunks a file of lost writes holds. */
public final class LostIndex {

    /**
     * One saved chunk.
     *
     * @param chunk its number
     * @param lengthBytes of its content; shorter than a chunk only at the end of the mirror
     * @param crc CRC32C of its content
     */
    public record Entry(long chunk, int lengthBytes, int crc) {
    }

    private LostIndex() {
    }

    /** The index, padded to whole blocks. */
    public static ByteBuffer encode(List<Entry> entries) {
        ByteBuffer bytes = ByteBuffer.allocateDirect((int) (LostHeader.dataAt(entries.size()) - LostHeader.BLOCK_BYTES));
        for (Entry entry : entries) {
            bytes.putLong(entry.chunk()).putInt(entry.lengthBytes()).putInt(entry.crc());
        }
        return bytes.clear();
    }

    /** @return the entries; null if they are damaged */
    public static List<Entry> decode(LostHeader header, ByteBuffer bytes) {
        ByteBuffer used = bytes.duplicate().limit(bytes.position() + header.count() * LostHeader.ENTRY_BYTES);
        if (LostHeader.crc(used) != header.indexCrc()) {
            return null;
        }
        List<Entry> entries = new ArrayList<>();
        long chunks = (header.mirrorBytes() + header.chunkBytes() - 1) / header.chunkBytes();
        while (used.hasRemaining()) {
            Entry entry = new Entry(used.getLong(), used.getInt(), used.getInt());
            if (entry.chunk() < 0 || entry.chunk() >= chunks || entry.lengthBytes() <= 0 || entry.lengthBytes() > header.chunkBytes()) {
                return null;
            }
            entries.add(entry);
        }
        return entries;
    }
}
