/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.link.io;

import io.netty.channel.unix.Buffer;
import io.netty.channel.unix.Socket;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.function.Consumer;

/**
 * Sends what was queued in one turn of the loop with one system call, straight from the callers' direct buffers and without
 * allocating. Holds bytes only between a write and its flush: what the kernel does not take at once goes to Netty's queue,
 * which waits for the socket and tells of back-pressure. On the loop only.
 */
final class DirectOutput {

    /** Gets what is left when the kernel takes no more. */
    interface Rest {
        void write(ByteBuffer bytes, Runnable released);
    }

    private static final int FIRST_ENTRIES = 16;

    private final Socket socket;
    private final LoopMemory memory;
    private final int maxBytes;
    /** Runs what tells that a buffer is free; it may write and flush, or end the link. */
    private final Consumer<Runnable> releaser;

    private ByteBuffer[] buffers = new ByteBuffer[FIRST_ENTRIES];
    private Runnable[] releases = new Runnable[FIRST_ENTRIES];
    private long[] addresses = new long[FIRST_ENTRIES];
    private int[] lengthsBytes = new int[FIRST_ENTRIES];
    /** Entries from first to count are queued, those below limit are flushed. */
    private int first;
    private int limit;
    private int count;
    private long queuedBytes;
    private boolean flushing;

    DirectOutput(Socket socket, LoopMemory memory, int maxBytes, Consumer<Runnable> releaser) {
        this.socket = socket;
        this.memory = memory;
        this.maxBytes = maxBytes;
        this.releaser = releaser;
    }

    boolean isEmpty() {
        return first == count;
    }

    /** False: not a buffer that can be sent from where it is, or enough is queued. */
    boolean offer(ByteBuffer bytes, Runnable released) {
        int lengthBytes = bytes.remaining();
        if (!bytes.isDirect() || count == LoopMemory.VECTOR_ENTRIES || queuedBytes + lengthBytes > maxBytes) {
            return false;
        }
        if (count == buffers.length) {
            grow();
        }
        buffers[count] = bytes;
        releases[count] = released;
        addresses[count] = Buffer.memoryAddress(bytes) + bytes.position();
        lengthsBytes[count] = lengthBytes;
        queuedBytes += lengthBytes;
        count++;
        return true;
    }

    private void grow() {
        int size = Math.min(2 * count, LoopMemory.VECTOR_ENTRIES);
        buffers = Arrays.copyOf(buffers, size);
        releases = Arrays.copyOf(releases, size);
        addresses = Arrays.copyOf(addresses, size);
        lengthsBytes = Arrays.copyOf(lengthsBytes, size);
    }

    /** @return false if the kernel has not taken everything: {@link #moveTo} is next */
    boolean flush() throws IOException {
        if (!socket.isOpen()) {
            // Netty has closed it and tells in a later turn: the descriptor's number may be that of another connection by now.
            return true;
        }
        limit = count;
        if (flushing) {
            return true;
        }
        flushing = true;
        try {
            while (first < limit) {
                long wantedBytes = 0;
                for (int i = first; i < limit; i++) {
                    wantedBytes += lengthsBytes[i];
                }
                long sentBytes = wantedBytes == 0 ? 0 : send();
                onSent(sentBytes);
                if (sentBytes < wantedBytes) {
                    return false;
                }
            }
            return true;
        } finally {
            flushing = false;
            compact();
        }
    }

    private long send() throws IOException {
        if (limit - first == 1) {
            return socket.sendAddress(addresses[first], 0, lengthsBytes[first]);
        }
        long vector = memory.vectorAddress();
        for (int i = first; i < limit; i++) {
            memory.setVectorEntry(i - first, addresses[i], lengthsBytes[i]);
        }
        return socket.writevAddresses(vector, limit - first);
    }

    private void onSent(long sentBytes) {
        queuedBytes -= sentBytes;
        long leftBytes = sentBytes;
        while (first < limit && lengthsBytes[first] <= leftBytes) {
            leftBytes -= lengthsBytes[first];
            Runnable released = releases[first];
            buffers[first] = null;
            releases[first] = null;
            first++;
            if (released != null) {
                releaser.accept(released);
            }
        }
        if (first < limit) {
            addresses[first] += leftBytes;
            lengthsBytes[first] -= (int) leftBytes;
        }
    }

    private void compact() {
        int left = count - first;
        if (first > 0 && left > 0) {
            System.arraycopy(buffers, first, buffers, 0, left);
            System.arraycopy(releases, first, releases, 0, left);
            System.arraycopy(addresses, first, addresses, 0, left);
            System.arraycopy(lengthsBytes, first, lengthsBytes, 0, left);
            Arrays.fill(buffers, left, count, null);
            Arrays.fill(releases, left, count, null);
        }
        first = 0;
        limit = 0;
        count = left;
    }

    /** Hands everything on, in order. */
    void moveTo(Rest rest) {
        for (int i = first; i < count; i++) {
            ByteBuffer bytes = buffers[i];
            int position = (int) (addresses[i] - Buffer.memoryAddress(bytes));
            Runnable released = releases[i];
            buffers[i] = null;
            releases[i] = null;
            rest.write(bytes.duplicate().clear().position(position).limit(position + lengthsBytes[i]), released);
        }
        first = 0;
        limit = 0;
        count = 0;
        queuedBytes = 0;
    }

    /** Forgets everything; the buffers are given back to {@code later}, which must not call back now. */
    void drop(Consumer<Runnable> later) {
        moveTo((bytes, released) -> {
            if (released != null) {
                later.accept(released);
            }
        });
    }
}
