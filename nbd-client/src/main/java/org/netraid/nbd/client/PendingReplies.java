/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.nbd.client;

import java.nio.ByteBuffer;
import java.util.function.Consumer;
import org.netraid.nbd.wire.NbdConstants;

/**
 * Cookie to command, bounded. A cookie is never used twice on one connection (until 2^32 commands later) nor on two
 * connections of one connector (until 65536 connections later), so that a late or doubled reply matches nothing.
 *
 * <pre>
 *   63          48              16      0
 *   | connection | sequence      | slot  |
 * </pre>
 */
final class PendingReplies {

    static final int MAX_CAPACITY = 1 << 16;

    private final PendingReply[] slots;
    private final int[] free;
    private final long connectionBits;
    private int freeCount;
    private long sequence;
    private long payloadBytes;

    /** @param onReleased told when the link has given back one buffer of a slot */
    PendingReplies(int capacity, int connectionNumber, Consumer<PendingReply> onReleased) {
        slots = new PendingReply[capacity];
        free = new int[capacity];
        connectionBits = (long) (connectionNumber & 0xffff) << 48;
        int headerBytes = NbdConstants.EXTENDED_HEADER_BYTES;
        ByteBuffer headers = ByteBuffer.allocateDirect(capacity * headerBytes);
        for (int i = 0; i < capacity; i++) {
            slots[i] = new PendingReply(i, headers.slice(i * headerBytes, headerBytes), onReleased);
            free[i] = capacity - 1 - i;
        }
        freeCount = capacity;
    }

    boolean isFull() {
        return freeCount == 0;
    }

    int inUse() {
        return slots.length - freeCount;
    }

    /** Payload of all commands in flight. */
    long payloadBytes() {
        return payloadBytes;
    }

    /** A slot with a fresh cookie; call only if not full. */
    PendingReply take(ClientRequest owner, int command, long offsetBytes, long lengthBytes) {
        PendingReply slot = slots[free[--freeCount]];
        slot.inUse = true;
        slot.cookie = connectionBits | (sequence++ & 0xffffffffL) << 16 | slot.index;
        slot.owner = owner;
        slot.command = command;
        slot.offsetBytes = offsetBytes;
        slot.lengthBytes = lengthBytes;
        payloadBytes += slot.payloadBytes();
        return slot;
    }

    /** The unanswered command with this cookie, or null. */
    PendingReply find(long cookie) {
        int index = (int) (cookie & 0xffff);
        if (index >= slots.length) {
            return null;
        }
        PendingReply slot = slots[index];
        return slot.inUse && !slot.answered && slot.cookie == cookie ? slot : null;
    }

    void release(PendingReply slot) {
        payloadBytes -= slot.payloadBytes();
        slot.clear();
        free[freeCount++] = slot.index;
    }

    /** Slot by number, in use or not, for the end of the connection. */
    PendingReply slot(int index) {
        return slots[index];
    }

    int capacity() {
        return slots.length;
    }
}
