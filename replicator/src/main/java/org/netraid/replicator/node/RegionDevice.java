/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.node;

import java.util.ArrayDeque;
import java.util.Set;
import org.netraid.block.BlockCapability;
import org.netraid.block.BlockDevice;
import org.netraid.block.BlockError;
import org.netraid.block.BlockGeometry;
import org.netraid.block.BlockRequest;
import org.netraid.intentlog.IntentWaiter;
import org.netraid.time.EventLoop;

/**
 * A target's disk that remembers durably where it is about to be written, before it is. A write where something was written not long ago
 * costs a look into a table; without a {@link RegionLog} requests pass untouched.
 */
final class RegionDevice implements BlockDevice {

    /** Decides what happens when nothing can be remembered any more. */
    interface Owner {
        /** @return true if it is durably known that nothing is remembered: writes may go on without */
        boolean giveUp(String reason);
    }

    /** A write that waits for its extent. */
    private final class Waiting implements IntentWaiter {
        private BlockRequest request;
        private RegionLog from;

        @Override
        public void onIntent(BlockError error) {
            BlockRequest waited = request;
            RegionLog used = from;
            give(this);
            if (error.isError()) {
                onFailed(waited, used);
            } else {
                used.remembered(waited.offsetBytes(), waited.lengthBytes());
                disk.submit(waited);
            }
        }
    }

    private static final int POOLED = 64;

    private final BlockDevice disk;
    private final EventLoop loop;
    private final Owner owner;
    private final boolean forgetful;
    private final ArrayDeque<Waiting> pool = new ArrayDeque<>(POOLED);
    private RegionLog log;

    /** @param forgetful a planted defect: remembers nothing */
    RegionDevice(BlockDevice disk, EventLoop loop, Owner owner, boolean forgetful) {
        this.disk = disk;
        this.loop = loop;
        this.owner = owner;
        this.forgetful = forgetful;
    }

    /** From now on writes are remembered there; null: no more. */
    void remember(RegionLog regions) {
        log = regions;
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
        RegionLog regions = log;
        if (regions == null || !request.command().modifies() || forgetful) {
            disk.submit(request);
        } else if (request.offsetBytes() >= 0 && request.lengthBytes() >= 0
                && request.offsetBytes() <= regions.sizeBytes() - request.lengthBytes()) {
            Waiting waiting = take(request, regions);
            if (regions.remember(request.offsetBytes(), request.lengthBytes(), waiting)) {
                give(waiting);
                disk.submit(request);
            }
        } else if (disk.geometry().check(request.command(), request.offsetBytes(), request.lengthBytes()).isError()) {
            disk.submit(request); // it will be refused there, and writes nothing
        } else {
            giveUp("the mirror has grown", request);
        }
    }

    private void onFailed(BlockRequest request, RegionLog used) {
        if (log != used) {
            submit(request); // given up, or another one, meanwhile
        } else {
            giveUp(used.failure().isEmpty() ? "its log is closed" : used.failure(), request);
        }
    }

    private void giveUp(String reason, BlockRequest request) {
        if (owner.giveUp(reason)) {
            disk.submit(request);
        } else {
            request.markSubmitted();
            loop.execute(() -> request.complete(BlockError.EIO, name() + ": that recent writes are not remembered any more (" + reason
                    + ") cannot be recorded; see to the state folder"));
        }
    }

    private Waiting take(BlockRequest request, RegionLog from) {
        Waiting waiting = pool.isEmpty() ? new Waiting() : pool.removeLast();
        waiting.request = request;
        waiting.from = from;
        return waiting;
    }

    private void give(Waiting waiting) {
        waiting.request = null;
        waiting.from = null;
        if (pool.size() < POOLED) {
            pool.addLast(waiting);
        }
    }

    @Override
    public void close(Runnable closed) {
        log = null;
        disk.close(closed);
    }
}
