/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.nbd.client;

import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.function.Consumer;
import org.netraid.block.BlockCapability;
import org.netraid.block.BlockDevice;
import org.netraid.block.BlockRequest;
import org.netraid.block.ExtentList;
import org.netraid.block.Zeros;

/**
 * Copies one device onto another, with several requests in flight; ends with a flush of the target. On the
 * event loop of both devices. The target must be at least as long as the source. Where the source can tell its holes, they are not
 * read: the target is told to be zero there.
 */
public final class CopyJob {

    /** What to do with each piece read from the source. */
    public enum Mode {
        /** Write it to the target; zeros are written or leave the target allocated. */
        COPY,
        /** As COPY, but pieces of zeros become WRITE_ZEROES, which may leave holes. */
        COPY_ZEROES_AS_HOLES
    }

    /** How far ahead the source is asked for its holes, and the longest run of zeros of one request. */
    private static final long MAP_BYTES = 1L << 30;
    private static final int ZERO_PIECE_BYTES = 64 << 20;

    private final BlockDevice source;
    private final BlockDevice target;
    private final Mode mode;
    private final long sizeBytes;
    private final int pieceBytes;
    private final Consumer<String> done;
    private long nextBytes;
    private long doneBytes;
    private long zeroBytes;
    private int piecesInFlight;
    private String failure = "";

    private final ExtentList map = new ExtentList(1024);
    private final BlockRequest mapRequest = new BlockRequest();
    private final ArrayDeque<Piece> awaitMap = new ArrayDeque<>();
    private boolean usesMap;
    private boolean mapAsked;
    private long mappedBytes;
    private int extent;
    private long extentEndBytes;

    /** @param done told once at the end, with a reason for people, or the empty string after success */
    public CopyJob(BlockDevice source, BlockDevice target, Mode mode, int pieceBytes, Consumer<String> done) {
        this.source = source;
        this.target = target;
        this.mode = mode;
        this.sizeBytes = source.geometry().sizeBytes();
        this.pieceBytes = pieceBytes;
        this.done = done;
        this.usesMap = source.can(BlockCapability.EXTENTS);
        if (target.geometry().sizeBytes() < sizeBytes) {
            throw new IllegalArgumentException(target.name() + " has " + target.geometry().sizeBytes() + " bytes, "
                    + source.name() + " has " + sizeBytes);
        }
    }

    /** Starts it. @param inFlight pieces under way at one time; each holds its buffer */
    public void start(int inFlight) {
        long pieces = (sizeBytes + pieceBytes - 1) / pieceBytes;
        int count = (int) Math.min(inFlight, pieces);
        piecesInFlight = count;
        for (int i = 0; i < count; i++) {
            new Piece().next();
        }
        if (count == 0) {
            flushTarget();
        }
    }

    /** Bytes copied; for a progress bar. */
    public long doneBytes() {
        return doneBytes;
    }

    public long sizeBytes() {
        return sizeBytes;
    }

    /** Bytes of {@link #doneBytes} that were zeros and not sent as data. */
    public long zeroBytes() {
        return zeroBytes;
    }

    private void fail(String reason) {
        if (failure.isEmpty()) {
            failure = reason;
        }
    }

    private boolean failed(BlockRequest request, BlockDevice device) {
        if (request.error().isError()) {
            fail(request.errorDetail().isEmpty() ? device.name() + ": " + request : request.errorDetail());
            return true;
        }
        return false;
    }

    private void pieceOver() {
        if (--piecesInFlight > 0) {
            return;
        }
        if (!failure.isEmpty()) {
            done.accept(failure);
        } else {
            flushTarget();
        }
    }

    private void flushTarget() {
        if (!target.can(BlockCapability.FLUSH)) {
            done.accept("");
            return;
        }
        target.submit(new BlockRequest().flush(request -> {
            failed(request, target);
            done.accept(failure);
        }));
    }

    private void askMap(Piece waiting) {
        awaitMap.add(waiting);
        if (!mapAsked) {
            mapAsked = true;
            source.submit(mapRequest.extents(nextBytes, Math.min(MAP_BYTES, sizeBytes - nextBytes), 0, map, this::onMap));
        }
    }

    private void onMap(BlockRequest asked) {
        mapAsked = false;
        if (asked.error().isError()) {
            // it costs time only to read everything; if the source is gone, the reads say so
            usesMap = false;
        } else {
            extent = 0;
            extentEndBytes = nextBytes + map.lengthBytes(0);
            mappedBytes = nextBytes + map.totalBytes();
        }
        for (int count = awaitMap.size(); count > 0; count--) {
            awaitMap.poll().next();
        }
    }

    /** Where the run of data or zeros ends that begins at {@link #nextBytes}. */
    private long runEnd() {
        if (!usesMap) {
            return sizeBytes;
        }
        if (nextBytes == extentEndBytes) {
            extentEndBytes += map.lengthBytes(++extent);
        }
        return extentEndBytes;
    }

    private boolean isInHole() {
        return usesMap && (map.status(extent) & ExtentList.ZERO) != 0;
    }

    /** One piece under way: read, then write, then the next one. */
    private final class Piece {
        private final BlockRequest request = new BlockRequest();
        private final ByteBuffer bytes = ByteBuffer.allocateDirect(pieceBytes);
        private long offsetBytes;
        private int lengthBytes;

        void next() {
            if (!failure.isEmpty() || nextBytes == sizeBytes) {
                pieceOver();
                return;
            }
            if (usesMap && nextBytes == mappedBytes) {
                askMap(this);
                return;
            }
            offsetBytes = nextBytes;
            long runEnd = runEnd();
            boolean hole = isInHole();
            boolean zeroing = hole && target.can(BlockCapability.WRITE_ZEROES);
            lengthBytes = (int) Math.min(zeroing ? ZERO_PIECE_BYTES : pieceBytes, runEnd - nextBytes);
            nextBytes += lengthBytes;
            if (hole) {
                writeZeros(zeroing);
                return;
            }
            source.submit(request.read(offsetBytes, bytes.clear().limit(lengthBytes), this::onRead));
        }

        private void writeZeros(boolean asCommand) {
            zeroBytes += lengthBytes;
            if (asCommand) {
                int flags = mode == Mode.COPY ? BlockRequest.NO_HOLE : 0;
                target.submit(request.writeZeroes(offsetBytes, lengthBytes, flags, this::onWritten));
                return;
            }
            bytes.clear().limit(lengthBytes);
            for (int i = 0; i < lengthBytes; i++) {
                bytes.put(i, (byte) 0);
            }
            target.submit(request.write(offsetBytes, bytes, BlockRequest.STABLE_PAYLOAD, this::onWritten));
        }

        private void onRead(BlockRequest read) {
            if (failed(read, source)) {
                pieceOver();
                return;
            }
            bytes.clear().limit(lengthBytes);
            if (mode == Mode.COPY_ZEROES_AS_HOLES && target.can(BlockCapability.WRITE_ZEROES) && Zeros.isZero(bytes, 0, lengthBytes)) {
                zeroBytes += lengthBytes;
                target.submit(request.writeZeroes(offsetBytes, lengthBytes, 0, this::onWritten));
            } else {
                target.submit(request.write(offsetBytes, bytes, BlockRequest.STABLE_PAYLOAD, this::onWritten));
            }
        }

        private void onWritten(BlockRequest written) {
            if (failed(written, target)) {
                pieceOver();
                return;
            }
            doneBytes += lengthBytes;
            next();
        }
    }
}
