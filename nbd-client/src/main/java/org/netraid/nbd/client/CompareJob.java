/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.nbd.client;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.netraid.block.BlockDevice;
import org.netraid.block.BlockRequest;
import org.netraid.time.EventLoop;

/**
 * Compares two devices of the same size from end to end, in sectors of 512 bytes, with several pieces in flight. A piece that differs is
 * read again a few times, a little later each time: on devices in use, what was being written just then is no difference. On the event
 * loop of both.
 */
public final class CompareJob {

    /** A run of sectors that differ. */
    public record Range(long offsetBytes, long lengthBytes) {
    }

    /** Ranges kept; more are only counted. */
    public static final int MAX_RANGES = 100_000;
    private static final int SECTOR_BYTES = 512;
    private static final long RETRY_NS = 50_000_000L;

    private final BlockDevice one;
    private final BlockDevice other;
    private final EventLoop loop;
    private final long sizeBytes;
    private final int pieceBytes;
    private final int retries;
    private final Consumer<String> done;
    private final TreeMap<Long, Long> ranges = new TreeMap<>();
    private long nextBytes;
    private long doneBytes;
    private long differingBytes;
    private int inFlight;
    private String failure = "";

    /**
     * @param retries how often a piece that differs is read again before it counts
     * @param done told once at the end, with a reason for people if a device has failed, else the empty string
     */
    public CompareJob(BlockDevice one, BlockDevice other, EventLoop loop, int pieceBytes, int retries, Consumer<String> done) {
        this.one = one;
        this.other = other;
        this.loop = loop;
        this.sizeBytes = one.geometry().sizeBytes();
        this.pieceBytes = pieceBytes;
        this.retries = retries;
        this.done = done;
        if (other.geometry().sizeBytes() != sizeBytes) {
            throw new IllegalArgumentException(other.name() + " has " + other.geometry().sizeBytes() + " bytes, " + one.name() + " has "
                    + sizeBytes);
        }
    }

    /** Starts it. @param pieces pieces under way at one time; each holds two buffers */
    public void start(int pieces) {
        inFlight = (int) Math.min(pieces, (sizeBytes + pieceBytes - 1) / pieceBytes);
        if (inFlight == 0) {
            done.accept("");
            return;
        }
        for (int i = inFlight; i > 0; i--) {
            new Piece().next();
        }
    }

    public long sizeBytes() {
        return sizeBytes;
    }

    /** Bytes compared. */
    public long doneBytes() {
        return doneBytes;
    }

    /** Bytes in sectors that differ. */
    public long differingBytes() {
        return differingBytes;
    }

    /** Where they differ, in order, neighbours joined; at most {@link #MAX_RANGES}. */
    public List<Range> ranges() {
        return ranges.entrySet().stream().map(range -> new Range(range.getKey(), range.getValue() - range.getKey())).toList();
    }

    private void add(long start, long end) {
        differingBytes += end - start;
        Map.Entry<Long, Long> before = ranges.floorEntry(start);
        long from = before != null && before.getValue() == start ? before.getKey() : start;
        Long after = ranges.get(end);
        if (after == null && from == start && ranges.size() >= MAX_RANGES) {
            return;
        }
        ranges.remove(end);
        ranges.put(from, after == null ? end : after);
    }

    /** One piece under way: both reads, the comparison, perhaps again, then the next one. */
    private final class Piece {
        private final BlockRequest first = new BlockRequest();
        private final BlockRequest second = new BlockRequest();
        private final ByteBuffer mine = ByteBuffer.allocateDirect(pieceBytes);
        private final ByteBuffer its = ByteBuffer.allocateDirect(pieceBytes);
        private long offsetBytes;
        private int lengthBytes;
        private int retriesLeft;
        private int open;

        void next() {
            if (!failure.isEmpty() || nextBytes >= sizeBytes) {
                if (--inFlight == 0) {
                    done.accept(failure);
                }
                return;
            }
            offsetBytes = nextBytes;
            lengthBytes = (int) Math.min(pieceBytes, sizeBytes - nextBytes);
            nextBytes += lengthBytes;
            retriesLeft = retries;
            read();
        }

        private void read() {
            open = 2;
            one.submit(first.read(offsetBytes, mine.clear().limit(lengthBytes), ended -> onRead(ended, one)));
            other.submit(second.read(offsetBytes, its.clear().limit(lengthBytes), ended -> onRead(ended, other)));
        }

        private void onRead(BlockRequest ended, BlockDevice device) {
            if (ended.error().isError() && failure.isEmpty()) {
                failure = ended.errorDetail().isEmpty() ? device.name() + ": " + ended : ended.errorDetail();
            }
            if (--open > 0) {
                return;
            }
            if (!failure.isEmpty()) {
                next();
            } else if (mine.clear().limit(lengthBytes).mismatch(its.clear().limit(lengthBytes)) < 0) {
                ended();
            } else if (retriesLeft-- > 0) {
                loop.schedule(RETRY_NS, this::read);
            } else {
                note();
                ended();
            }
        }

        private void ended() {
            doneBytes += lengthBytes;
            next();
        }

        private void note() {
            for (int at = 0; at < lengthBytes; at += SECTOR_BYTES) {
                int end = Math.min(lengthBytes, at + SECTOR_BYTES);
                if (mine.clear().limit(end).position(at).mismatch(its.clear().limit(end).position(at)) >= 0) {
                    add(offsetBytes + at, offsetBytes + end);
                }
            }
        }
    }
}
