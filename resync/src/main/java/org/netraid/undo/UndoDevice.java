/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.undo;

import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import org.netraid.block.BlockCapability;
import org.netraid.block.BlockDevice;
import org.netraid.block.BlockError;
import org.netraid.block.BlockGeometry;
import org.netraid.block.BlockRequest;
import org.netraid.time.EventLoop;

/**
 * A target's disk. While a journal is kept, the first overwrite of each chunk waits until the chunk's old content is durable in the
 * journal; what waits meanwhile shares the next batch and its flush. Otherwise, and for chunks that are kept already, requests
 * pass untouched.
 */
public final class UndoDevice implements BlockDevice {

    /** Decides what happens when the journal cannot be kept any longer. */
    public interface Owner {
        /**
         * The journal is full or has failed.
         *
         * @param goOn to be run when it is durably known that there is no way back any more; overwrites wait until then
         */
        void onGivenUp(String reason, Runnable goOn);
    }

    private final BlockDevice disk;
    private final EventLoop loop;
    private final Owner owner;
    private final ArrayDeque<BlockRequest> held = new ArrayDeque<>();
    private UndoJournal journal;
    private UndoBatch batch;
    private boolean busy;
    private boolean givingUp;
    private boolean releasing;
    private boolean closing;
    private Runnable whenClosed;
    private final List<Runnable> whenIdle = new ArrayList<>();

    public UndoDevice(BlockDevice disk, EventLoop loop, Owner owner) {
        this.disk = disk;
        this.loop = loop;
        this.owner = owner;
    }

    /** The disk itself. */
    public BlockDevice disk() {
        return disk;
    }

    public boolean isKeeping() {
        return journal != null;
    }

    /** The journal being kept; null if none. */
    public UndoJournal journal() {
        return journal;
    }

    /** From now on old content goes to the journal first. */
    public void keep(UndoJournal undo) {
        journal = undo;
        batch = new UndoBatch(undo, disk);
    }

    /** Keeps nothing any more; what waits goes on. @param idle runs when the journal is not in use any more, perhaps inside this call */
    public void stopKeeping(Runnable idle) {
        journal = null;
        if (busy) {
            whenIdle.add(idle);
        } else {
            batch = null;
            idle.run();
            release();
        }
    }

    @Override
    public String name() {
        return disk.name();
    }

    @Override
    public BlockGeometry geometry() {
        return disk.geometry();
    }

    @Override
    public Set<BlockCapability> capabilities() {
        return disk.capabilities();
    }

    @Override
    public void hurry() {
        disk.hurry();
    }

    @Override
    public void submit(BlockRequest request) {
        if (closing) {
            refuse(request);
        } else if (!request.command().modifies() || isKept(request) && !givingUp) {
            disk.submit(request);
        } else {
            held.add(request);
            pump();
        }
    }

    /** True also for what the disk will refuse: that overwrites nothing. */
    private boolean isKept(BlockRequest request) {
        return journal == null || disk.geometry().check(request.command(), request.offsetBytes(), request.lengthBytes()).isError()
                || request.lengthBytes() == 0 || request.offsetBytes() >= journal.mirrorBytes
                || journal.holdsAll(first(request), last(request));
    }

    private long first(BlockRequest request) {
        return request.offsetBytes() / journal.chunkBytes;
    }

    private long last(BlockRequest request) {
        return (Math.min(request.offsetBytes() + request.lengthBytes(), journal.mirrorBytes) - 1) / journal.chunkBytes;
    }

    private void pump() {
        if (busy || givingUp || closing || journal == null || held.isEmpty()) {
            return;
        }
        busy = true;
        batch.begin();
        for (BlockRequest request : held) {
            if (!isKept(request) && !batch.addAll(first(request), last(request))) {
                break;
            }
        }
        batch.keep(this::onKept);
    }

    private void onKept(String failure) {
        busy = false;
        if (journal == null) {
            batch = null;
            List<Runnable> told = new ArrayList<>(whenIdle);
            whenIdle.clear();
            told.forEach(Runnable::run);
        } else if (!failure.isEmpty() && !closing) {
            giveUp(failure);
            return;
        }
        release();
        finishClose();
    }

    private void giveUp(String reason) {
        givingUp = true;
        owner.onGivenUp(reason, () -> {
            givingUp = false;
            journal = null;
            batch = null;
            release();
            finishClose();
        });
    }

    /** Lets go what needs no journal any more. */
    private void release() {
        if (releasing || busy || givingUp) {
            return;
        }
        releasing = true;
        for (int left = held.size(); left > 0; left--) {
            BlockRequest request = held.removeFirst();
            if (closing) {
                refuse(request);
            } else if (isKept(request)) {
                disk.submit(request);
            } else {
                held.addLast(request);
            }
        }
        releasing = false;
        pump();
    }

    private void refuse(BlockRequest request) {
        request.markSubmitted();
        loop.execute(() -> request.complete(BlockError.ESHUTDOWN, name() + " is closed"));
    }

    /** Also ends what waits for the journal. The journal's device is its owner's to close, afterwards. */
    @Override
    public void close(Runnable closed) {
        closing = true;
        whenClosed = closed;
        release();
        finishClose();
    }

    private void finishClose() {
        if (whenClosed != null && !busy && !givingUp && held.isEmpty()) {
            Runnable told = whenClosed;
            whenClosed = null;
            disk.close(told);
        }
    }

    /** Submits a flush of the disk. @param done gets "" or what failed */
    public void flushDisk(Consumer<String> done) {
        if (!disk.can(BlockCapability.FLUSH)) {
            loop.execute(() -> done.accept(""));
            return;
        }
        disk.submit(new BlockRequest().flush(flushed -> done.accept(flushed.error().isError() ? "the disk " + disk.name()
                + " cannot be flushed: " + flushed.error() + " " + flushed.errorDetail() : "")));
    }

    static ByteBuffer slice(ByteBuffer bytes, int from, int length) {
        return bytes.clear().limit(from + length).position(from);
    }
}
