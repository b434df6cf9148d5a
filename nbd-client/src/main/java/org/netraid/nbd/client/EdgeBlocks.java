/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.nbd.client;

import java.util.ArrayDeque;

/** The few blocks that are read to be given in part, or to be modified and written back. */
final class EdgeBlocks {

    private static final int MAX_EDGE_BLOCKS = 16;

    private final int blockBytes;
    private final ArrayDeque<EdgeBlock> free = new ArrayDeque<>();
    private int created;

    EdgeBlocks(int blockBytes) {
        this.blockBytes = blockBytes;
    }

    /** Null if all are in use. */
    EdgeBlock take() {
        if (free.isEmpty() && created < MAX_EDGE_BLOCKS) {
            created++;
            return new EdgeBlock(blockBytes);
        }
        return free.poll();
    }

    void release(EdgeBlock edge) {
        free.push(edge);
    }

    boolean isAnyInUse() {
        return created > free.size();
    }
}
