/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.block.filter;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.netraid.block.BlockCommand;
import org.netraid.block.BlockDevice;
import org.netraid.block.BlockError;
import org.netraid.block.BlockRequest;
import org.netraid.time.EventLoop;

/** Records the last requests that ended, in the order of their ends; for tests and diagnosis. */
public final class LogDevice extends FilterDevice {

    /**
     * One request that has ended.
     *
     * @param number order of submission, from 1
     * @param submittedNs when it was submitted, by the loop's clock
     * @param latencyNs until its completion
     */
    public record Entry(long number, long submittedNs, long latencyNs, BlockCommand command, long offsetBytes,
            long lengthBytes, int flags, BlockError error) {
    }

    private final int capacity;
    private final Consumer<Entry> listener;
    private final ArrayDeque<Entry> entries = new ArrayDeque<>();
    private long submitted;

    /**
     * @param capacity entries kept; older ones are forgotten
     * @param listener told of each entry, before the submitter's completion runs
     */
    public LogDevice(BlockDevice inner, EventLoop loop, int capacity, Consumer<Entry> listener) {
        super(inner, loop);
        if (capacity < 0) {
            throw new IllegalArgumentException("log capacity " + capacity + " is negative");
        }
        this.capacity = capacity;
        this.listener = listener;
    }

    public LogDevice(BlockDevice inner, EventLoop loop, int capacity) {
        this(inner, loop, capacity, entry -> { });
    }

    /** Oldest first. */
    public List<Entry> entries() {
        return new ArrayList<>(entries);
    }

    /** Requests submitted so far. */
    public long submitted() {
        return submitted;
    }

    @Override
    void accept(BlockRequest request) {
        long number = ++submitted;
        long startNs = loop().nanoTime();
        Forwarded forwarded = new Forwarded(request);
        forwarded.submit(() -> {
            record(new Entry(number, startNs, loop().nanoTime() - startNs, request.command(), request.offsetBytes(),
                    request.lengthBytes(), request.flags(), forwarded.twin().error()));
            forwarded.complete();
        });
    }

    private void record(Entry entry) {
        if (capacity > 0) {
            if (entries.size() == capacity) {
                entries.poll();
            }
            entries.add(entry);
        }
        listener.accept(entry);
    }
}
