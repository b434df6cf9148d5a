/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.mirror;

import java.util.ArrayDeque;
import java.util.EnumSet;
import java.util.Set;
import org.netraid.block.BlockCapability;
import org.netraid.block.BlockCommand;
import org.netraid.block.BlockDevice;
import org.netraid.block.BlockError;
import org.netraid.block.BlockGeometry;
import org.netraid.block.BlockRequest;
import org.netraid.sim.SimLoop;

/** A target that keeps order by barriers and gives receipts, over a simulated disk; does so in the simplest way, one by one. */
final class HelpfulTarget implements BlockDevice {

    private final BlockDevice disk;
    private final SimLoop loop;
    private final ArrayDeque<BlockRequest> waiting = new ArrayDeque<>();
    private final BlockRequest inner = new BlockRequest();
    private boolean busy;
    int received;
    int barriers;

    HelpfulTarget(BlockDevice disk, SimLoop loop) {
        this.disk = disk;
        this.loop = loop;
    }

    @Override
    public String name() {
        return "helpful " + disk.name();
    }

    @Override
    public BlockGeometry geometry() {
        return disk.geometry();
    }

    @Override
    public Set<BlockCapability> capabilities() {
        EnumSet<BlockCapability> all = EnumSet.copyOf(disk.capabilities());
        all.add(BlockCapability.BARRIER);
        all.add(BlockCapability.RECEIPT);
        return all;
    }

    @Override
    public void submit(BlockRequest request) {
        request.markSubmitted();
        received += request.command().modifies() ? 1 : 0;
        barriers += request.command() == BlockCommand.BARRIER ? 1 : 0;
        waiting.addLast(request);
        if (request.wantsReceipt()) {
            loop.execute(request::received);
        }
        loop.execute(this::next);
    }

    private void next() {
        if (busy || waiting.isEmpty()) {
            return;
        }
        busy = true;
        BlockRequest request = waiting.removeFirst();
        if (request.command() == BlockCommand.BARRIER) {
            ended(request, BlockError.NONE, "");
        } else {
            inner.set(request.command(), request.offsetBytes(), request.lengthBytes(), request.flags(), request.data(),
                    done -> ended(request, done.error(), done.errorDetail()));
            disk.submit(inner);
        }
    }

    private void ended(BlockRequest request, BlockError error, String detail) {
        busy = false;
        request.complete(error, detail);
        next();
    }

    @Override
    public void close(Runnable closed) {
        disk.close(closed);
    }
}
