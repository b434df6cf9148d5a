/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.nbd.client;

import java.nio.ByteBuffer;

/**
 * One whole minimum block of the server, of which a request covers only a part: read to give that part to a reader, or
 * read, modified and written back. Reusable.
 */
final class EdgeBlock {

    final ByteBuffer bytes;
    ClientRequest owner;
    /** Where the block begins on the device. */
    long blockOffsetBytes;
    /** The part of the device that the request covers, inside this block. */
    long fromBytes;
    long toBytes;

    EdgeBlock(int blockBytes) {
        bytes = ByteBuffer.allocateDirect(blockBytes);
    }

    void set(ClientRequest newOwner, long from, long to) {
        owner = newOwner;
        fromBytes = from;
        toBytes = to;
        blockOffsetBytes = from & -(long) bytes.capacity();
        bytes.clear();
    }

    /** Gives the wanted part to the reader. */
    void copyToReader() {
        owner.data.put(owner.dataIndex(fromBytes), bytes, inBlock(), partBytes());
    }

    /** Puts the request's bytes, or zeros, into the block. */
    void modify() {
        if (owner.data != null) {
            bytes.put(inBlock(), owner.data, owner.dataIndex(fromBytes), partBytes());
            return;
        }
        for (int i = 0; i < partBytes(); i++) {
            bytes.put(inBlock() + i, (byte) 0);
        }
    }

    private int inBlock() {
        return (int) (fromBytes - blockOffsetBytes);
    }

    private int partBytes() {
        return (int) (toBytes - fromBytes);
    }
}
