/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.intentlog;

import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import org.netraid.block.BlockCapability;
import org.netraid.block.BlockDevice;
import org.netraid.block.BlockError;
import org.netraid.block.BlockRequest;

/**
 * Batches of reads or writes on the log's device, one batch at a time, at most {@value #DEPTH} requests in flight. After the writes of a
 * batch comes a flush, so that the next batch starts when this one is durable. Single-threaded.
 */
final class LogIo {

    private static final int DEPTH = 32;

    /** What went wrong, for people. */
    @FunctionalInterface
    interface Failure {
        void failed(String detail);
    }

    private record Transfer(boolean isWrite, long offsetBytes, ByteBuffer data, int tag) {
    }

    /** Told of each read that failed: its content must not be used. */
    @FunctionalInterface
    interface ReadFailure {
        void failed(int tag);
    }

    private final BlockDevice device;
    private final Failure failure;
    private final boolean canFlush;
    private final boolean canFua;
    private final ArrayDeque<Transfer> waiting = new ArrayDeque<>();
    private final ArrayDeque<BlockRequest> idle = new ArrayDeque<>();
    private int inFlight;
    private boolean anyWrite;
    private boolean singleFua;
    private String error;
    private Runnable next;
    private ReadFailure readFailure;

    LogIo(BlockDevice device, Failure failure) {
        this.device = device;
        this.failure = failure;
        canFlush = device.can(BlockCapability.FLUSH);
        canFua = device.can(BlockCapability.FUA);
        for (int i = 0; i < DEPTH; i++) {
            idle.add(new BlockRequest());
        }
    }

    void write(long offsetBytes, ByteBuffer data) {
        waiting.add(new Transfer(true, offsetBytes, data, 0));
    }

    /** Zeros for every place of the ring: a damaged block that one life has left would count as damage in the next. */
    void writeEmptyRing(IntentLogLayout layout) {
        ByteBuffer zeros = ByteBuffer.allocateDirect(IntentLogLayout.TWIN_BYTES);
        for (int place = 0; place < layout.ringPlaces(); place++) {
            write(layout.ringOffset(place), zeros.duplicate());
        }
    }

    void read(long offsetBytes, ByteBuffer data, int tag) {
        waiting.add(new Transfer(false, offsetBytes, data, tag));
    }

    /** Runs the gathered writes, then a flush, then {@code next}; or reports the first error, once. */
    void commit(Runnable next) {
        start(next, null);
    }

    /** Runs the gathered reads, then {@code next}; a read that fails is reported and does not stop the others. */
    void fetch(ReadFailure onFailure, Runnable next) {
        start(next, onFailure);
    }

    /** Only a flush: makes durable what an earlier process may have left in a cache. */
    void flush(Runnable next) {
        anyWrite = true;
        start(next, null);
    }

    private void start(Runnable then, ReadFailure onReadFailure) {
        if (next != null) {
            throw new IllegalStateException("a batch is already running on " + device.name());
        }
        next = then;
        readFailure = onReadFailure;
        error = null;
        singleFua = canFua && canFlush && waiting.size() == 1 && waiting.peek().isWrite();
        pump();
    }

    private void pump() {
        while (!waiting.isEmpty() && !idle.isEmpty() && error == null) {
            submit(waiting.poll(), idle.poll());
        }
        if (error != null) {
            waiting.clear();
        }
        if (inFlight == 0) {
            batchEnded();
        }
    }

    private void submit(Transfer transfer, BlockRequest request) {
        inFlight++;
        if (transfer.isWrite()) {
            anyWrite = true;
            int flags = BlockRequest.STABLE_PAYLOAD | (singleFua ? BlockRequest.FUA : 0);
            device.submit(request.write(transfer.offsetBytes(), transfer.data(), flags, this::ended));
        } else {
            device.submit(request.read(transfer.offsetBytes(), transfer.data(), r -> readEnded(r, transfer.tag())));
        }
    }

    private void readEnded(BlockRequest request, int tag) {
        if (request.error().isError()) {
            readFailure.failed(tag);
        }
        inFlight--;
        idle.add(request);
        pump();
    }

    private void ended(BlockRequest request) {
        if (request.error().isError() && error == null) {
            error = describe(request);
        }
        inFlight--;
        idle.add(request);
        pump();
    }

    private void batchEnded() {
        if (error == null && anyWrite && canFlush && !singleFua) {
            anyWrite = false;
            inFlight++;
            device.submit(idle.poll().flush(this::ended));
            return;
        }
        anyWrite = false;
        singleFua = false;
        Runnable then = next;
        next = null;
        if (error != null) {
            failure.failed(error);
        } else {
            then.run();
        }
    }

    private String describe(BlockRequest request) {
        String what = request.command() + (request.command().hasData() ? " at " + request.offsetBytes() : "");
        String why = request.errorDetail().isEmpty() ? "" : " (" + request.errorDetail() + ")";
        return what + " on " + device.name() + ": " + request.error() + why;
    }

    static BlockError reported() {
        return BlockError.EIO;
    }
}
