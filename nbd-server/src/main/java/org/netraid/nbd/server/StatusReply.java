/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.nbd.server;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.netraid.block.BlockError;
import org.netraid.block.ExtentList;
import org.netraid.nbd.wire.ChunkType;
import org.netraid.nbd.wire.NbdConstants;
import org.netraid.nbd.wire.StructuredReplyChunk;

/**
 * The answer to one BLOCK_STATUS: one chunk for each wanted context, in the order of their numbers. Source: NBD protocol,
 * NBD_CMD_BLOCK_STATUS, NBD_REPLY_TYPE_BLOCK_STATUS.
 */
final class StatusReply {

    /** Most extents of one chunk; the client asks again for the rest. */
    static final int MAX_EXTENTS = 512;

    private record Part(int id, ExtentList extents) {
    }

    private final List<Part> parts = new ArrayList<>();

    /** Asks every wanted context but base:allocation; the status of an extension is 0. @param one the first extent is enough */
    BlockError gather(ContextSelection selected, int wanted, long offsetBytes, long lengthBytes, boolean one) {
        for (ContextSelection.Entry entry : selected.entries()) {
            if ((wanted & entry.bit()) != 0 && entry.extension() != null) {
                ExtentList whole = new ExtentList(1);
                whole.add(lengthBytes, 0);
                parts.add(new Part(entry.id(), whole));
            } else if ((wanted & entry.bit()) != 0 && entry.map() != null) {
                ExtentList list = new ExtentList(one ? 1 : MAX_EXTENTS);
                BlockError error = entry.map().extents(offsetBytes, lengthBytes, list);
                if (error.isError()) {
                    return error;
                }
                if (list.count() == 0) {
                    throw new IllegalStateException(entry.name() + " says nothing about " + lengthBytes + " bytes at " + offsetBytes);
                }
                parts.add(new Part(entry.id(), list));
            }
        }
        return BlockError.NONE;
    }

    /** What the device has said about its holes. */
    void addAllocation(ExtentList extents) {
        parts.add(0, new Part(ContextSelection.ALLOCATION_ID, extents));
    }

    /** The whole reply; at least one context is wanted. */
    ByteBuffer encode(boolean extended, long cookie, long offsetBytes) {
        int bytes = 0;
        for (Part part : parts) {
            bytes += NbdConstants.EXTENDED_HEADER_BYTES + payloadBytes(part, extended);
        }
        ByteBuffer out = ByteBuffer.allocate(bytes);
        for (int i = 0; i < parts.size(); i++) {
            encode(out, parts.get(i), extended, i == parts.size() - 1 ? ChunkType.FLAG_DONE : 0, cookie, offsetBytes);
        }
        return out.flip();
    }

    private static int payloadBytes(Part part, boolean extended) {
        int count = part.extents.count();
        return extended ? StructuredReplyChunk.STATUS_EXT_HEAD_BYTES + count * StructuredReplyChunk.EXTENT_EXT_BYTES
                : StructuredReplyChunk.STATUS_HEAD_BYTES + count * StructuredReplyChunk.EXTENT_BYTES;
    }

    private static void encode(ByteBuffer out, Part part, boolean extended, int flags, long cookie, long offsetBytes) {
        ExtentList extents = part.extents;
        if (extended) {
            StructuredReplyChunk.encodeExtended(out, flags, ChunkType.BLOCK_STATUS_EXT, cookie, offsetBytes, payloadBytes(part, true));
            out.putInt(part.id).putInt(extents.count());
        } else {
            StructuredReplyChunk.encode(out, flags, ChunkType.BLOCK_STATUS, cookie, payloadBytes(part, false));
            out.putInt(part.id);
        }
        for (int i = 0; i < extents.count(); i++) {
            if (extended) {
                out.putLong(extents.lengthBytes(i)).putLong(Integer.toUnsignedLong(extents.status(i)));
            } else {
                out.putInt((int) extents.lengthBytes(i)).putInt(extents.status(i));
            }
        }
    }
}
