/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.nbd.server;

import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;

/**
 * All payload memory of a server: direct buffers of a power of two from 4 KiB to 32 MiB, cut from slabs of 32 MiB that
 * are made on demand and kept. The total is bounded; who finds the pool empty waits in line and stops reading
 * meanwhile. The line is strict, so that a large request cannot starve behind small ones. Single-threaded.
 */
public final class BufferPool {

    static final int SMALLEST_BYTES = 4096;
    /** Longest buffer: one largest payload. */
    public static final int LARGEST_BYTES = 32 << 20;

    private int maxSlabs;
    private final List<Slab> slabs = new ArrayList<>();
    private final ArrayDeque<Runnable> line = new ArrayDeque<>();
    /** Where the memory comes from: itself, unless it is a share. */
    private final BufferPool whole;
    private final List<BufferPool> shares = new ArrayList<>();
    private long inUseBytes;
    private boolean ended;

    /** @param maxBytes bound of all memory, rounded down to whole slabs of 32 MiB, at least one */
    public BufferPool(long maxBytes) {
        if (maxBytes < LARGEST_BYTES) {
            throw new IllegalArgumentException("buffer memory of " + maxBytes + " bytes is below " + LARGEST_BYTES);
        }
        maxSlabs = (int) Math.min(Integer.MAX_VALUE, maxBytes / LARGEST_BYTES);
        whole = this;
    }

    private BufferPool(BufferPool whole) {
        this.whole = whole;
    }

    /**
     * A pool of its own for one user among several: it holds at most as much as it leaves free. So one whose device hangs ends with half
     * of the memory, two with a third each, and there is always some for whoever comes next.
     */
    public BufferPool share() {
        BufferPool share = new BufferPool(whole);
        whole.shares.add(share);
        return share;
    }

    /** The share is not used any more, but by what still holds its buffers. */
    public void end() {
        ended = true;
        if (inUseBytes == 0) {
            whole.shares.remove(this);
        }
    }

    /**
     * A buffer with position 0 and limit {@code lengthBytes}, or null: then the caller is in line, and {@code waiter} runs
     * when it is worth trying again. The same object stands for the same caller each time.
     */
    Buffer take(int lengthBytes, Runnable waiter) {
        if (!line.isEmpty() && line.peekFirst() != waiter) {
            if (!line.contains(waiter)) {
                line.addLast(waiter);
            }
            return null;
        }
        int sizeBytes = sizeOf(lengthBytes);
        Buffer buffer = isWithinShare(sizeBytes) ? whole.find(sizeBytes) : null;
        if (buffer == null) {
            if (line.isEmpty()) {
                line.addLast(waiter);
            }
            return null;
        }
        leaveLine(waiter);
        count(buffer.sizeBytes);
        buffer.bytes.limit(lengthBytes).position(0);
        return buffer;
    }

    /** The caller no longer wants memory. */
    void leaveLine(Runnable waiter) {
        if (!line.isEmpty() && line.remove(waiter)) {
            wakeFirst();
        }
    }

    void release(Buffer buffer) {
        buffer.slab.release(buffer);
        count(-buffer.sizeBytes);
        if (ended && inUseBytes == 0) {
            whole.shares.remove(this);
        }
        wakeFirst();
        for (int i = 0; i < whole.shares.size(); i++) {
            if (whole.shares.get(i) != this) {
                whole.shares.get(i).wakeFirst();
            }
        }
    }

    private void count(int bytes) {
        inUseBytes += bytes;
        if (whole != this) {
            whole.inUseBytes += bytes;
        }
    }

    private boolean isWithinShare(int sizeBytes) {
        long freeBytes = (long) whole.maxSlabs * LARGEST_BYTES - whole.inUseBytes;
        return whole == this || inUseBytes + sizeBytes <= freeBytes;
    }

    boolean hasWaiters() {
        return !line.isEmpty();
    }

