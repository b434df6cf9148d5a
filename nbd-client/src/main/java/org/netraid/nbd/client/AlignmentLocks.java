/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.nbd.client;

/**
 * Keeps a read-modify-write of a block apart from every other modification of that block. Two requests of our caller that do
 * not overlap may still share a minimum block of the server; without this, one would write back what the other has replaced.
 * Requests that do not share a block with a read-modify-write never wait.
 */
final class AlignmentLocks {

    private final long blockBytes;
    private ClientRequest active;
    private int activeCycles;

    /** @param blockBytes the server's minimum block; 1 turns everything off */
    AlignmentLocks(int blockBytes) {
        this.blockBytes = blockBytes;
    }

    /** @return false if the request must wait until an active one has ended */
    boolean tryLock(ClientRequest request) {
        if (blockBytes == 1 || !request.command.modifies()) {
            return true;
        }
        long start = request.startBytes & -blockBytes;
        long end = request.endBytes + blockBytes - 1 & -blockBytes;
        boolean cycle = start != request.startBytes || end != request.endBytes;
        if ((cycle || activeCycles > 0) && conflicts(start, end, cycle)) {
            return false;
        }
        request.lockStartBytes = start;
        request.lockEndBytes = end;
        request.readsAndWritesBack = cycle;
        activeCycles += cycle ? 1 : 0;
        request.lockPrevious = null;
        request.lockNext = active;
        if (active != null) {
            active.lockPrevious = request;
        }
        active = request;
        return true;
    }

    /** Ends what a successful {@link #tryLock} began; does nothing for others. */
    void unlock(ClientRequest request) {
        boolean held = request == active || request.lockPrevious != null;
        if (!held) {
            return;
        }
        activeCycles -= request.readsAndWritesBack ? 1 : 0;
        if (request.lockPrevious == null) {
            active = request.lockNext;
        } else {
            request.lockPrevious.lockNext = request.lockNext;
        }
        if (request.lockNext != null) {
            request.lockNext.lockPrevious = request.lockPrevious;
        }
        request.lockNext = null;
        request.lockPrevious = null;
    }

    private boolean conflicts(long start, long end, boolean cycle) {
        for (ClientRequest other = active; other != null; other = other.lockNext) {
            if ((cycle || other.readsAndWritesBack) && other.lockStartBytes < end && start < other.lockEndBytes) {
                return true;
            }
        }
        return false;
    }
}