    public long inUseBytes() {
        return inUseBytes;
    }

    private void wakeFirst() {
        Runnable first = line.peekFirst();
        if (first != null) {
            first.run();
        }
    }

    private Buffer find(int sizeBytes) {
        for (int i = 0; i < slabs.size(); i++) {
            Buffer buffer = slabs.get(i).take(sizeBytes);
            if (buffer != null) {
                return buffer;
            }
        }
        if (slabs.size() == maxSlabs) {
            return null;
        }
        try {
            slabs.add(new Slab());
        } catch (OutOfMemoryError e) {
            if (slabs.isEmpty()) {
                throw e;
            }
            // the JVM's limit of direct memory is lower than ours: live with what there is
            maxSlabs = slabs.size();
            return null;
        }
        return slabs.get(slabs.size() - 1).take(sizeBytes);
    }

    private static int sizeOf(int lengthBytes) {
        if (lengthBytes > LARGEST_BYTES) {
            throw new IllegalArgumentException("no buffer of " + lengthBytes + " bytes");
        }
        return lengthBytes <= SMALLEST_BYTES ? SMALLEST_BYTES : Integer.highestOneBit(lengthBytes - 1) << 1;
    }

    /** A piece of a slab; the object stays with its place for ever, so that the data path allocates none. */
    static final class Buffer {
        final ByteBuffer bytes;
        final int sizeBytes;
        private final Slab slab;
        private final int node;
        private boolean taken;

        private Buffer(ByteBuffer bytes, Slab slab, int node) {
            this.bytes = bytes;
            this.sizeBytes = bytes.capacity();
            this.slab = slab;
            this.node = node;
        }
    }

    /**
     * Buddy allocator: a complete binary tree over the slab, root 1, children 2n and 2n + 1; each node knows the largest
     * free piece below it.
     */
    private static final class Slab {
        private static final int LEAVES = LARGEST_BYTES / SMALLEST_BYTES;

        /** Aligned to pages, which direct I/O needs. */
        private final ByteBuffer memory = ByteBuffer.allocateDirect(LARGEST_BYTES + SMALLEST_BYTES).alignedSlice(SMALLEST_BYTES);
        private final int[] largestFree = new int[2 * LEAVES];
        private final Buffer[] buffers = new Buffer[2 * LEAVES];

        Slab() {
            for (int node = 1; node < 2 * LEAVES; node++) {
                largestFree[node] = sizeAt(node);
            }
        }

        private static int sizeAt(int node) {
            return LARGEST_BYTES / Integer.highestOneBit(node);
        }

        Buffer take(int sizeBytes) {
            if (largestFree[1] < sizeBytes) {
                return null;
            }
            int node = 1;
            for (int size = LARGEST_BYTES; size > sizeBytes; size >>= 1) {
                node <<= 1;
                if (largestFree[node] < sizeBytes) {
                    node++;
                }
            }
            largestFree[node] = 0;
            updateAncestors(node);
            Buffer buffer = buffers[node];
            if (buffer == null) {
                int index = node - Integer.highestOneBit(node);
                buffer = new Buffer(memory.slice(index * sizeBytes, sizeBytes), this, node);
                buffers[node] = buffer;
            }
            buffer.taken = true;
            return buffer;
        }

        void release(Buffer buffer) {
            if (!buffer.taken) {
                throw new IllegalStateException("buffer of " + buffer.sizeBytes + " bytes released twice");
            }
            buffer.taken = false;
            largestFree[buffer.node] = buffer.sizeBytes;
            updateAncestors(buffer.node);
        }

        private void updateAncestors(int from) {
            for (int node = from >> 1; node >= 1; node >>= 1) {
                int left = largestFree[2 * node];
                int right = largestFree[2 * node + 1];
                int half = sizeAt(2 * node);
                // two whole halves are one piece again
                largestFree[node] = left == half && right == half ? 2 * half : Math.max(left, right);
            }
        }
    }
}
